package dev.caravan.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** Another process that opens a journal. */
final class JournalProcess {
    private static final long LONGEST_SECONDS = 180;

    private JournalProcess() {}

    /** Starts that class with the data directory as its argument. */
    static Process start(Class<?> main, Path data, Path output) throws IOException {
        return start(main, data, output, Map.of());
    }

    static Process start(Class<?> main, Path data, Path output, Map<String, String> environment) throws IOException {
        String classPath = System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
        ProcessBuilder builder = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xshare:auto", "-Dlogback.configurationFile=logback-file.xml",
                "-Dcaravan.log=" + output.resolveSibling("child.log"), "-cp", classPath, main.getName(), data.toString());
        builder.environment().putAll(environment);
        return builder.redirectErrorStream(true).redirectOutput(output.toFile()).start();
    }

    /** Until it has written something. */
    static void awaitOutput(Process process, Path output) {
        await().atMost(Duration.ofSeconds(LONGEST_SECONDS)).until(() -> Files.size(output) > 0 || !process.isAlive());
        assertThat(process.isAlive()).as(output::toString).isTrue();
    }

    /** Until it has ended, without a failure. */
    static void awaitEnd(Process process, Path output) throws Exception {
        assertThat(process.waitFor(LONGEST_SECONDS, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).as(Files.readString(output)).isZero();
    }
}
