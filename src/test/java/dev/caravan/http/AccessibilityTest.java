package dev.caravan.http;

import static dev.caravan.history.Occurrences.showing;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.caravan.artefacts.Artefact;
import dev.caravan.backups.Backup;
import dev.caravan.backups.BackupDirectory;
import dev.caravan.digest.Sha256;
import dev.caravan.history.Attempt;
import dev.caravan.history.Difference;
import dev.caravan.history.Failure;
import dev.caravan.history.Finding;
import dev.caravan.history.Occurrence;
import dev.caravan.history.Occurrence.HostWaiting;
import dev.caravan.history.Occurrence.Note;
import dev.caravan.history.Occurrence.RunEnded;
import dev.caravan.history.Occurrence.RunQueued;
import dev.caravan.history.Occurrence.RunStarted;
import dev.caravan.history.Occurrence.StepEnded;
import dev.caravan.history.Occurrence.StepRetried;
import dev.caravan.history.Occurrence.StepStarted;
import dev.caravan.history.RunHost;
import dev.caravan.history.RunState;
import dev.caravan.history.Shows;
import dev.caravan.history.StepState;
import dev.caravan.journal.Journal;
import dev.caravan.journal.RunRecord;
import dev.caravan.testkit.NodesStandIn;
import dev.caravan.testkit.Serving;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Each view of the page, held against axe-core in a real Chromium, light and dark, and on the narrowest screen. */
@Tag("long")
class AccessibilityTest {
    /** What has to be there before some views are looked at. */
    private static final Map<String, String> COMES = Map.of("a wrong spec", "document.querySelector('#new-problems li')",
            "all of a cluster", "document.querySelector('#cluster-spec pre span') && document.querySelector('#certificates tbody tr')",
            "what an action does", "byId('graph-view').querySelector('.chart')");

    @TempDir
    static Path directory;

    private static Serving serving;
    private static NodesStandIn nodes;
    private static Chromium browser;
    private static String axe;

