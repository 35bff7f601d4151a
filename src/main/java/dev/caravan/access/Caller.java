package dev.caravan.access;

import java.util.Optional;

/**
 * Who asks.
 *
 * @param name  of the token that was presented; empty if it has none, or if the engine asks for no token
 * @param token whether a token was presented
 */
public record Caller(Optional<String> name, Role role, boolean token) {
    /** Anybody on this machine, where the engine asks for no token. */
    public static final Caller LOCAL = new Caller(Optional.empty(), Role.ADMIN, false);
}
