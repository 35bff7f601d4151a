package dev.caravan.access;

import java.util.Optional;

/**
 * Who asks.
 *
 * @param name    of the token that was presented, or of the person who logged in; empty if it has none, or if the engine asks for no token
 * @param token   whether a token was presented, or the secret of a session
 * @param session which session it is, by the digest of its secret; empty for tokens
 */
public record Caller(Optional<String> name, Role role, boolean token, Optional<String> session) {
    /** Anybody on this machine, where the engine asks for no token. */
    public static final Caller LOCAL = new Caller(Optional.empty(), Role.ADMIN, false);

    /** Somebody without a session. */
    public Caller(Optional<String> name, Role role, boolean token) {
        this(name, role, token, Optional.empty());
    }
}
