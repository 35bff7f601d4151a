package dev.caravan.login;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.access.Caller;
import dev.caravan.access.Role;
import dev.caravan.login.Attempts.Attempt;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Sessions and attempts, by a clock that the test sets. */
class SessionsTest {
    private Instant now = Instant.parse("2026-11-23T06:00:00Z");
    private final Clock clock = new Clock() {
        @Override
        public ZoneId getZone() {
            return ZoneId.of("UTC");
        }

        @Override
        public Clock withZone(ZoneId zone) {
            return this;
        }

        @Override
        public Instant instant() {
            return now;
        }
    };

    @Test
    void aSessionHasItsTime() {
        Sessions sessions = new Sessions(Duration.ofMinutes(5), clock);
        String secret = sessions.begin("ann", Role.OPERATE);
        Caller caller = sessions.caller(secret).orElseThrow();
        assertThat(caller.name()).contains("ann");
        assertThat(caller.role()).isEqualTo(Role.OPERATE);
        assertThat(caller.session().orElseThrow()).as("a digest").isNotEqualTo(secret).hasSize(64);
        assertThat(sessions.caller(secret + "x")).isEmpty();
        assertThat(sessions.caller(caller.session().orElseThrow())).as("the digest opens nothing").isEmpty();
        now = now.plus(Duration.ofMinutes(5));
        assertThat(sessions.caller(secret)).isEmpty();
    }

    @Test
    void aSessionEndsAlone() {
        Sessions sessions = new Sessions(Duration.ofMinutes(5), clock);
        String secret = sessions.begin("ann", Role.OPERATE);
        String other = sessions.begin("ann", Role.OPERATE);
        sessions.end(sessions.caller(secret).flatMap(Caller::session).orElseThrow());
        assertThat(sessions.caller(secret)).isEmpty();
        assertThat(sessions.caller(other)).isPresent();
    }

    @Test
    void anAttemptIsFoundByItsStateForAWhile() {
        Attempts attempts = new Attempts(clock);
        Attempt begun = attempts.begin();
        assertThat(attempts.find(begun.state())).isEqualTo(Optional.of(begun));
        assertThat(begun.nonce()).isNotEqualTo(begun.verifier()).hasSize(43);
        assertThat(new Attempts(clock).find(begun.state())).as("of another process").isNotEqualTo(Optional.of(begun));
        now = now.plus(Attempts.WITHIN).plusSeconds(1);
        assertThat(attempts.find(begun.state())).isEmpty();
        assertThat(attempts.find("")).isEmpty();
        assertThat(attempts.find("x." + now.plusSeconds(60).getEpochSecond())).isEmpty();
    }
}
