package dev.caravan.terminal;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DurationsTest {
    @ParameterizedTest
    @CsvSource({
        "-5, 0.0s, 0s, 0s", "0, 0.0s, 0s, 0s", "420, 0.4s, 0s, 0s", "12449, 12.4s, 12s, 12s", "59999, 59.9s, 59s, 59s",
        "60000, 1m00s, 1m00s, 1m00", "72000, 1m12s, 1m12s, 1m12", "754000, 12m34s, 12m34s, 12m",
        "3599999, 59m59s, 59m59s, 59m", "3720000, 1h02m, 1h02m, 1h02", "45000000, 12h30m, 12h30m, 12h"
    })
    void readsWell(long millis, String text, String whole, String narrow) {
        Duration duration = Duration.ofMillis(millis);
        assertThat(Durations.text(duration)).isEqualTo(text);
        assertThat(Durations.whole(duration)).isEqualTo(whole);
        assertThat(Durations.narrow(duration)).isEqualTo(narrow).hasSizeLessThanOrEqualTo(4);
    }
}
