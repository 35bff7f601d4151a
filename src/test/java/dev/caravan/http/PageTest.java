package dev.caravan.http;

import static dev.caravan.http.Client.json;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.caravan.history.Occurrence.CancelRequested;
import dev.caravan.history.RunState;
import dev.caravan.testkit.Serving;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;

/** Runs on the page: begun, seen as they go, planned, applied and cancelled. */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class) // the first makes a cluster, which others need not make again
class PageTest extends PageOfRehearsal {
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
}
