package dev.caravan.terminal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.caravan.history.Event;
import dev.caravan.history.EventJson;
import dev.caravan.history.EventRow;
import dev.caravan.history.Occurrence.HostWaiting;
import dev.caravan.history.Occurrence.Unknown;
import dev.caravan.history.RunView;
import dev.caravan.terminal.TerminalFacts.Size;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.atomic.AtomicReference;
import org.jline.builtins.ScreenTerminal;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RunOutputTest {
    private static final String SHOW_CURSOR = "\u001b[?25h";
    private static final String HIDE_CURSOR = "\u001b[?25l";
    private static final TerminalFacts PIPE = new TerminalFacts(false, true, false, true, () -> Size.USUAL);
    private static final TerminalFacts TERMINAL = new TerminalFacts(true, false, false, true, () -> Size.USUAL);

    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private final AtomicReference<Instant> now = new AtomicReference<>(SampleRun.START);

    private RunOutput output(Mode mode, TerminalFacts facts) {
        return RunOutput.create(mode, new PrintStream(bytes, false, StandardCharsets.US_ASCII), facts, now::get);
    }

    private String shown(Mode mode, TerminalFacts facts, SampleRun run) {
        try (RunOutput output = output(mode, facts)) {
            run.events().forEach(event -> {
                now.set(event.at());
                output.on(event);
            });
        }
        return text();
    }

    private String text() {
        return bytes.toString(StandardCharsets.UTF_8);
    }

    @ParameterizedTest
    @ValueSource(strings = {"apply", "rehearsal", "again", "failed", "partly", "rolled-back", "alike", "refused", "plan", "cancelled"})
    void plainLinesAndSummary(String run) {
        Golden.check("plain-" + run + ".txt", shown(Mode.PLAIN, PIPE, SampleRuns.byName(run)));
    }

    @ParameterizedTest
    @ValueSource(strings = {"rehearsal", "failed", "partly", "alike", "refused"})
    void quiet(String run) {
        Golden.check("quiet-" + run + ".txt", shown(Mode.QUIET, PIPE, SampleRuns.byName(run)));
    }

    @Test
    void summaryOfManyHostsStaysShort() {
        Golden.check("summary-many.txt",
                Summary.lines(RunView.of(SampleRuns.many(200).events()), 80, new Look(false, true)));
    }

    @Test
    void jsonIsTheEventsOneALine() {
        String text = shown(Mode.JSON, PIPE, SampleRuns.refused());
        Golden.check("json-refused.txt", text);
        assertThat(text.lines().map(EventJson::read).map(Event::message))
                .containsExactlyElementsOf(SampleRuns.refused().events().stream().map(Event::message).toList());
    }

    @Test
    void plainDoesNotTellOfEveryWaitForASlot() {
        String turn = "waits for its turn: kube-install (50 hosts at a time)";
        Event event = new Event(1, SampleRun.START, "b0b0", new HostWaiting(Optional.of("h1"), turn, OptionalInt.empty()));
        Event forASlot = new Event(1, SampleRun.START, "b0b0", new HostWaiting(Optional.of("h1"), turn, OptionalInt.of(50)));

        assertThat(new PlainLines(100, Look.BARE).of(event)).isNotEmpty();
        assertThat(new PlainLines(100, Look.BARE).of(forASlot)).isEmpty();
    }

    @Test
    void whatANewerVersionWroteIsShownAsANote() {
        EventRow row = new EventRow("host-drained", Optional.of("h1"), Optional.empty(), 0, "moved 7 pods",
                JsonNodeFactory.instance.objectNode().put("pods", 7));
        SampleRun run = SampleRun.of("1", "apply", false, List.of("h1")).add(1, new Unknown(row));
        assertThat(shown(Mode.PLAIN, PIPE, run)).endsWith("0.9s  h1                      note      moved 7 pods\n");
        bytes.reset();
        assertThat(shown(Mode.JSON, PIPE, run)).endsWith("\"type\":\"host-drained\",\"host\":\"h1\",\"message\":\"moved 7 pods\","
                + "\"data\":{\"pods\":7}}\n");
        assertThat(RunView.of(run.events()).hosts()).singleElement().extracting(host -> host.steps().size()).isEqualTo(0);
    }

    @Test
    void plainBreaksALongSilence() {
        PlainLines lines = new PlainLines(100, Look.BARE);
        SampleRun run = SampleRun.of("1", "apply", false, List.of("h1")).started(1, "h1", "kube-install", 1)
                .progress(5, "h1", "kube-install", "downloading kubelet");
        run.events().forEach(lines::of);
        Duration silence = Duration.ofSeconds(60);
        assertThat(lines.stillWorking(SampleRun.at(60.9), silence)).isEmpty();
        assertThat(lines.stillWorking(SampleRun.at(61), silence))
                .containsExactly("  1m00s  h1  kube-install        working   downloading kubelet (1m00s so far)");
        assertThat(lines.stillWorking(SampleRun.at(62), silence)).as("said a second ago").isEmpty();
    }

    @Test
    void plainSaysHowLongItMayTakeByAFormerRun() {
        FormerRun former = FormerRun.of(RunView.of(SampleRuns.failed().events()));
        List<Event> events = SampleRun.of("1", "apply", false, List.of("h1")).started(1, "h1", "kube-install", 1).events();

        PlainLines known = new PlainLines(100, Look.BARE);
        assertThat(known.expect(former, SampleRun.START)).as("it has not begun").isEmpty();
        assertThat(events.stream().map(known::of).flatMap(List::stream).toList())
                .hasSize(2).last().asString().endsWith("note      about 2 min left, by the last run of this kind");
        assertThat(known.stillWorking(SampleRun.at(61), Duration.ofSeconds(60))).hasSize(2).last().asString()
                .isEqualTo("  1m00s                          note      about 1 min left, by the last run of this kind");

        PlainLines later = new PlainLines(100, Look.BARE);
        events.forEach(later::of);
        assertThat(later.expect(former, SampleRun.at(1))).singleElement().asString().contains("about 2 min left");
    }

    /** A reader of the live table learns each thing once. */
    @ParameterizedTest
    @ValueSource(strings = {"rolled-back", "alike", "partly"})
    void liveTableLeavesOutWhatItsRowsTell(String run) {
        ScreenTerminal screen = new ScreenTerminal(80, 120);
        screen.write(shown(Mode.TTY, TERMINAL, SampleRuns.byName(run)).replace("\n", "\r\n"));
        Golden.check("tty-" + run + ".txt", lines(screen, 120));
    }

    @ParameterizedTest
    @CsvSource({"true, false, TTY", "true, true, PLAIN", "false, false, PLAIN"})
    void autoTakesTheTableOnlyWhereItCanBeDrawn(boolean terminal, boolean dumb, Mode expected) {
        assertThat(Mode.AUTO.resolve(new TerminalFacts(terminal, dumb, false, true, () -> Size.USUAL))).isEqualTo(expected);
    }

    @Test
    void environmentDecidesOnColourAndCharacters() {
        // Standard output is a pipe in a build; what must not depend on that is looked at.
        assertThat(TerminalFacts.detect(Map.of("LANG", "de_DE.UTF-8")).unicode()).isTrue();
        assertThat(TerminalFacts.detect(Map.of("LANG", "C.utf8", "LC_ALL", "C")).unicode()).isFalse();
        assertThat(TerminalFacts.detect(Map.of("TERM", "dumb")).dumb()).isTrue();
        assertThat(TerminalFacts.detect(Map.of("TERM", "xterm", "NO_COLOR", "1")).colour()).isFalse();
    }

    /** A terminal emulator is given what is written; its screen is what a person sees. */
    @Test
    void liveTableIsRedrawnInPlaceBeneathWhatStays() {
        ScreenTerminal screen = new ScreenTerminal(80, 24);
        Canvas canvas = new Canvas();
        SampleRun run = SampleRuns.failed();
        LiveTable table = new LiveTable(new Look(true, true));
        for (double second = 1; second < 70; second += 0.5) {
            List<String> above = second == 64.5 ? List.of("h3  kubeadm-join  failed (0.8s)") : List.of();
            List<String> frame = table.render(RunView.of(run.until(second)), 80, 24, SampleRun.at(second));
            screen.write(canvas.draw(above, frame, 80).replace("\n", "\r\n"));
        }
        List<String> expected = new ArrayList<>(List.of("h3  kubeadm-join  failed (0.8s)"));
        expected.addAll(new LiveTable(new Look(false, true))
                .render(RunView.of(run.until(69.5)), 80, 24, SampleRun.at(69.5)));
        assertThat(lines(screen, 24)).isEqualTo(expected);
    }

    @Test
    void liveTableDrawsByItselfAndLeavesTheCursorVisible() {
        try (RunOutput output = output(Mode.AUTO, TERMINAL)) {
            SampleRuns.apply(false).until(12).forEach(output::on);
            now.set(SampleRun.at(12));
            await().until(() -> text().contains("run 7f3a  11s"));
            now.set(SampleRun.at(13));
            await().untilAsserted(() -> assertThat(text()).contains("run 7f3a  12s"));
        }
        assertThat(text()).startsWith(HIDE_CURSOR).endsWith(SHOW_CURSOR);
    }

    @Test
    void liveTableEndsWithTheSummary() {
        String text = shown(Mode.TTY, TERMINAL, SampleRuns.apply(true));
        assertThat(text).containsOnlyOnce(Wording.REHEARSAL).doesNotContain(Wording.REHEARSED)
                .contains("\nrehearsal: demo is as its spec says");
        assertThat(text.lastIndexOf(SHOW_CURSOR)).isGreaterThan(text.lastIndexOf(HIDE_CURSOR));
    }

    /** The whole way: another process, ended by a signal as Ctrl-C does. */
    @Test
    void cursorComesBackWhenTheProcessIsEndedBySignal() throws IOException, InterruptedException {
        Process process = new ProcessBuilder(
                        System.getProperty("java.home") + "/bin/java", "-cp", System.getProperty("java.class.path"),
                        TerminalDemo.class.getName(), "apply", "tty", "1")
                .redirectErrorStream(true)
                .start();
        try {
            StringBuilder seen = new StringBuilder();
            while (!seen.toString().contains("fact")) {
                int read = process.getInputStream().read();
                assertThat(read).as("end of output after: " + seen).isNotEqualTo(-1);
                seen.append((char) read);
            }
            process.toHandle().destroy();
            String rest = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertThat(seen.toString()).contains(HIDE_CURSOR);
            assertThat(rest).endsWith(SHOW_CURSOR);
            process.waitFor();
        } finally {
            process.destroyForcibly();
        }
    }

    private static List<String> lines(ScreenTerminal screen, int rows) {
        long[] cells = new long[80 * rows];
        screen.dump(cells, 0, 0, rows, 80, new int[2]);
        List<String> lines = new ArrayList<>();
        for (int row = 0; row < rows; row++) {
            StringBuilder line = new StringBuilder();
            for (int column = 0; column < 80; column++) {
                line.appendCodePoint((int) (cells[row * 80 + column] & 0x7fffffff));
            }
            lines.add(line.toString().stripTrailing());
        }
        while (!lines.isEmpty() && lines.get(lines.size() - 1).isEmpty()) {
            lines.remove(lines.size() - 1);
        }
        return lines;
    }
}
