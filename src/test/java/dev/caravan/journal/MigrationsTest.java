package dev.caravan.journal;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The changes of the tables since engines of two versions may share a journal: while one is upgraded, the other goes on. */
class MigrationsTest {
    private static final int FIRST = 9;

    static List<Path> migrations() throws IOException {
        try (Stream<Path> files = Files.walk(Path.of("src/main/resources/db"))) {
            return files.filter(file -> file.toString().endsWith(".sql") && number(file) >= FIRST).sorted().toList();
        }
    }

    private static int number(Path file) {
        return Integer.parseInt(file.getFileName().toString().replaceFirst("V(\\d+).*", "$1"));
    }

    @ParameterizedTest
    @MethodSource("migrations")
    void onlyAddsSoThatAnEngineOfTheVersionBeforeContinues(Path migration) throws IOException {
        String script = Files.readString(migration).replaceAll("--.*", "");
        assertThat(Arrays.stream(script.split(";")).map(String::strip).filter(text -> !text.isEmpty())).isNotEmpty()
                .allSatisfy(statement -> assertThat(statement)
                        .matches("(?s)create (table|index) .*|alter table \\w+ add column \\w+ (?!.*not null(?!.* default)).*"));
    }

    @ParameterizedTest
    @MethodSource("migrations")
    void isThereForBothDatabases(Path migration) throws IOException {
        assertThat(migrations()).filteredOn(each -> number(each) == number(migration)).hasSize(2);
    }
}
