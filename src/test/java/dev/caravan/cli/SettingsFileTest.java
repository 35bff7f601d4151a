package dev.caravan.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.Main;
import java.io.File;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The file application.properties of the working directory, read by a process of its own. */
class SettingsFileTest {
    private static final Path SPEC = Path.of("examples/three-nodes.yaml").toAbsolutePath();

    @TempDir
    Path directory;

    private record Ended(int status, String said) {}

    @Test
    void aSettingOfTheWorkingDirectoryIsUsed() throws Exception {
        Files.writeString(directory.resolve("application.properties"), "caravan.preflight.min-memory-mib.control-plane = plenty\n");

        Ended refused = rehearse();

        assertThat(refused.status()).as(refused.said()).isEqualTo(2);
        assertThat(refused.said()).contains("caravan.preflight.min-memory-mib.control-plane", "plenty");
    }

    private Ended rehearse() throws Exception {
        String classes = Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
                .map(entry -> Path.of(entry).toAbsolutePath().toString()).collect(Collectors.joining(File.pathSeparator));
        Process process = new ProcessBuilder(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-cp", classes, Main.class.getName(), "rehearse", "-f", SPEC.toString(),
                "--plan", "--data", directory.resolve("data").toString()))
                .directory(directory.toFile()).redirectErrorStream(true).start();
        process.getOutputStream().close();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return new Ended(process.waitFor(), said);
    }
}
