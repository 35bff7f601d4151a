package dev.caravan.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class JournalPlaceTest {
    private static final Path DATA = Path.of("data");
    private static final String URL = "jdbc:postgresql://db.example.com/caravan?user=caravan";

    private static JournalPlace of(String url, Map<String, String> environment) {
        return JournalPlace.of(DATA, Optional.of(url), environment);
    }

    @ParameterizedTest
    @ValueSource(strings = {"&password=canary-1", "&PassWord=canary-1", "&sslpassword=canary-1"})
    void aPasswordOnTheCommandLineIsRefusedAndNotRepeated(String parameter) {
        assertThatThrownBy(() -> of(URL + parameter, Map.of())).isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("CARAVAN_JOURNAL_PASSWORD").hasMessageContaining("~/.pgpass").hasMessageNotContaining("canary");
    }

    @Test
    void anotherKindOfDatabaseIsRefused() {
        assertThatThrownBy(() -> of("jdbc:mysql://db.example.com/caravan?password=canary-1", Map.of()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("jdbc:postgresql://HOST/DATABASE").hasMessageNotContaining("canary");
    }

    @Test
    void passwordAndKeyComeFromTheEnvironment() {
        assertThat(of(URL, Map.of()).password()).isEmpty();
        assertThat(of(URL, Map.of("PGPASSWORD", "two")).password()).contains("two");
        assertThat(of(URL, Map.of("PGPASSWORD", "two", "CARAVAN_JOURNAL_PASSWORD", "one")).password()).contains("one");
        assertThat(of(URL, Map.of("CARAVAN_KEY_FILE", "/etc/caravan/key")).key()).contains(Path.of("/etc/caravan/key"));
        assertThat(of(URL, Map.of("PGPASSWORD", "canary-1")).toString()).isEqualTo("the journal in " + URL);
    }
}
