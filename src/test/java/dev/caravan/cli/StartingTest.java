package dev.caravan.cli;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The line that a command begins with on a terminal. */
class StartingTest {
    @ParameterizedTest
    @ValueSource(strings = {"apply -f spec.yaml", "rehearse -f spec.yaml --output plain", "run reboot-hosts", "serve --port 1",
            "validate -f spec.yaml", "runs", "status 3d7d9d55", "apply --help"})
    void aCommandSaysThatItStarts(String line) {
        assertThat(Starting.line(List.of(line.split(" ")))).contains("caravan " + line.split(" ")[0] + ": starting");
    }

    @Test
    void soDoesCaravanItself() {
        assertThat(Starting.line(List.of())).contains("caravan: starting");
        assertThat(Starting.line(List.of("--port", "8090"))).contains("caravan: starting");
    }

    @ParameterizedTest
    @ValueSource(strings = {"apply -f s --output json", "apply --output=quiet -f s"})
    void nothingIsSaidToThoseWhoWantLittle(String line) {
        assertThat(Starting.line(List.of(line.split(" ")))).isEmpty();
    }

    @Test
    void theFirstThingThatIsShownTakesItsPlace() throws Exception {
        ByteArrayOutputStream terminal = new ByteArrayOutputStream();
        terminal.writeBytes("caravan runs: starting".getBytes(US_ASCII));
        try (OutputStream out = Starting.before(() -> terminal.writeBytes("<".getBytes(US_ASCII)), terminal)) {
            out.flush();
            assertThat(terminal.toString(US_ASCII)).as("nothing was shown yet").isEqualTo("caravan runs: starting");
            out.write('R');
            out.write("UN\n".getBytes(US_ASCII));
        }
        assertThat(terminal.toString(US_ASCII)).isEqualTo("caravan runs: starting<R<UN\n");
    }

    /** A real terminal, by script(1), and a real process. */
    @Test
    void onATerminalItIsThereAndGoneAndInAPipeItNeverWas() throws Exception {
        String java = Path.of(System.getProperty("java.home"), "bin/java") + " -XX:TieredStopAtLevel=1 -cp "
                + System.getProperty("java.class.path") + " dev.caravan.Main schema";
        String seen = output("script", "-qec", java, "/dev/null");
        String piped = output("sh", "-c", java);
        assertThat(piped).startsWith("{\n").doesNotContain("starting");
        assertThat(seen.replace("\r\n", "\n")).isEqualTo("caravan schema: starting\r\u001b[K" + piped);
    }

    private static String output(String... command) throws Exception {
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().put("TERM", "xterm");
        Process process = builder.start();
        process.getOutputStream().close();
        String text = new String(process.getInputStream().readAllBytes(), UTF_8);
        assertThat(process.waitFor()).as(text).isZero();
        return text;
    }
}
