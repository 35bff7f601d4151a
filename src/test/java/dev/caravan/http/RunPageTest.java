package dev.caravan.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.history.Attempt;
import dev.caravan.history.Difference;
import dev.caravan.history.Failure;
import dev.caravan.history.Occurrence.HostRolledBack;
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
import dev.caravan.journal.RunRecord;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What the page says of one run and of many. */
class RunPageTest extends PageOfRecords {
    @Test
    void aLogIsSearchedWrappedCopiedAndDownloaded() throws Exception {
        recorded("logged", "logged", 1);
        tell("logged", ok("h1", "facts"));
        end("logged", RunState.SUCCEEDED);
        StringBuilder log = new StringBuilder("== first\n");
        for (int i = 0; i < 400; i++) {
            log.append(i % 100 == 7 ? "Mirror answered 503\n" : "line " + i + " " + "x".repeat(120) + "\n");
        }
        Files.writeString(Files.createDirectories(serving.data().resolve("logs/logged/h1")).resolve("facts.log"), log);
        openCell("logged", "h1", "facts");
        browser.until("byId('log').innerText.length > 40000");
        browser.click("#log-find");
        browser.type("mirror ANSWERED");
        browser.until("byId('log-found').textContent === '1 of 4'");
        assertThat(text("String([CSS.highlights.get('found').size, CSS.highlights.get('found-now').size])")).isEqualTo("4,1");
        String inView = "(() => { const r = logView.found[logView.at].getBoundingClientRect(), f = byId('log').getBoundingClientRect();"
                + " return r.top >= f.top && r.bottom <= f.bottom; })()";
        browser.until(inView);
        browser.press("Enter");
        browser.until("byId('log-found').textContent === '2 of 4' && " + inView);
        browser.click("#log-previous");
        browser.click("#log-previous");
        browser.until("byId('log-found').textContent === '4 of 4' && " + inView);
        browser.value("byId('log-find').focus()");
        browser.press("Escape");
        browser.until("byId('log-find').value === '' && panel.isOpen && CSS.highlights.get('found').size === 0");

        assertThat(text("String(byId('log').scrollWidth > byId('log').clientWidth)")).isEqualTo("false");
        browser.click("#log-wrap");
        browser.until("byId('log').scrollWidth > byId('log').clientWidth");

        browser.click("#log-copy");
        browser.until("byId('log-state').textContent.startsWith('copied')");
        assertThat(text("navigator.clipboard.readText()")).isEqualTo(log.toString());
        Path downloads = Files.createDirectories(directory.resolve("downloads"));
        browser.ask("Browser.setDownloadBehavior", "behavior", "allow", "downloadPath", downloads.toString());
        browser.click("#log-download");
        Path file = downloads.resolve("logged-h1-facts.log");
        org.awaitility.Awaitility.await().until(() -> Files.exists(file) && Files.readString(file).equals(log.toString()));
    }

    @Test
    void aCellSaysItsAttemptsItsDiffsAndThatItWasRolledBack() throws Exception {
        recorded("tried", "tried", 1);
        Failure failure = new Failure("mirror", "", List.of());
        tell("tried", new StepStarted(Attempt.of("h1", "kube-install", 1), Optional.empty()),
                new StepRetried(Attempt.of("h1", "kube-install", 1), "the mirror answered 503", failure, Optional.of(Duration.ofSeconds(1)),
                        Optional.empty()),
                new StepStarted(Attempt.of("h1", "kube-install", 2), Optional.empty()),
                new StepRetried(Attempt.of("h1", "kube-install", 2), "the lock is held", failure, Optional.of(Duration.ofSeconds(1)),
                        Optional.empty()),
                new StepStarted(Attempt.of("h1", "kube-install", 3), Optional.empty()),
                new StepEnded(Attempt.of("h1", "kube-install", 3), "", StepState.CHANGED,
                        List.of("installed kubelet", "wrote kubelet.conf"),
                        List.of(new Difference("wrote kubelet.conf", "/etc/kubelet.conf", "--- a\n+++ b\n@@ -1 +1 @@\n-old\n+new\n")),
                        Map.of(), false, Optional.empty(), Optional.of(Duration.ofMillis(900)), Optional.empty()));
        openCell("tried", "h1", "kube-install");
        browser.until("document.querySelectorAll('.attempts li').length === 3");
        assertThat(text("[...document.querySelectorAll('.attempts li')].map(li => "
                + "li.innerText.replace(/\\d\\d:.*s/, '').replace(/\\s+/g, ' ')).join('|')"))
                .isEqualTo("1 failed the mirror answered 503|2 failed the lock is held|3 changed ");
        assertThat(browser.text("#cell-facts")).contains("It changed", "installed kubelet");
        assertThat(text("[...document.querySelectorAll('#cell-facts .diff .come')].map(each => each.textContent.trim()).join()"))
                .isEqualTo("+new");
        tell("tried", new HostRolledBack(Optional.of("h1"), "rolled back"));
        browser.until("document.querySelector('#cell-facts .badge').innerText === 'changed, then rolled back'");
        assertThat(browser.text("#cell-facts")).contains("All of it was rolled back.");
        assertThat(text("matrix.cellOf('h1', 'kube-install').getAttribute('aria-label')"))
                .isEqualTo("h1, kube-install: changed, then rolled back, attempt 3");
        end("tried", RunState.ROLLED_BACK);
        browser.until("page.model.ended");
    }

