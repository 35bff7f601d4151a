package dev.caravan.http;

import static dev.caravan.http.Client.json;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.caravan.history.Attempt;
import dev.caravan.history.Failure;
import dev.caravan.history.Finding;
import dev.caravan.history.Occurrence;
import dev.caravan.history.Occurrence.CancelRequested;
import dev.caravan.history.Occurrence.HostWaiting;
import dev.caravan.history.Occurrence.Note;
import dev.caravan.history.Occurrence.RunEnded;
import dev.caravan.history.Occurrence.RunQueued;
import dev.caravan.history.Occurrence.RunStarted;
import dev.caravan.history.Occurrence.StepEnded;
import dev.caravan.history.Occurrence.StepProgress;
import dev.caravan.history.Occurrence.StepRetried;
import dev.caravan.history.Occurrence.StepStarted;
import dev.caravan.history.RunHost;
import dev.caravan.history.RunState;
import dev.caravan.history.StepState;
import dev.caravan.journal.Journal;
import dev.caravan.journal.RunRecord;
import dev.caravan.rehearsal.Rehearsal;
import dev.caravan.testkit.Serving;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;

/** The page in a real, headless Chromium, served by an engine with hosts of a rehearsal. Skipped where there is no Chromium. */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class) // the first makes a cluster, which others need not make again
class PageTest {
    private static final Duration LONG = Duration.ofMinutes(5);
    private static final String HOSTILE = "<img src=x onerror=\"window.harmed=1\"><script>window.harmed=1</script></script><b>bold</b>";

    private static Path scratch;
    private static Rehearsal rehearsal;
    private static Serving serving;
    private static Client client;
    private static Chromium browser;

    @BeforeAll
    static void begin() throws Exception {
        Path program = Chromium.orSkip();
        scratch = Files.createTempDirectory("caravan-page").toRealPath();
        rehearsal = Serving.twoHosts(scratch.resolve("hosts"), 0.3);
        serve(Serving.freePort());
        browser = new Chromium(program);
    }

