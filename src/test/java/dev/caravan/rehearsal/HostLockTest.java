package dev.caravan.rehearsal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.routes.RouteFiles;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The lock of a host, taken by the script alone. */
class HostLockTest {
    /** Where a host has it. */
    static final String LOCK = "var/lib/caravan/lock";

    @TempDir
    private Path directory;

    /** In many processes at once. */
    @Test
    void onlyOneOfManyTakesTheLockAtTheSameMoment() throws Exception {
        Files.writeString(directory.resolve("lib.sh"), RouteFiles.builtIn().script("lib.sh").orElseThrow());
        Files.writeString(directory.resolve("take.sh"), ". \"$CARAVAN_LIB/lib.sh\"\necho got > \"$CARAVAN_LIB/$LOCK_RUN\"\n");
        List<Process> all = new ArrayList<>();
        for (int number = 0; number < 16; number++) {
            ProcessBuilder take = new ProcessBuilder("sh", directory.resolve("take.sh").toString())
                    .redirectErrorStream(true).redirectOutput(directory.resolve("log" + number).toFile());
            take.environment().putAll(Map.of("CARAVAN_LIB", directory.toString(), "CARAVAN_ROOT", directory.resolve("root").toString(),
                    "LOCK_RUN", "run" + number, "LOCK_ENGINE", "ops" + number, "LOCK_SINCE", "now", "LOCK_EARLIER", ""));
            all.add(take.start());
        }
        int took = 0;
        for (Process one : all) {
            assertThat(one.waitFor(120, TimeUnit.SECONDS)).isTrue();
            took += one.exitValue() == 0 ? 1 : 0;
        }
        assertThat(took).isEqualTo(1);
        Path lock = directory.resolve("root").resolve(LOCK);
        assertThat(directory.resolve(Files.readString(lock).lines().findFirst().orElseThrow().substring("run ".length()))).exists();
        try (var left = Files.list(lock.getParent())) {
            assertThat(left).hasSize(1);
        }
    }

    /** An engine was paused, another one has resumed its run. */
    @Test
    void anEngineWhoseRunWasResumedByAnotherOneIsRefused() throws Exception {
        Files.writeString(directory.resolve("lib.sh"), RouteFiles.builtIn().script("lib.sh").orElseThrow());
        Files.writeString(directory.resolve("take.sh"), ". \"$CARAVAN_LIB/lib.sh\"\n");
        Path lock = directory.resolve("root").resolve(LOCK);

        assertThat(takes("ops1", 0)).isEmpty();
        assertThat(takes("ops2", 1)).isEmpty();
        assertThat(takes("ops1", 0)).startsWith("failed: the host is held by run 7f3a1b2c of the engine ops2, ");
        assertThat(lock).content().startsWith("run 7f3a1b2c\nengine ops2\n").endsWith("\nlife 1\n");
        assertThat(takes("ops2", 1)).isEmpty();
        assertThat(takes("ops1", 2)).as("it resumes the run itself").isEmpty();
        assertThat(takes("ops2", 1)).startsWith("failed: the host is held by run 7f3a1b2c of the engine ops1, ");
        try (var left = Files.list(lock.getParent())) {
            assertThat(left).containsExactly(lock);
        }
    }

    /** What it says. */
    private String takes(String engine, int life) throws Exception {
        ProcessBuilder take = new ProcessBuilder("sh", directory.resolve("take.sh").toString()).redirectErrorStream(true);
        take.environment().putAll(Map.of("CARAVAN_LIB", directory.toString(), "CARAVAN_ROOT", directory.resolve("root").toString(),
                "LOCK_RUN", "7f3a1b2c", "LOCK_LIFE", Integer.toString(life), "LOCK_ENGINE", engine, "LOCK_SINCE", "now",
                "LOCK_EARLIER", ""));
        Process process = take.start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor() == 0).as(said).isEqualTo(said.isEmpty());
        return said;
    }
}
