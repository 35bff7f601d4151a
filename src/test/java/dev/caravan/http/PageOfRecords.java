package dev.caravan.http;

import static dev.caravan.history.Occurrences.showing;
import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.history.Attempt;
import dev.caravan.history.Difference;
import dev.caravan.history.Failure;
import dev.caravan.history.Occurrence;
import dev.caravan.history.Occurrence.RunEnded;
import dev.caravan.history.Occurrence.RunQueued;
import dev.caravan.history.Occurrence.RunStarted;
import dev.caravan.history.Occurrence.StepEnded;
import dev.caravan.history.RunHost;
import dev.caravan.history.RunState;
import dev.caravan.history.Shows;
import dev.caravan.history.StepState;
import dev.caravan.journal.RunRecord;
import dev.caravan.testkit.Serving;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** The page in a real Chromium, with runs whose events are written into the journal of a real engine. */
abstract class PageOfRecords {
    @TempDir
    static Path directory;

    @RegisterExtension
    static final ServedPage PAGE = new ServedPage();

    static Serving serving;
    static Chromium browser;

    @BeforeAll
    static void begin() {
        serving = PAGE.serving();
        browser = PAGE.browser();
        browser.ask("Browser.grantPermissions", "permissions", List.of("clipboardReadWrite", "clipboardSanitizedWrite"));
    }

    @BeforeEach
    void desktop() {
        browser.size(1280, 800, false);
    }

    @AfterEach
    void nothingWentWrongInThePage() {
        assertThat(browser.takeProblems()).isEmpty();
    }

    static void recorded(String run, String cluster, int hosts) {
        serving.engine().journal().begin(new RunRecord(run, cluster, "apply", "command", false, "{}", "", RunState.QUEUED, Instant.now(),
                Optional.empty()));
        List<RunHost> all = IntStream.rangeClosed(1, hosts).mapToObj(i -> new RunHost(name(i, hosts), "192.0.2.99", List.of("worker")))
                .toList();
        tell(run, showing(Shows.SPEC,
                new RunQueued("apply", cluster, all, false, true, false, Optional.empty(), List.of(), "", Map.of(), false)));
        tell(run, new RunStarted());
    }

    static String name(int number, int of) {
        return of < 10 ? "h" + number : "node-%03d".formatted(number);
    }

    static void tell(String run, Occurrence... all) {
        for (Occurrence what : all) {
            serving.engine().journal().append(run, what);
        }
    }

    static StepEnded ended(String host, String step, StepState state, List<String> changes, List<Difference> diffs) {
        return new StepEnded(Attempt.of(host, step, 1), "", state, changes, diffs, Map.of(), false, Optional.empty(),
                Optional.of(Duration.ofMillis(900)), Optional.empty());
    }

    static StepEnded ok(String host, String step) {
        return ended(host, step, StepState.OK, List.of(), List.of());
    }

    static StepEnded failed(String host, String step, String why) {
        return StepEnded.failed(Attempt.of(host, step, 1), why, new Failure("disk-full", "Make room.", List.of()), Optional.empty());
    }

    static void end(String run, RunState state) {
        serving.engine().journal().end(run, RunEnded.of(state, ""));
    }

    static void open(String address) {
        browser.open(serving.uri("/" + address));
    }

    static void openCell(String run, String host, String step) {
        open("#/runs/" + run);
        browser.until("matrix.cellOf('" + host + "', '" + step + "')");
        browser.click("td[data-host='" + host + "'][data-step='" + step + "']");
        browser.until("panel.isOpen");
    }

    static String text(String expression) {
        return browser.value(expression).asText();
    }
}
