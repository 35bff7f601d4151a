package dev.caravan.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.history.Attempt;
import dev.caravan.history.Failure;
import dev.caravan.history.Finding;
import dev.caravan.history.Occurrence.HostWaiting;
import dev.caravan.history.Occurrence.Note;
import dev.caravan.history.Occurrence.RunEnded;
import dev.caravan.history.Occurrence.StepEnded;
import dev.caravan.history.Occurrence.StepProgress;
import dev.caravan.history.Occurrence.StepRetried;
import dev.caravan.history.RunHost;
import dev.caravan.history.RunState;
import dev.caravan.history.StepState;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** The matrix of hosts and steps, its log, and its problems, of runs that are only recorded. */
class MatrixPageTest extends PageOfRehearsal {
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
        recorded("many", "many", names.stream().map(PageOfRehearsal::host).toList());
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

    /** The engine says with each event what the cause is, so the page need not find it. */
    @Test
    void hostsThatFailAlikeWhileThePageFollowsAreOneProblem() throws Exception {
        List<RunHost> hosts = List.of(new RunHost("node-1", "192.0.2.1", List.of("worker")),
                new RunHost("node-2", "192.0.2.2", List.of("worker")));
        recorded("followed", "followed", hosts);
        open("followed", "/problems");
        for (RunHost host : hosts) {
            started("followed", host.name(), "kubeadm-join");
            tell("followed", new StepEnded(Attempt.of(host.name(), "kubeadm-join", 1), host.name() + ": no answer at " + host.address()
                    + " after 1" + host.name().charAt(5) + " s", StepState.FAILED, List.of(),
                    List.of(), Map.of(), false, Optional.empty(), Optional.of(Duration.ofMillis(900)),
                    Optional.of(new Failure("network", "Wait.", List.of()))));
        }
        browser.until("page.model.hosts.get('node-2').cells.get('kubeadm-join')?.state === 'failed'"
                + " && document.querySelectorAll('.cause').length > 0");
        assertThat(browser.value("page.model.causes().length").asInt()).isOne();
        browser.until("document.querySelector('.cause').textContent.includes('kubeadm-join on 2 hosts')");
    }
}
