package dev.caravan.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class RateLimitTest {
    private final AtomicLong clock = new AtomicLong(TimeUnit.SECONDS.toNanos(-2));
    private final RateLimit rates = new RateLimit(2, clock::get);

    @Test
    void eachClientHasSoManyInASecondAndNothingIsKeptForTheNext() {
        for (int second = 0; second < 4; second++) {
            for (String client : new String[] {"192.0.2.1", "192.0.2.2"}) {
                assertThat(rates.admit(client)).isTrue();
                assertThat(rates.admit(client)).isTrue();
                assertThat(rates.admit(client)).isFalse();
            }
            clock.addAndGet(TimeUnit.SECONDS.toNanos(1));
        }
    }
}