    @BeforeAll
    static void begin() throws Exception {
        Path program = Chromium.orSkip();
        try (InputStream in = AccessibilityTest.class.getClassLoader().getResourceAsStream("axe.min.js")) {
            axe = new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
        serving = Serving.start(directory, Optional.empty());
        tell(serving.engine().journal());
        // Ready, and not.
        String node = "{\"metadata\": {\"name\": \"%s\"}, \"spec\": {\"taints\": [{\"key\": \"own\", \"value\": \"yes\", "
                + "\"effect\": \"NoSchedule\"}]}, \"status\": {\"nodeInfo\": {\"kubeletVersion\": \"v1.20.2\"}, \"conditions\": "
                + "[{\"type\": \"Ready\", \"status\": \"%s\", \"message\": \"no network\"}]}}";
        nodes = NodesStandIn.start(serving.data(), "demo", node.formatted("h1", "True") + "," + node.formatted("h9", "False"));
        browser = new Chromium(program);
        // For axe-core only: the page's own policy lets no other script run.
        browser.ask("Page.setBypassCSP", "enabled", true);
    }

    @AfterAll
    static void end() throws Exception {
        if (browser != null) {
            browser.close();
        }
        if (serving != null) {
            nodes.close();
            serving.close();
        }
    }

    /** A run with cells of every state, one that has ended well, and one that preflight refused. */
    private static void tell(Journal journal) throws IOException {
        List<RunHost> hosts = List.of(new RunHost("h1", "192.0.2.1", List.of("control-plane")),
                new RunHost("h2", "192.0.2.2", List.of("worker")), new RunHost("h3", "192.0.2.3", List.of("worker")));
        Failure failure = new Failure("mirror", "Wait.", List.of("503", "again"));
        begin(journal, "going", hosts);
        for (Occurrence what : List.of(ended("h1", "facts", StepState.OK), ended("h2", "facts", StepState.OK),
                ended("h1", "os-prepare", StepState.CHANGED), ended("h2", "os-prepare", StepState.SKIPPED),
                new StepStarted(Attempt.of("h1", "kube-install", 1), Optional.empty()),
                StepEnded.failed(Attempt.of("h3", "facts", 1), "no room", failure, Optional.empty()),
                new StepRetried(Attempt.of("h2", "kube-install", 2), "not yet", failure, Optional.of(Duration.ofMinutes(9)),
                        Optional.of(Duration.ofSeconds(1))),
                new HostWaiting(Optional.of("h2"), "waits for its turn", OptionalInt.empty()), new Note(Optional.of("h1"), "A note."))) {
            journal.append("going", what);
        }
        begin(journal, "done", hosts);
        journal.append("done", ended("h1", "os-prepare", StepState.CHANGED));
        journal.append("done", ended("h2", "facts", StepState.OK));
        journal.end("done", RunEnded.of(RunState.SUCCEEDED, ""));
        journal.begin(new RunRecord("planned", "demo", "plan", "command", true, Serving.TWO_HOSTS, "", RunState.QUEUED, Instant.now(),
                Optional.empty()));
        journal.append("planned", showing(Shows.DRIFT, new RunQueued("plan", "demo", hosts, true, false, true, Optional.of("1.20.2"),
                List.of(), "", Map.of(), false)));
        journal.append("planned", new StepEnded(Attempt.of("h1", "os-prepare", 1), "said", StepState.CHANGED, List.of("swap off", "more"),
                List.of(new Difference("swap off", "/etc/fstab", "--- /etc/fstab\n+++ /etc/fstab\n@@ -1 +1 @@\n-swap\n+# swap\n same")),
                Map.of(), false, Optional.empty(), Optional.of(Duration.ofSeconds(1)), Optional.empty()));
        journal.end("planned", RunEnded.of(RunState.SUCCEEDED, ""));
        journal.begin(new RunRecord("read", "demo", "certificates", "command", true, Serving.TWO_HOSTS, "", RunState.QUEUED, Instant.now(),
                Optional.empty()));
        journal.append("read", new StepEnded(Attempt.of("h1", "certificates-read", 1), "", StepState.OK, List.of(), List.of(), Map.of(
                "report", "certificate\tdays left\trenewed by\n/etc/kubernetes/pki/apiserver.crt\t7\trenew-certificates\n"
                + "/etc/kubernetes/pki/ca.crt\t3000\tnobody (CA)"), false, Optional.empty(), Optional.empty(), Optional.empty()));
        journal.end("read", RunEnded.of(RunState.SUCCEEDED, ""));
        Path backups = Files.createDirectories(serving.data().resolve("backups/demo"));
        for (String id : List.of("20261128-183000-good", "20261129-183000-damaged")) {
            Artefact file = new Artefact(4, Sha256.hex("good".getBytes(StandardCharsets.UTF_8)));
            Files.writeString(backups.resolve(id + ".tar.gz"), id.endsWith("good") ? "good" : "ba");
            new BackupDirectory(serving.data(), "demo").record(new Backup(id, "demo", "done", Instant.now(), "h1", "1.20.2",
                    new Backup.Snapshot("3.4.13", 7, 1, 2, 3, 1), false, file, file));
        }
        begin(journal, "refused", hosts);
        journal.end("refused", new RunEnded(RunState.REFUSED, "preflight found 1 problem", Optional.empty(),
                List.of(new Finding(List.of("h1", "h2"), "no swap", "Add some.")), Map.of(), Optional.empty()));
        Files.writeString(Files.createDirectories(serving.data().resolve("logs/going/h1")).resolve("kube-install.log"), "== installing\n");
    }

    private static void begin(Journal journal, String run, List<RunHost> hosts) {
        journal.begin(new RunRecord(run, "demo", "apply", "command", true, Serving.TWO_HOSTS + "# " + run + "\n", "", RunState.QUEUED,
                Instant.now(), Optional.empty()));
        journal.append(run, showing(Shows.SPEC, new RunQueued("apply", "demo", hosts, true, true, false, Optional.of("1.20.2"),
                List.of(), "", Map.of(), false)));
        journal.append(run, new RunStarted());
    }

    private static StepEnded ended(String host, String step, StepState state) {
        List<String> changes = state == StepState.CHANGED ? List.of("swap off") : List.of();
        return new StepEnded(Attempt.of(host, step, 1), "said", state, changes, List.of(), Map.of(), false,
                Optional.empty(), Optional.of(Duration.ofSeconds(1)), Optional.empty());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "the list|?state=failed#/|document.getElementById('none-so').hidden === false|",
        "runs by cluster|?group=cluster#/|document.querySelector('#runs .group')|",
        "hosts|#/runs/going|document.querySelector('#matrix td.running')|",
        "a cell|#/runs/going|document.querySelector('#matrix td.running')|document.querySelector('#matrix td.running').click()",
        "a plan|#/runs/planned/plan|document.querySelector('#view-plan .diff')|",
        "timeline|#/runs/going/timeline|document.querySelector('.span')|",
        "problems|#/runs/going/problems|document.querySelector('.cause')|",
        "findings|#/runs/refused/problems|document.querySelector('.cause')|",
        "a run's workflow|#/runs/going/workflow|document.querySelector('#view-workflow .chart')|",
        "a question|#/new|!document.getElementById('new-start').disabled|document.getElementById('new-start').click()",
        "workflow|#/workflow|document.querySelector('#routes-view .chart')|",
        "a route's files|#/workflow|document.querySelector('#route-source')|document.querySelector('#route-source').click()",
        "new run|#/new|document.getElementById('new-state').className === 'ok'|",
        "suggestions|#/new|document.getElementById('new-state').className === 'ok'|byId('new-text').focus(); completion.ask(true)",
        "a wrong spec|#/new|document.getElementById('new-state').className === 'ok'|byId('new-text').value = 'kind: X'; newRun.changed()",
        "clusters|#/clusters|document.querySelector('#clusters td a')|",
        "a cluster|#/clusters/demo|document.querySelector('#clusters .choices')|",
        "all of a cluster|#/clusters/demo|byId('live-state')?.className === 'soft'"
                + " && document.querySelector('.run-link.failed')"
                + "|document.querySelectorAll('#clusters details').forEach(each => each.open = true)",
        "a restore|#/clusters/demo|document.querySelector('#clusters [aria-label$=good]:enabled')"
                + "|document.querySelector('#clusters [aria-label$=good]').click()",
        "what an action does|#/new|newRun.valid|byId('new-graph').click()",
        "an upgrade|#/clusters/demo|document.querySelector('#do-upgrade:enabled')|document.querySelector('#do-upgrade').click()",
        "a renewal|#/clusters/demo|document.querySelector('#do-renew:enabled')|document.querySelector('#do-renew').click()",
        "a backup|#/clusters/demo|document.querySelector('#do-backup:enabled')|document.querySelector('#do-backup').click()",
        "a reset|#/new/done/reset|!byId('new-state').className.includes('failed') && newRun.valid|newRun.start(byId('new-start'))",
        "two runs|#/compare/refused/done|document.getElementById('compare-specs')|",
        "a host more|#/clusters/demo|document.querySelector('#do-add:enabled')|document.querySelector('#do-add').click()",
        "a cancellation|#/runs/going|document.querySelector('#matrix td.running')|page.confirm('cancel', document.body)",
        "a rollback|#/runs/done|document.querySelector('#again')|page.confirm('rollback', document.body)",
        "an action's graph|#/workflow/reset|document.querySelector('#routes-view .chart')|",
        "nobody logged in|#/runs/done|document.querySelector('#again')|page.loggedOut('/api/v1/login')",
        "no engine|#/runs/done|document.querySelector('#again')|page.lose()",
    })
    void nothingKeepsAnybodyFromUsingAView(String view, String address, String shown, String then) throws Exception {
        look(serving, view, address, shown, then);
    }

