package dev.caravan.http;

import static dev.caravan.history.Occurrences.showing;
import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.history.Attempt;
import dev.caravan.history.Occurrence;
import dev.caravan.history.Occurrence.RunEnded;
import dev.caravan.history.Occurrence.RunQueued;
import dev.caravan.history.Occurrence.RunStarted;
import dev.caravan.history.Occurrence.StepEnded;
import dev.caravan.history.Occurrence.StepStarted;
import dev.caravan.history.RunHost;
import dev.caravan.history.RunState;
import dev.caravan.history.Shows;
import dev.caravan.history.StepState;
import dev.caravan.journal.Journal;
import dev.caravan.journal.RunRecord;
import dev.caravan.rehearsal.Rehearsal;
import dev.caravan.testkit.Serving;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;

/** The page in a real, headless Chromium, served by an engine with hosts of a rehearsal. Skipped where there is no Chromium. */
abstract class PageOfRehearsal {
    static final Duration LONG = Duration.ofMinutes(5);
    static final String HOSTILE = "<img src=x onerror=\"window.harmed=1\"><script>window.harmed=1</script></script><b>bold</b>";

    private static Path scratch;
    static Rehearsal rehearsal;
    static Serving serving;
    static Client client;
    static Chromium browser;

    @BeforeAll
    static void begin() throws Exception {
        Path program = Chromium.orSkip();
        scratch = Files.createTempDirectory("caravan-page").toRealPath();
        rehearsal = Serving.twoHosts(scratch.resolve("hosts"), 0.3);
        serve(Serving.freePort());
        browser = new Chromium(program);
    }

    static void serve(int port) throws Exception {
        serving = Serving.rehearse(scratch, rehearsal, Optional.empty(), port);
        client = new Client(serving);
    }

    @AfterAll
    static void end() throws Exception {
        if (browser != null) {
            browser.close();
            serving.close();
            rehearsal.close();
            Rehearsal.delete(scratch);
        }
    }

    @BeforeEach
    void desktop() {
        browser.size(1280, 800, false);
    }

    @AfterEach
    void nothingWentWrongInThePage() {
        assertThat(browser.takeProblems()).isEmpty();
    }

    static Journal journal() {
        return serving.engine().journal();
    }

    static void tell(String run, Occurrence what) {
        journal().append(run, what);
    }

    static void started(String run, String host, String step) {
        tell(run, new StepStarted(Attempt.of(host, step, 1), Optional.empty()));
    }

    static void done(String run, String host, String step, StepState state) {
        tell(run, new StepEnded(Attempt.of(host, step, 1), "", state, List.of(), List.of(), Map.of(), false,
                Optional.empty(), Optional.of(Duration.ofMillis(900)), Optional.empty()));
    }

    static void recorded(String run, String cluster, List<RunHost> hosts) {
        journal().begin(new RunRecord(run, cluster, "apply", "command", true, "{}", "", RunState.QUEUED, Instant.now(),
                Optional.empty()));
        tell(run, showing(Shows.SPEC,
                new RunQueued("apply", cluster, hosts, true, true, false, Optional.empty(), List.of(), "", Map.of(), false)));
        tell(run, new RunStarted());
    }

    static RunHost host(String name) {
        return new RunHost(name, "192.0.2.99", List.of("worker"));
    }

    static void failed(String run, String message) {
        journal().end(run, RunEnded.of(RunState.FAILED, message));
    }

    static void open(String run, String view) {
        browser.open(serving.uri("/#/runs/" + run + view));
        browser.until("!document.getElementById('run').hidden");
    }

    static String cell(String host, String step) {
        return "td[data-host='" + host + "'][data-step='" + step + "']";
    }

    static String chips() {
        return browser.text("#chips").replaceAll("\\s+", " ");
    }

    /** How long pretended work takes, in percent: only a run that is to be seen as it goes need take time. */
    static void pace(String percent) throws Exception {
        for (Path root : rehearsal.roots().values()) {
            Files.writeString(root.resolve(".rehearsal/pace"), percent);
        }
    }

    static void choose(String select, String value) {
        browser.value("(select => { select.value = '" + value + "'; select.dispatchEvent(new Event('change')); })(document.getElementById('"
                + select + "'))");
    }
}
