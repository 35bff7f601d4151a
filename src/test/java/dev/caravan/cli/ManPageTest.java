package dev.caravan.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.Programs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code docs/caravan.1} is what the commands' own help says. */
class ManPageTest {
    private static final Path PAGE = Path.of("docs/caravan.1");

    @Test
    void thePageSaysWhatTheHelpSays() throws IOException {
        String page = ManPage.of(CaravanCommand.heeded());
        if ("write".equals(System.getProperty("golden"))) {
            Files.writeString(PAGE, page);
        }
        assertThat(PAGE).as("write it again: mvn test -Dtest=ManPageTest -DargLine=-Dgolden=write").hasContent(page);
    }

    @ParameterizedTest
    @ValueSource(strings = {"man --warnings=w -E UTF-8 -l -Tutf8 -Z", "mandoc -Tlint -Wwarning"})
    void formattersHaveNothingToSayAboutIt(String command) throws Exception {
        Assumptions.assumeTrue(Programs.find(command.split(" ")[0]).isPresent(), command.split(" ")[0] + " is installed");
        Path said = Files.createTempFile("man", "said");
        try {
            Process process = new ProcessBuilder("sh", "-c",
                    command + " " + PAGE + " 2>&1 >/dev/null" + (command.startsWith("mandoc") ? " || :; " + command + " " + PAGE : ""))
                    .redirectErrorStream(true).redirectOutput(said.toFile()).start();
            assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
            assertThat(said).hasContent("");
        } finally {
            Files.delete(said);
        }
    }
}