    /** Without any run. */
    @Test
    void nothingKeepsAnybodyFromBeginning(@TempDir Path other) throws Exception {
        try (Serving empty = Serving.start(other, Optional.empty())) {
            look(empty, "no runs", "", "document.querySelectorAll('#first .command').length === 4", null);
            look(empty, "no clusters", "#/clusters", "document.querySelector('#clusters .command')", null);
        }
    }

    private static void look(Serving serving, String view, String address, String shown, String then) throws Exception {
        for (int width : List.of(1280, 320)) {
            browser.size(width, 800, width == 320);
            for (boolean dark : List.of(false, true)) {
                browser.dark(dark);
                browser.open(serving.uri("/" + address));
                browser.until(shown);
                if (then != null) {
                    browser.value(then);
                    browser.until(COMES.getOrDefault(view,
                            "byId('ask-state').textContent === '' && (!byId('ask-steps') || byId('ask-steps').querySelector('li'))"));
                }
                assertThat(violations()).as("%s, %d wide, dark: %s", view, width, dark).isEmpty();
            }
            assertThat(browser.value("document.documentElement.scrollWidth").asInt()).as(view + " sticks out").isLessThanOrEqualTo(width);
        }
    }

    /** What axe-core finds, with the elements. */
    private static List<String> violations() {
        browser.value(axe + ";true");
        JsonNode found = browser.value("axe.run(document, {resultTypes: ['violations']}).then(found => found.violations.map(each => "
                + "each.id + ': ' + each.help + ' ' + each.nodes.slice(0, 4).map(node => node.html.slice(0, 160) + ' ' + (node.any[0] "
                + "|| node.all[0] || node.none[0] || {message: ''}).message).join(' | ')))");
        return java.util.stream.StreamSupport.stream(found.spliterator(), false).map(JsonNode::asText).toList();
    }
}
