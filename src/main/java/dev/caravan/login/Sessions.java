package dev.caravan.login;

import dev.caravan.access.Caller;
import dev.caravan.access.Role;
import dev.caravan.digest.Sha256;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** Who is logged in, for as long as this process lives. Of the secrets that browsers have, only digests are kept. Thread-safe. */
final class Sessions {
    private static final int MOST = 10_000;

    private final Map<String, Session> sessions = new LinkedHashMap<>();
    private final Duration length;
    private final Clock clock;

    private record Session(Caller caller, Instant until) {}

    Sessions(Duration length, Clock clock) {
        this.length = length;
        this.clock = clock;
    }

    /** Begins one. @return its secret, which is for the browser alone */
    String begin(String name, Role role) {
        String secret = Attempts.text(Attempts.random());
        String id = Sha256.hex(secret);
        synchronized (sessions) {
            Instant now = clock.instant();
            sessions.values().removeIf(session -> !session.until().isAfter(now));
            if (sessions.size() >= MOST) {
                sessions.remove(sessions.keySet().iterator().next());
            }
            sessions.put(id, new Session(new Caller(Optional.of(name), role, true, Optional.of(id)), now.plus(length)));
        }
        return secret;
    }

    /** Who has that secret, if their session has not ended. */
    Optional<Caller> caller(String secret) {
        String id = Sha256.hex(secret);
        synchronized (sessions) {
            return Optional.ofNullable(sessions.get(id)).filter(session -> session.until().isAfter(clock.instant())).map(Session::caller);
        }
    }

    void end(String id) {
        synchronized (sessions) {
            sessions.remove(id);
        }
    }
}