    @Test
    void aBoxOfTheWorkflowOpensItsYamlAndItsScriptAndWhatIsDifferentInOnesOwn() throws Exception {
        open("#/workflow/facts");
        browser.until("byId('route-source') && workflow.chosen === 'facts'");
        browser.click("#route-source");
        browser.until("byId('source').open && byId('source-file').options.length > 1");
        assertThat(browser.text("#source-text")).contains("id: facts", "direct:facts");
        browser.value("byId('source-file').value = 1; byId('source-file').dispatchEvent(new Event('change'))");
        assertThat(text("byId('source-file').selectedOptions[0].text")).isEqualTo("scripts/facts.sh");
        assertThat(browser.text("#source-text")).startsWith("#!/bin/sh");
        browser.press("Escape");
        browser.until("!byId('source').open && document.activeElement.id === 'route-source'");

        browser.value("workflow.choose('run')");
        browser.click("#route-source");
        browser.until("byId('source').open && byId('source-diff').checked");
        assertThat(browser.text("#source-from")).contains("run.camel.yaml replaces the built-in file.");
        assertThat(text("[...document.querySelectorAll('#source-text .come')].map(each => each.textContent.trim()).join()"))
                .contains("uri: gate:test", "action: await");
        assertThat(text("String(document.querySelectorAll('#source-text .gone').length > 0)")).isEqualTo("true");
        browser.click("#source-diff");
        browser.until("!document.querySelector('#source-text .come')");
        browser.click("#source-close");

        browser.value("location.hash = '#/new'");
        browser.until("byId('new-steps') && newRun.actions.length");
        browser.value("byId('new-steps').open = true");
        browser.until("byId('new-steps').textContent.includes('kubeadm-init')");
    }

    @Test
    void aCellOfARunByAPlanHasTheDiffsOfThatPlan() throws Exception {
        Difference difference = new Difference("swap off", "/etc/fstab", "--- a\n+++ b\n@@ -1 +1 @@\n-swap\n+# swap\n");
        recorded("as-planned", "by-plan", 2);
        tell("as-planned", ended("h1", "os-prepare", StepState.CHANGED, List.of("swap off"), List.of(difference)));
        end("as-planned", RunState.SUCCEEDED);
        serving.engine().journal().begin(new RunRecord("by-plan", "by-plan", "apply", "command", false, "{}", "", RunState.QUEUED,
                Instant.now(), Optional.empty()));
        tell("by-plan", new RunQueued("apply", "by-plan", List.of(new RunHost("h1", "192.0.2.99", List.of("worker"))), false, true, false,
                Optional.empty(), List.of(), "", Map.of("plan", "as-planned"), false), new RunStarted(),
                ended("h1", "os-prepare", StepState.CHANGED, List.of("swap off", "sysctls"), List.of()));
        end("by-plan", RunState.SUCCEEDED);
        openCell("by-plan", "h1", "os-prepare");
        browser.until("document.querySelector('#cell-facts .diff .come')");
        assertThat(text("[...document.querySelectorAll('#cell-facts .diff .come, #cell-facts .diff .gone')]"
                + ".map(each => each.className + each.textContent.trim()).join()")).isEqualTo("gone-swap,come+# swap");
        assertThat(browser.text("#cell-facts")).contains("It changed", "sysctls", "As the plan as-planned showed it:");
    }

