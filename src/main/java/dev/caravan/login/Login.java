package dev.caravan.login;

import dev.caravan.access.Caller;
import dev.caravan.access.Role;
import dev.caravan.log.SecretSource;
import dev.caravan.login.Attempts.Attempt;
import dev.caravan.spec.Secret;
import java.net.URI;
import java.security.MessageDigest;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Logs people in by OpenID Connect (authorization code with PKCE), and knows who is logged in. What the provider says is asked for with
 * each login, so that the engine starts without it and reads its new keys. Thread-safe.
 */
public final class Login implements SecretSource {
    private final LoginSettings settings;
    private final Provider provider;
    private final Attempts attempts;
    private final Sessions sessions;

    /**
     * A login that has begun.
     *
     * @param to    where the browser is to go
     * @param state what it has to bring back, in a cookie as well
     */
    public record Begun(URI to, String state) {}

    private Login(LoginSettings settings, Clock clock) {
        this.settings = settings;
        this.provider = new Provider(settings);
        this.attempts = new Attempts(clock);
        this.sessions = new Sessions(settings.session(), clock);
    }

    /**
     * With that provider, which is not asked yet.
     *
     * @throws IllegalArgumentException if the settings cannot be used
     */
    public static Login with(LoginSettings settings) {
        return new Login(settings, Clock.systemUTC());
    }

    /** Begins one. Blocks until the provider has answered. */
    public Begun begin() throws LoginFailed {
        Attempt attempt = attempts.begin();
        return new Begun(provider.address(attempt), attempt.state());
    }

    /**
     * Ends one that the provider agreed to. Blocks until the provider has answered.
     *
     * @param state  as it came with the code
     * @param cookie the state that this browser has; another one, and somebody else began the login
     * @return the secret of a session, for the browser alone
     */
    public String finish(String code, String state, String cookie) throws LoginFailed {
        boolean same = MessageDigest.isEqual(state.getBytes(StandardCharsets.UTF_8), cookie.getBytes(StandardCharsets.UTF_8));
        Attempt attempt = attempts.find(state).filter(found -> same).orElseThrow(() -> LoginFailed.refused("This login was not begun by "
                + "this browser, or " + Attempts.WITHIN.toMinutes() + " minutes ago. Begin again."));
        Map<String, Object> claims = provider.claims(code, attempt);
        String name = settings.roles().name(claims).orElseThrow(() -> LoginFailed.refused("The provider gives no name that can be shown: "
                + "the claim " + settings.roles().nameClaim() + " is missing, or is no text. The setting caravan.oidc.name-claim names "
                + "another claim."));
        Role role = settings.roles().role(claims).orElseThrow(() -> LoginFailed.refused(name + " has no role here: the claim "
                + settings.roles().roleClaim() + " has none of the values of caravan.oidc.view, caravan.oidc.operate and "
                + "caravan.oidc.admin."));
        return sessions.begin(name, role);
    }

    /** Who has that secret; empty if it is not known, or no more. */
    public Optional<Caller> caller(String secret) {
        return sessions.caller(secret);
    }

    /** Ends the session of the caller. */
    public void end(Caller caller) {
        caller.session().ifPresent(sessions::end);
    }

    /** How long somebody may take to log in. */
    public Duration within() {
        return Attempts.WITHIN;
    }

    public LoginSettings settings() {
        return settings;
    }

    @Override
    public Collection<Secret> secrets() {
        return settings.secret().map(List::of).orElse(List.of());
    }
}
