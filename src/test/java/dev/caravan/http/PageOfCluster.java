package dev.caravan.http;

import static dev.caravan.http.Client.json;
import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.rehearsal.Rehearsal;
import dev.caravan.spec.Secret;
import dev.caravan.spec.SpecReader;
import dev.caravan.testkit.Serving;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A cluster on its page in a real Chromium, over hosts of a rehearsal with an API server. */
abstract class PageOfCluster {
    /** For a run to end. */
    static final Duration LONG = Duration.ofMinutes(5);
    private static final String TOKEN = "token-of-the-page-0123";
    static final String[] BEARER = {"Authorization", "Bearer " + TOKEN};
    /** The control plane alone: each host costs time in each of the runs. */
    private static final String ONE_HOST = Serving.TWO_HOSTS.replaceFirst(" +- \\{name: h2.*\n", "");

    Serving serving;
    Client client;
    Chromium browser;

    interface Work {
        void run() throws Exception;
    }

    void onThePage(Work work) throws Exception {
        Path program = Chromium.orSkip();
        Path scratch = Files.createTempDirectory("caravan-cluster-page").toRealPath();
        try (Rehearsal rehearsal = Rehearsal.start(SpecReader.read(Serving.TWO_HOSTS, "test"), List.of(),
                scratch.resolve("hosts"), Rehearsal.Options.usual().withPace(0));
                Serving started = Serving.rehearse(scratch, rehearsal, Optional.of(new Secret(TOKEN)), Map.of());
                Chromium opened = new Chromium(program)) {
            serving = started;
            client = new Client(serving);
            browser = opened;
            serving.ended(json(client.postSpec("/api/v1/runs", ONE_HOST, BEARER)).get("id").asText());
            work.run();
            browser.problems().removeIf(problem -> problem.contains("502")); // the browser reports the answer
            assertThat(browser.problems()).isEmpty();
        }
        Rehearsal.delete(scratch);
    }

    void open() {
        browser.open(URI.create(serving.uri("/#/clusters/demo").toString().replace("//", "//anybody:" + TOKEN + "@")));
        browser.until("document.querySelector('#clusters .choices')");
    }

    void nodesAre(String expected) {
        browser.until("byId('live-state').textContent.startsWith('As the cluster had them at') && [...byId('live-nodes')"
                + ".querySelectorAll('tbody tr')].map(row => row.cells[0].textContent + row.cells[1].textContent).join() === '"
                + expected + "'");
    }

    void agree(String title, String action) {
        browser.until("byId('ask').open && byId('ask-title').textContent === '" + title + "' && !byId('ask-yes').disabled");
        browser.click("#ask-yes");
        browser.until("!byId('ask').open && page.model && page.model.run.action === '" + action + "' && page.model.ended", LONG);
        assertThat(browser.value("page.model.state").asText()).isEqualTo("succeeded");
    }

    /** Only that the run that is begun has that in its spec; it is not waited for. */
    void begins(String button, String version, String title, String inItsSpec) throws Exception {
        open();
        browser.click(button);
        browser.until("byId('ask').open && byId('ask-title').textContent === '" + title + "'");
        if (!version.isEmpty()) {
            browser.until("document.querySelectorAll('#newer-versions option').length > 0");
            fill("Version", version);
        }
        browser.click("#ask-yes");
        browser.until("!byId('ask').open && page.model && page.model.run.action === 'plan'");
        String id = browser.value("page.model.id").asText();
        assertThat(client.get("/api/v1/runs/" + id + "/spec", BEARER).body()).contains(inItsSpec);
        client.post("/api/v1/runs/" + id + "/cancel", "", BEARER);
        serving.ended(id);
    }

    /** Until the question shows what the action would do. */
    void planned() {
        browser.until("byId('ask').open && byId('ask-state').textContent === '' && document.querySelector('#ask-steps li')");
    }

    /** What the question says is known, a line for each. */
    String facts() {
        return browser.value("[...document.querySelectorAll('#ask-plan dt')].map(name => name.textContent + ' ' "
                + "+ name.nextElementSibling.textContent).join('\\n')").asText();
    }

    /** The steps in the question, with their hosts. */
    List<String> outline() {
        return browser.value("[...document.querySelectorAll('#ask-steps [data-outline]')].map(step => step.querySelector('code')"
                + ".textContent + (step.querySelector('.soft') || {textContent: ''}).textContent).join('\\n')").asText().lines().toList();
    }

    void fill(String label, String value) {
        browser.value("(() => { const input = [...document.querySelectorAll('#ask-form label')].find(each => each.textContent.startsWith('"
                + label + "')).querySelector('input'); input.value = '" + value + "'; input.dispatchEvent(new Event('input', "
                + "{bubbles: true})); })()");
    }

    void applyPlan() {
        browser.click("#apply-plan");
        agree("Apply this plan to demo?", "apply");
    }

    void growsByAHost() {
        open();
        browser.click("#do-add");
        browser.until("byId('ask').open && byId('ask-yes').disabled");
        fill("Name", "h2");
        fill("Address", "192.0.2.12");
        agree("Add a host to demo?", "plan");
        assertThat(browser.value("page.model.run.action + [...page.model.hosts.keys()]").asText()).startsWith("planh1,h2");
        applyPlan();
        open();
        nodesAre("h1 Ready,h2 Ready");
        assertThat(browser.text("#drift")).contains("on h2", "changed since by run");
    }
}