    @Test
    void theHostThatFailsIsSeenAtOnceAmongTwoHundred() throws Exception {
        recorded("crowd", "crowd", 200);
        for (int i = 1; i <= 200; i++) {
            tell("crowd", new StepStarted(Attempt.of(name(i, 200), "facts", 1), Optional.empty()));
        }
        open("#/runs/crowd");
        browser.until("document.querySelectorAll('#matrix td.running').length === 200");
        assertThat(text("String(byId('failing').hidden)")).isEqualTo("true");
        tell("crowd", failed("node-173", "facts", "no space left on node-173"), failed("node-180", "facts", "no space left on node-180"),
                failed("node-190", "facts", "no answer"));
        String seen = "(() => { const e = document.querySelector('tr[data-host=node-173] th'); const r = e.getBoundingClientRect(); "
                + "return r.top > 0 && r.bottom < innerHeight && e.contains(document.elementFromPoint(r.x + 30, r.y + r.height / 2)); })()";
        browser.until(seen);
        browser.until("byId('failing').innerText.includes('node-173, node-180') && byId('failing').innerText.includes('no answer')");
        assertThat(text("[...byId('matrix').tBodies[0].rows].slice(0, 4).map(row => row.dataset.host).join()"))
                .isEqualTo("node-173,node-180,node-190,node-001");
        browser.click("#failing button");
        browser.until("panel.isOpen && byId('cell-title').innerText === 'facts on node-173'");
        end("crowd", RunState.FAILED);
        browser.until("page.model.ended");
    }

    @Test
    void aCellShowsHowManyImagesArePulled() throws Exception {
        recorded("pulls", "pulls", 2);
        tell("pulls", new StepStarted(new Attempt(Optional.of("h1"), "images-pull", 1), Optional.empty()),
                new StepProgress(new Attempt(Optional.of("h1"), "images-pull", 1), "pulling images: 3/7"));
        open("#/runs/pulls");
        browser.until("page.model && page.model.id === 'pulls'");
        browser.until("document.querySelector('tr[data-host=h1] td.running').innerText === '3/7'");
        end("pulls", RunState.FAILED);
        browser.until("page.model.ended");
    }

    @Test
    void aRunThatSucceededButForSomeHostsNamesThemAndHasACluster() throws Exception {
        recorded("most", "most", 2);
        tell("most", ended("h1", "os-prepare", StepState.CHANGED, List.of("swap off"), List.of()),
                ended("h2", "os-prepare", StepState.CHANGED, List.of("swap off"), List.of()), failed("h2", "kubeadm-join", "no answer"),
                new HostRolledBack(Optional.of("h2"), "the host is as it was found"));
        open("#/runs/most");
        browser.until("page.model && page.model.id === 'most'");
        serving.engine().journal().end("most", RunEnded.of(RunState.PARTLY, "failed: kubeadm-join on h2: no answer. Rolled back: h2"));
        browser.until("page.model.ended");
        assertThat(text("byId('title').querySelector('.badge').className + ' ' + byId('title').innerText.replace(/\\s+/g, ' ')"))
                .isEqualTo("badge partly apply most partly");
        assertThat(text("document.title")).startsWith("partly: apply most");
        assertThat(browser.text("#message")).isEqualTo("failed: kubeadm-join on h2: no answer. Rolled back: h2");
        assertThat(text("getComputedStyle(byId('message')).getPropertyValue('--c')")).as("neither good nor bad")
                .isEqualTo(text("getComputedStyle(document.body).getPropertyValue('--retrying')"));
        assertThat(text("page.model.hostDoing(page.model.hosts.get('h2')) + '; ' + page.model.hostDoing(page.model.hosts.get('h1'))"))
                .isEqualTo("rolled back, kubeadm-join failed; 1 change");
        assertThat(text("matrix.cellOf('h2', 'os-prepare').className + ' ' + matrix.cellOf('h1', 'os-prepare').className"))
                .isEqualTo("rolled-back changed");
        browser.value("page.confirm('rollback')");
        browser.until("byId('ask').open");
        assertThat(browser.text("#ask-text")).as("there is a cluster, which goes").contains("The cluster most is removed.");
        browser.press("Escape");
        open("?state=partly#/runs/most");
        browser.until("document.querySelector('#runs [data-run=most].partly')");
        assertThat(text("byId('by-state').value")).isEqualTo("partly");
    }