    private static void serve(int port) throws Exception {
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

    // ---- runs that are only recorded

    private static Journal journal() {
        return serving.engine().journal();
    }

    private static void tell(String run, Occurrence what) {
        journal().append(run, what);
    }

    private static void started(String run, String host, String step) {
        tell(run, new StepStarted(Attempt.of(host, step, 1), Optional.empty()));
    }

    private static void done(String run, String host, String step, StepState state) {
        tell(run, new StepEnded(Attempt.of(host, step, 1), "", state, List.of(), List.of(), Map.of(), false,
                Optional.empty(), Optional.of(Duration.ofMillis(900)), Optional.empty()));
    }

    private static void recorded(String run, String cluster, List<RunHost> hosts) {
        journal().begin(new RunRecord(run, cluster, "apply", "command", true, "{}", "", RunState.QUEUED, Instant.now(),
                Optional.empty()));
        tell(run, new RunQueued("apply", cluster, hosts, true, true, false, Optional.empty(), List.of(), "", Map.of(), false));
        tell(run, new RunStarted());
    }

    private static RunHost host(String name) {
        return new RunHost(name, "192.0.2.99", List.of("worker"));
    }

    private static void failed(String run, String message) {
        journal().end(run, RunEnded.of(RunState.FAILED, message));
    }

    private static void open(String run, String view) {
        browser.open(serving.uri("/#/runs/" + run + view));
        browser.until("!document.getElementById('run').hidden");
    }

    private static String cell(String host, String step) {
        return "td[data-host='" + host + "'][data-step='" + step + "']";
    }

    private static String chips() {
        return browser.text("#chips").replaceAll("\\s+", " ");
    }

    // ---- tests

    /** Rehearsal: seen as it goes, cut off from its engine, resumed by a button, complete at the end. */
    @Order(1)
    @Test
    void aRunIsSeenLiveAndOutlivesItsEngine() throws Exception {
        // A busy machine shows the page late: the run must not have ended by then.
        pace("300");
        String id = json(client.postSpec("/api/v1/runs", Serving.TWO_HOSTS)).get("id").asText();
        open(id, "");
        browser.value("window.loadedOnce = true");
        browser.until("document.querySelectorAll('#matrix td.running').length > 0");
        assertThat(browser.text("#actions")).isEqualTo("Cancel");
        browser.until("document.querySelectorAll('#matrix td.changed').length > 1");

        serving.close();
        pace("30");
        browser.until("!document.getElementById('lost').hidden");
        assertThat(browser.text("#lost")).contains("reconnects automatically");
        serve(serving.port());
        browser.until("document.getElementById('lost').hidden && page.model.state === 'unfinished'");
        assertThat(browser.text("#actions")).isEqualTo("Resume");

        browser.click("[data-action=resume]");
        browser.until("document.getElementById('ask').open");
        browser.press("Tab");
        browser.press("Enter");
        browser.until("page.model.ended", LONG);
        assertThat(serving.ended(id).state()).as(json(client.get("/api/v1/runs/" + id)).path("message").asText())
                .isEqualTo(RunState.SUCCEEDED);
        browser.until("document.querySelector('#title .badge').innerText === 'succeeded'");
        assertThat(browser.value("window.loadedOnce").asBoolean()).as("the page was not loaded again").isTrue();
        for (JsonNode step : json(client.get("/api/v1/runs/" + id)).get("steps")) {
            String shown = browser.value("(document.querySelector(\"" + cell(step.path("host").asText(), step.get("step").asText())
                    + "\") || {}).className").asText();
            assertThat(shown).as(step.toString()).isEqualTo(step.get("state").asText());
        }

        browser.click(cell("h1", "kubeadm-init"));
        browser.until("document.getElementById('log').innerText.includes('kubeadm init')");
        browser.press("Escape");
        browser.value("location.hash += '/timeline'");
        browser.until("document.querySelectorAll('.span.attempt').length > 12 && document.querySelectorAll('.span.wait').length > 0");
        browser.value("location.hash = location.hash.replace('timeline', 'workflow')");
        browser.until("document.querySelectorAll('#view-workflow [data-step=kubeadm-join] .changed').length === 1");
        assertThat(browser.text("#view-workflow .chart")).contains("provision-host", "os-prepare", "wait for the first control plane",
                "join-cluster");
        assertThat(browser.text("#view-workflow .chart")).as("what is done where something fails, and in any case")
                .contains("on failure", "rollback", "in any case", "credentials-revoke");
        // A cluster that stands is not taken down by a slip of the hand.
        browser.click("[data-action=rollback]");
        assertThat(browser.value("document.getElementById('ask-yes').disabled").asBoolean()).isTrue();
        browser.press("Escape");
    }

    /** The whole path on the page: a spec is mended, planned, and applied on the hosts of the run above; an action with its form. */
    @Test
    void aSpecIsMendedPlannedAndAppliedOnThePage() throws Exception {
        String spec = Serving.TWO_HOSTS;
        pace("0");
        browser.open(serving.uri("/#/new"));
        browser.until("document.getElementById('new-state').className === 'ok'");
        assertThat(browser.text("#new-state")).as("the example is valid").contains("demo", "3 hosts");
        write(spec.replace("control-plane", "control-plain"));
        browser.until("document.getElementById('new-state').className === 'failed'");
        assertThat(browser.text("#new-problems")).contains("8:", "control-plain", "control-plane");
        assertThat(browser.value("[...document.getElementById('new-paint').children].findIndex(e => e.className === 'wrong')").asInt())
                .isEqualTo(7);
        assertThat(browser.value("document.getElementById('new-start').disabled").asBoolean()).isTrue();
        browser.click("#new-problems button");
        browser.until("getSelection() && document.activeElement.id === 'new-text'");
        browser.problems().removeIf(problem -> problem.contains("422")); // the browser reports the answer of validate
        write(spec);
        browser.until("!document.getElementById('new-plan').disabled");
        Path swaps = rehearsal.host("h2").root().resolve("etc/fstab");
        Files.writeString(swaps, "/dev/vdy none swap sw 0 0\n", StandardOpenOption.APPEND);
        browser.click("#new-plan");
        browser.until("page.model && page.model.run.action === 'plan' && page.model.ended", LONG);
        String plan = browser.value("page.model.id").asText();
        browser.click("#tab-plan");
        browser.until("document.querySelectorAll('.planned').length === 2");
        assertThat(browser.value("[...document.querySelectorAll('.planned .diff')].map(diff => diff.innerText).join()").asText())
                .contains("-/dev/vdy none swap", "+# swap is off for Kubernetes: /dev/vdy");
        assertThat(browser.value("location.hash").asText()).endsWith("/plan");
        browser.click("#again");
        browser.until("!document.getElementById('new-start').disabled");
        assertThat(browser.value("document.getElementById('new-text').value").asText()).as("as it was sent").isEqualTo(spec);

        applyPlan(plan);
        assertThat(browser.value("page.model.state").asText()).isEqualTo("succeeded");
        assertThat(browser.value("page.model.run.parameters.plan").asText()).isEqualTo(plan);

        browser.click("#to-clusters");
        browser.until("document.querySelector('#clusters td a')");
        assertThat(browser.text("#clusters")).contains("demo", "1.20.2", "succeeded");
        browser.click("#clusters td a");
        browser.until("document.querySelector('#clusters .choices')");
        browser.value("document.querySelector('#clusters .choices').closest('details').open = true");
        assertThat(browser.text("#clusters")).contains("h1", "control-plane", "192.0.2.12", "renew-certificates");
        browser.click("#clusters .choices a[href$=restore]");
        browser.until("document.querySelector('#new-form [name=backup]')");
        assertThat(browser.value("document.getElementById('new-start').disabled").asBoolean()).as("its backup is missing").isTrue();
        choose("new-action", "reset");
        browser.until("!document.getElementById('new-start').disabled");
        browser.click("#new-start");
        browser.until("document.getElementById('ask').open && document.getElementById('ask-yes').disabled");
        browser.value("document.querySelector('#ask-name input').focus()");
        browser.type("demo");
        browser.until("!document.getElementById('ask-yes').disabled");
        browser.click("#ask-no");
        browser.problems().removeIf(problem -> problem.contains("422"));
        pace("30");
    }

    @Tag("long")
    @Test
    void aPlanIsRefusedWhereSomethingWouldNowBeDoneOtherwise() throws Exception {
        pace("0");
        String plan = json(client.postSpec("/api/v1/runs?action=plan", Serving.TWO_HOSTS)).get("id").asText();
        await().atMost(LONG).until(() -> journal().run(plan).orElseThrow().hasEnded());
        Files.writeString(rehearsal.host("h2").root().resolve("etc/fstab"), "/dev/vdz none swap sw 0 0\n", StandardOpenOption.APPEND);
        applyPlan(plan);
        assertThat(browser.value("page.model.state").asText()).isEqualTo("refused");
        browser.click("#tab-problems");
        browser.until("document.querySelectorAll('.cause').length > 0");
        assertThat(browser.text("#view-problems")).contains("os-prepare", "fstab");
        pace("30");
    }

    /** How long pretended work takes, in percent: only a run that is to be seen as it goes need take time. */
    private static void pace(String percent) throws Exception {
        for (Path root : rehearsal.roots().values()) {
            Files.writeString(root.resolve(".rehearsal/pace"), percent);
        }
    }

    private static void applyPlan(String plan) {
        open(plan, "");
        browser.click("#apply-plan");
        browser.until("document.getElementById('ask').open");
        browser.click("#ask-yes");
        browser.until("page.model && page.model.run.action === 'apply' && page.model.ended", LONG);
    }

    private static void write(String spec) throws Exception {
        browser.value("(area => { area.value = " + new ObjectMapper().writeValueAsString(spec)
                + "; area.dispatchEvent(new Event('input')); })(document.getElementById('new-text'))");
    }

    private static void choose(String select, String value) {
        browser.value("(select => { select.value = '" + value + "'; select.dispatchEvent(new Event('change')); })(document.getElementById('"
                + select + "'))");
    }

    @Test
    void thePageListensToEveryTypeOfEventAndFindsARunByTheBeginningOfItsId() throws Exception {
        JsonNode types = Described.DOCUMENT.at("/components/schemas/Event/properties/type/enum");
        browser.open(serving.uri("/"));
        assertThat(browser.value("EVENTS.slice().sort()")).isEqualTo(browser.value(types + ".sort()"));
        recorded("short-of-nothing", "short", List.of(host("h1")));
        browser.value("location.hash = '#/runs/short-of-n/timeline'");
        browser.until("location.hash === '#/runs/short-of-nothing' && page.model && page.model.id === 'short-of-nothing'");
        failed("short-of-nothing", "");
    }

    @Test
    void aSecretThatTheJournalDoesNotKeepMustBeWrittenAgain() throws Exception {
        browser.open(serving.uri("/#/new"));
        browser.until("document.getElementById('new-state').className === 'ok'");
        write(Serving.TWO_HOSTS.replace("{user: root}", "{user: ops, sudoPassword: '***'}"));
        browser.until("document.getElementById('new-state').className === 'retrying'");
        assertThat(browser.value("document.getElementById('new-plan').disabled").asBoolean()).isTrue();
        assertThat(browser.text("#new-state")).contains("***");
    }

    @Test
    void aRunIsCancelledOnceThatIsConfirmed() throws Exception {
        String spec = Serving.TWO_HOSTS.replace("name: demo", "name: other");
        String id = json(client.postSpec("/api/v1/runs?action=plan", spec)).get("id").asText();
        open(id, "");
        browser.until("document.querySelector('[data-action=cancel]')");
        browser.click("[data-action=cancel]");
        browser.until("document.getElementById('ask').open");
        browser.press("Escape");
        browser.until("!document.getElementById('ask').open");
        assertThat(journal().events(id, 0)).noneMatch(event -> event.is(CancelRequested.class));
        browser.click("[data-action=cancel]");
        browser.until("document.getElementById('ask').open");
        browser.click("#ask-yes");
        browser.until("document.querySelector('#title .badge').innerText === 'cancelled'");
        assertThat(serving.ended(id).state()).isEqualTo(RunState.CANCELLED);
        browser.until("document.querySelector('#actions [data-action=retry]')");
    }

    @Test
    void aLogIsShownAsItGrowsAndACellAsItChanges() throws Exception {
        recorded("growing", "growing", List.of(host("h1")));
        started("growing", "h1", "facts");
        Path log = Files.createDirectories(serving.data().resolve("logs/growing/h1")).resolve("facts.log");
        Files.writeString(log, "first line\n");
        open("growing", "");
        browser.until("document.querySelector(\"" + cell("h1", "facts") + "\").className === 'running'");
        browser.click(cell("h1", "facts"));
        browser.until("document.getElementById('log').innerText === 'first line\\n'");
        Files.writeString(log, "== second thing\nhalf a", StandardOpenOption.APPEND);
        browser.until("document.getElementById('log').innerText === 'first line\\n== second thing\\n'");
        Files.writeString(log, " line \u00e4\n", StandardOpenOption.APPEND);
        browser.until("document.getElementById('log').innerText.endsWith('half a line \u00e4\\n')");
        // The step goes on from an earlier point, and what it printed after that comes again.
        Files.writeString(log, "again\n");
        browser.until("document.getElementById('log').innerText === 'again\\n'");
        tell("growing", new HostWaiting(Optional.of("h1"), "waits for the weather", OptionalInt.empty()));
        tell("growing", new StepRetried(Attempt.of("h1", "facts", 1), "not yet", new Failure("mirror", "", List.of()),
                Optional.of(Duration.ofMinutes(1)), Optional.empty()));
        browser.until("document.querySelector(\"" + cell("h1", "facts") + "\").className === 'retrying'");
        assertThat(browser.text("#cell")).contains("will be retried", "not yet");
        browser.until("/^again in [1-5]?[0-9]s after: not yet$/.test(document.querySelector('#matrix .doing').innerText)");
        browser.until("/The next attempt is due at .*, in [1-5]?[0-9]s\\./.test(document.getElementById('cell').innerText)");
        failed("growing", "given up");
        browser.until("document.querySelector('#title .badge').innerText === 'failed'");
    }

    @Test
    void textOfHostsAndSpecsIsNeverMarkup() throws Exception {
        recorded("hostile", HOSTILE, List.of(host("h1"), new RunHost("h2" + HOSTILE, HOSTILE, List.of(HOSTILE))));
        tell("hostile", new Note(Optional.empty(), HOSTILE));
        tell("hostile", new HostWaiting(Optional.of("h2" + HOSTILE), HOSTILE, OptionalInt.empty()));
        started("hostile", "h1", "facts");
        open("hostile", "");
        browser.until("document.querySelectorAll('#matrix td.running').length > 0");
        tell("hostile", new StepProgress(Attempt.of("h1", "facts", 1), HOSTILE));
        started("hostile", "h2" + HOSTILE, HOSTILE);
        tell("hostile", new StepEnded(Attempt.of("h1", "facts", 1), HOSTILE, StepState.FAILED, List.of(HOSTILE), List.of(), Map.of(), false,
                Optional.empty(), Optional.empty(), Optional.of(new Failure(HOSTILE, HOSTILE, List.of(HOSTILE)))));
        Files.writeString(Files.createDirectories(serving.data().resolve("logs/hostile/h1")).resolve("facts.log"),
                HOSTILE + "\n== " + HOSTILE + "\n");
        journal().end("hostile", new RunEnded(RunState.FAILED, HOSTILE, Optional.empty(),
                List.of(new Finding(List.of(HOSTILE), HOSTILE, HOSTILE)), Map.of(), Optional.empty()));
        browser.until("page.model.ended");
        browser.click(cell("h1", "facts"));
        browser.until("document.getElementById('log').innerText.includes('onerror')");
        for (String view : List.of("/timeline", "/problems", "/workflow", "")) {
            browser.value("location.hash = '#/runs/hostile" + view + "'");
            browser.until("page.view === '" + (view.isEmpty() ? "matrix" : view.substring(1)) + "'");
            // A view that is left before it has drawn stays empty.
            browser.until(view.equals("/timeline") ? "document.querySelectorAll('.span').length > 0" : "true");
        }
        browser.until("document.querySelectorAll('.cause').length > 0");
        assertThat(browser.text("#title")).contains(HOSTILE);
        assertThat(browser.value("document.querySelectorAll('img, main b:not(.count):not(.chip b), "
                + "#log script, main script, #runs script').length").asInt()).isZero();
        assertThat(browser.value("window.harmed === undefined").asBoolean()).isTrue();
    }

    @Test
    void columnsStandStillAndAHostCountsAsOkOnceItsWayHasEnded() throws Exception {
        recorded("paused", "paused", List.of(host("h1"), host("h2")));
        List.of("h1", "h2").forEach(name ->
                done("paused", name, "facts", StepState.OK));
        open("paused", "");
        browser.until("document.querySelectorAll('#matrix td.ok').length === 2");
        assertThat(chips()).contains("Between steps 2").doesNotContain("All ok");
        String heads = "[...document.querySelectorAll('#matrix thead th')].map(head => head.title + head.offsetLeft).join()";
        String before = browser.value(heads).asText();
        assertThat(before).contains("facts", "preflight", "os-prepare", "kubeadm-join", "verify")
                .as("steps that this run may never meet").doesNotContain("drain-node", "deprecated-apis", "bundle-open", "proxy");

        done("paused", "h2", "kubeadm-join", StepState.CHANGED);
        browser.until("document.querySelectorAll('#matrix td.changed').length === 1");
        assertThat(browser.value(heads).asText()).isEqualTo(before);
        assertThat(chips()).contains("Between steps 1", "All ok 1");
        failed("paused", "");
        browser.until("document.querySelectorAll('#matrix thead th').length === 3");
        assertThat(chips()).contains("All ok 2");

        String spans = "[{host: 'h1', startedAt: '1970-01-01T00:00:05Z', endedAt: '1970-01-01T00:00:06Z'}, "
                + "{host: 'h1', startedAt: '1970-01-01T00:00:06.2Z', endedAt: '1970-01-01T00:00:07Z'},"
                + " {host: 'h1', startedAt: '1970-01-01T00:00:09Z'}, {startedAt: '1970-01-01T00:00:20Z'}]";
        assertThat(browser.value("(() => { timeline.answer = {spans: " + spans
                + "}; return timeline.between(0).map(gap => gap.startedAt + ' ' + gap.endedAt).join(); })()").asText())
                .as("where a host is at no step and has one to come")
                .isEqualTo("1970-01-01T00:00:00.000Z 1970-01-01T00:00:05Z,1970-01-01T00:00:07.000Z 1970-01-01T00:00:09Z");
    }

    @Test
    void theStepThatRunsIsSeenWithoutScrolling() throws Exception {
        for (int width : List.of(1280, 390)) {
            String run = "along-" + width;
            browser.size(width, 800, width == 390);
            recorded(run, run, List.of(host("h1"), host("h2")));
            open(run, "");
            browser.until("document.querySelectorAll('#matrix thead th').length > 6");
            for (String step : List.of("facts", "preflight", "proxy", "os-prepare", "kube-install", "images-pull", "kubeadm-join",
                    "label-nodes", "verify", "undo-verify")) {
                String host = List.of("preflight", "verify").contains(step) ? "" : "h2";
                started(run, host, step);
                browser.until(isSeen(host, step));
                assertThat(browser.value("document.documentElement.scrollLeft").asInt()).isZero();
                done(run, host, step, StepState.OK);
                browser.until("document.querySelector(\"" + cell(host, step) + "\").className === 'ok'");
            }
            String heads = browser.value("[...document.querySelectorAll('#matrix thead th')].map(head => head.title).join(' ')").asText();
            assertThat(heads).as("in the workflow's order, what is not in it last").contains("preflight proxy os-prepare")
                    .endsWith("undo-verify").doesNotContain("drain-node");
        }
        browser.value("document.getElementById('matrix-scroll').scrollLeft = 0");
        browser.until("!document.getElementById('follow-steps').checked");
        started("along-390", "h1", "kubeadm-join");
        browser.until("document.querySelector(\"" + cell("h1", "kubeadm-join") + "\").className === 'running'");
        assertThat(browser.value("document.getElementById('matrix-scroll').scrollLeft").asInt()).as("the user scrolled").isZero();
        browser.click("#follow-steps");
        browser.until(isSeen("h1", "kubeadm-join"));
        failed("along-390", "");
        failed("along-1280", "");
    }

    /** That the cell shows that its step runs, and nothing lies over it. */
    private static String isSeen(String host, String step) {
        return "(() => { const cell = document.querySelector(\"" + cell(host, step) + "\"); if (!cell || cell.className !== 'running') "
                + "return false; const r = cell.getBoundingClientRect(); return [r.left + 2, r.right - 2].every(x => "
                + "document.elementFromPoint(x, r.top + r.height / 2) === cell); })()";
    }

    @Test
    void twoHundredHostsAreFilteredCollapsedAndWalkedByKeyboard() throws Exception {
        List<String> names = IntStream.rangeClosed(1, 200).mapToObj(i -> "node-%03d".formatted(i)).toList();
        recorded("many", "many", names.stream().map(PageTest::host).toList());
        names.parallelStream()
                .forEach(name -> done("many", name, "facts", StepState.OK));
        List<String> broken = List.of("node-007", "node-150");
        broken.forEach(name -> tell("many", StepEnded.failed(Attempt.of(name, "os-prepare", 1), "no space left on " + name,
                new Failure("disk-full", "Make room.", List.of()), Optional.empty())));
        failed("many", "two hosts failed");
        open("many", "");
        String shown = "[...document.querySelectorAll('#matrix tbody tr[data-host]')].filter(row => !row.hidden).map(row => "
                + "row.dataset.host).join()";
        browser.until(shown + " === 'node-007,node-150'");
        assertThat(browser.text(".fold")).contains("198 hosts, all ok");

        browser.click("[data-chip=ok]");
        browser.until(shown + ".split(',').length === 198");
        browser.click("[data-chip=all]");
        browser.click("#find-host");
        browser.type("node-01");
        browser.until(shown + ".split(',').length === 10");
        browser.value("document.getElementById('find-host').value = ''; document.getElementById('find-host').dispatchEvent(new "
                + "Event('input'))");
        browser.until(shown + " === 'node-007,node-150'");
        browser.click("#collapse");
        browser.until(shown + ".split(',').length === 200");

        browser.value("document.getElementById('skip').focus()");
        browser.press("Enter");
        String focused = "(document.activeElement.dataset.host + ' ' + document.activeElement.dataset.step)";
        assertThat(browser.value(focused).asText()).as("where the tab key stopped before").isEqualTo("node-007 facts");
        browser.press("ArrowDown");
        assertThat(browser.value(focused).asText()).as("those that failed come first").isEqualTo("node-150 facts");
        browser.press("ArrowUp");
        browser.press("ArrowRight");
        assertThat(browser.value(focused).asText()).isEqualTo("node-007 os-prepare");
        browser.press("Enter");
        browser.until("panel.isOpen");
        assertThat(browser.text("#cell")).contains("os-prepare on node-007", "no space left on node-007", "Make room.");
        browser.press("Escape");
        browser.until("!panel.isOpen");
        assertThat(browser.value(focused).asText()).isEqualTo("node-007 os-prepare");

        open("many", "/problems");
        browser.until("document.querySelectorAll('.cause').length === 1");
        assertThat(browser.text(".cause")).contains("os-prepare on 2 hosts", "node-007", "node-150", "Make room.");
    }

    @Test
    void hostsThatFailAlikeAreOneProblemAlsoIfItNamesALongerHost() throws Exception {
        List<RunHost> hosts = List.of(new RunHost("node-1", "192.0.2.1", List.of("worker")),
                new RunHost("node-2", "192.0.2.2", List.of("worker")));
        recorded("alike", "alike", hosts);
        for (RunHost host : hosts) {
            started("alike", host.name(), "kubeadm-join");
            tell("alike", new StepEnded(Attempt.of(host.name(), "kubeadm-join", 1), "no answer from node-15", StepState.FAILED, List.of(),
                    List.of(), Map.of(), false, Optional.empty(), Optional.of(Duration.ofMillis(900)),
                    Optional.of(new Failure("network", "Look at node-15.", List.of()))));
        }
        open("alike", "/problems");
        browser.until("document.querySelectorAll('.cause').length > 0");
        assertThat(browser.value("document.querySelectorAll('.cause').length").asInt()).isOne();
        assertThat(browser.text(".cause")).contains("kubeadm-join on 2 hosts", "node-1", "node-2");
    }

    @Test
    void theAddressHasWhichRunsAreListedAndOlderOnesFollowPageByPage() throws Exception {
        Instant day = LocalDate.of(2020, 2, 29).atTime(12, 0).atZone(ZoneId.systemDefault()).toInstant();
        for (int number = 0; number < 600; number++) {
            String run = "old-%03d".formatted(number);
            journal().begin(new RunRecord(run, "museum", number % 3 == 0 ? "plan" : "apply", "command", true, "{}", "", RunState.QUEUED,
                    day.plusSeconds(number), Optional.empty()));
            journal().end(run, RunEnded.of(number % 2 == 0 ? RunState.FAILED : RunState.SUCCEEDED, ""));
        }
        String shown = "document.querySelectorAll('#runs [data-run^=old-]').length";
        browser.open(serving.uri("/?cluster=museum"));
        browser.until(shown + " === 50");
        assertThat(browser.value("document.getElementById('by-cluster').value").asText()).isEqualTo("museum");
        for (int all : List.of(250, 450, 600)) {
            browser.click("#older");
            browser.until(shown + " === " + all);
        }
        browser.until("document.getElementById('older').hidden");
        assertThat(browser.value("[...document.querySelectorAll('#runs [data-run]')].map(e => e.dataset.run).join()").asText())
                .as("in order, none twice").startsWith("old-599,old-598,").endsWith(",old-001,old-000").hasSize(600 * 8 - 1);

        choose("by-state", "failed");
        choose("by-action", "plan");
        browser.until("location.search === '?state=failed&action=plan&cluster=museum' && " + shown + " === 50");
        assertThat(browser.value("[...document.querySelectorAll('#runs [data-run]')].every(e => e.className === 'failed')").asBoolean())
                .isTrue();
        browser.open(serving.uri("/?from=2020-02-29&until=2020-02-29&cluster=museum"
                + "&state=succeeded&colour=red&action=%3Cb%3E#/runs/old-001"));
        browser.until(shown + " === 50 && document.querySelector('[data-run=old-599]')");
        assertThat(browser.text("#filters summary")).isEqualTo("Filter (4)");
        choose("by-from", "2020-03-01");
        browser.until(shown + " === 0 && !document.getElementById('none-so').hidden");
        assertThat(browser.value("location.hash").asText()).as("the run that is shown stays").isEqualTo("#/runs/old-001");
        browser.click("#by-none");
        browser.until("location.search === '' && document.getElementById('none-so').hidden && runList.runs.length > 0");
    }

    @Test
    void twoRunsAreComparedByDurationsChangesAndSpecs() throws Exception {
        String spec = "a: 1\nb: 2\nc: 3\nd: 4\ne: 5\nf: 6\ng: 7\nh: 8\ni: 9\n";
        compared("first", spec, "swap off", "gone");
        compared("second", spec.replace("b: 2", "b: two").replace("i: 9\n", "i: 9\nj: " + HOSTILE + "\n"), "swap off",
                HOSTILE);
        open("second", "");
        browser.click("#to-compare");
        browser.until("document.getElementById('compare-specs')");
        assertThat(browser.text("#compare-facts")).contains("first", "second", "apply");
        assertThat(browser.text("#compare-durations")).contains("os-prepare");
        String spans = "spans: [{kind: 'attempt', step: 'facts', startedAt: '1970-01-01T00:00:01Z', endedAt: '1970-01-01T00:00:03Z'}, "
                + "{kind: 'pause', step: 'facts', startedAt: '1970-01-01T00:00:03Z', endedAt: '1970-01-01T00:00:09Z'}";
        assertThat(browser.value("compare.durations({run: {id: 'a'}, timeline: {" + spans + "]}}, {run: {id: 'b'}, timeline: {" + spans
                + ", {kind: 'attempt', step: 'facts', startedAt: '1970-01-01T00:00:09Z', endedAt: '1970-01-01T00:00:12Z'}, "
                + "{kind: 'attempt', step: 'x', startedAt: '1970-01-01T00:00:09Z', endedAt: '1970-01-01T00:00:10Z'}]}})[2].innerText")
                .asText())
                .contains("facts2.0s5.0s+3.0s", "x1.0snew");
        assertThat(browser.text("#compare")).contains("1 change is in both.");
        assertThat(browser.text("#compare-changes").replaceAll("\\s+", " ")).contains("\u2212 first h1 os-prepare gone", "+ second h1 "
                + "os-prepare <img");
        assertThat(browser.text("#compare-specs").lines()).containsExactly("  a: 1", "- b: 2", "+ b: two", "  c: 3", "  d: 4", "  e: 5",
                "\u2026", "  g: 7", "  h: 8", "  i: 9", "+ j: " + HOSTILE, "  ");
        assertThat(browser.value("window.harmed === undefined").asBoolean()).isTrue();
        browser.value("location.hash = '#/compare/first/first'");
        browser.until("document.getElementById('compare').innerText.includes('The two have the same spec.')");
        assertThat(browser.text("#compare")).contains("2 changes are in both; there are no others.");
    }

    private static void compared(String run, String spec, String... changes) {
        journal().begin(new RunRecord(run, "compared", "apply", "command", true, spec, "", RunState.QUEUED, Instant.now(),
                Optional.empty()));
        tell(run, new RunQueued("apply", "compared", List.of(host("h1")), true, true, false, Optional.empty(), List.of(), "", Map.of(),
                false));
        tell(run, new RunStarted());
        tell(run, new StepEnded(Attempt.of("h1", "os-prepare", 1), "", StepState.CHANGED, List.of(changes), List.of(), Map.of(), false,
                Optional.empty(), Optional.of(Duration.ofSeconds(1)), Optional.empty()));
        journal().end(run, RunEnded.of(RunState.SUCCEEDED, ""));
    }

    @Test
    void aPhoneShowsTheRunsAndThenARun() throws Exception {
        recorded("pocket", "pocket", List.of(host("h1")));
        done("pocket", "h1", "facts", StepState.OK);
        failed("pocket", "");
        browser.size(390, 844, true);
        browser.open(serving.uri("/"));
        browser.until("document.querySelector('[data-run=pocket]')");
        browser.click("[data-run=pocket]");
        browser.until("document.querySelectorAll('#matrix td.ok').length === 1");
        assertThat(browser.value("document.documentElement.scrollWidth").asInt()).as("nothing sticks out").isLessThanOrEqualTo(390);
        browser.click(".back");
        browser.until("document.querySelector('[data-run=pocket]').offsetParent !== null");
        browser.dark(true);
        assertThat(browser.value("getComputedStyle(document.body).backgroundColor").asText()).isEqualTo("rgb(20, 24, 28)");
        browser.dark(false);
        await().atMost(LONG).until(() -> browser.value("getComputedStyle(document.body).backgroundColor").asText()
                .equals("rgb(255, 255, 255)"));
    }
}