    /** A run of two steps on one host. */
    private static void succeeded(String run, String cluster) throws Exception {
        recorded(run, cluster, 1);
        tell(run, ok("h1", "facts"), ok("h1", "os-prepare"));
        end(run, RunState.SUCCEEDED);
    }

    @Test
    void howLongARunMayStillTakeFollowsFromTheLastOneThatSucceeded() throws Exception {
        succeeded("former", "timed");
        recorded("present", "timed", 1);
        open("#/runs/present");
        browser.until("former.of === 'present'");
        assertThat(text("String(byId('progress').hidden)")).isEqualTo("false");
        // As if the former run had taken ten minutes, and its steps one each.
        browser.value("former.length = 600000; former.ends = [60000, 120000]; page.drawAbout()");
        assertThat(browser.text("#about")).contains("about 10 min left");
        tell("present", ok("h1", "facts"));
        browser.until("byId('progress').value === 1 && byId('about').innerText.includes('about 9 min left')");
        end("present", RunState.SUCCEEDED);
        browser.until("page.model.ended && byId('progress').hidden");
        open("#/runs/former");
        browser.until("page.model && page.model.id === 'former'");
        assertThat(browser.text("#about")).doesNotContain("left");
    }

    /** The first run of a cluster is the longest. */
    @Test
    void theFirstRunOfAClusterIsMeasuredByOneOfAnotherCluster() throws Exception {
        succeeded("elsewhere", "elsewhere");
        recorded("first-here", "first-here", 2);
        open("#/runs/first-here");
        browser.until("former.of === 'first-here' && !byId('progress').hidden");
        browser.value("former.length = 600000; former.ends = [60000, 120000]; former.share = 2; page.drawAbout()");
        assertThat(text("byId('progress').max + ' ' + former.left(page.model).words")).isEqualTo("4 about 10 min left");
        tell("first-here", ok("h1", "facts"), ok("h2", "facts"));
        browser.until("byId('progress').value === 2 && byId('about').innerText.includes('about 9 min left')");
        end("first-here", RunState.SUCCEEDED);
        browser.until("page.model.ended && byId('progress').hidden");
    }

    @Test
    void aClusterThatIsNotThereIsOfferedToBeMadeAndNothingElse() throws Exception {
        recorded("never-up", "never", 1);
        tell("never-up", failed("h1", "facts", "no route"));
        end("never-up", RunState.FAILED);
        open("#/clusters/never");
        browser.until("document.querySelector('#clusters .choices')");
        assertThat(text("[...document.querySelectorAll('#clusters .head .actions > *')].map(each => each.id).join()")).isEqualTo("do-make");
        assertThat(text("byId('do-make').getAttribute('href')")).isEqualTo("#/new/never-up/apply");
    }

    @Test
    void runsAreGroupedByCluster() throws Exception {
        for (String run : List.of("g-one", "g-two", "g-three")) {
            recorded(run, run.equals("g-two") ? "second" : "first", 1);
            end(run, RunState.SUCCEEDED);
        }
        open("?state=succeeded#/runs/g-one");
        browser.until("document.querySelector('#runs [data-run=g-one]')");
        browser.click("#by-group");
        browser.until("document.querySelectorAll('#runs .group').length > 1");
        assertThat(text("[...document.querySelectorAll('#runs .group')].map(group => group.querySelector('b').textContent + ' ' "
                + "+ [...group.querySelectorAll('[data-run^=g-]')].map(a => a.dataset.run).join('+')).filter(each => each.includes('g-'))"
                + ".join()")).isEqualTo("first g-three+g-one,second g-two");
        assertThat(text("location.search")).isEqualTo("?state=succeeded&group=cluster");
        open("?group=cluster#/runs/g-one");
        browser.until("byId('by-group').checked && document.querySelector('#runs .group [data-run=g-two]')");
        // The event of its opening may still come.
        browser.value("document.querySelector('#runs .group details').addEventListener('toggle',"
                + " event => window.toggled = !event.target.open);"
                + "document.querySelector('#runs .group summary').click()");
        browser.until("window.toggled");
        browser.value("runList.drawn = ''; runList.draw()");
        assertThat(text("String(document.querySelector('#runs .group details').open)")).as("it stays closed").isEqualTo("false");
    }
}
