package dev.caravan.http;

import static dev.caravan.http.Client.json;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.caravan.engine.Serving;
import dev.caravan.rehearsal.Fault;
import dev.caravan.rehearsal.Rehearsal;
import dev.caravan.spec.SpecReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * Makes the screenshots of the documentation, from rehearsed runs with the routes of examples/site-ca, which is the working directory;
 * CONTRIBUTING.md says how. Not a test: a person looks at what it makes.
 */
final class PageScreenshots {
    private static final Duration LONG = Duration.ofMinutes(10);

    private final Chromium browser;
    private final Serving serving;
    private final Client client;
    private final Path to;

    private PageScreenshots(Chromium browser, Serving serving, Path to) {
        this.browser = browser;
        this.serving = serving;
        this.client = new Client(serving);
        this.to = to;
    }

    public static void main(String[] arguments) throws Exception {
        Path scratch = Files.createDirectory(Path.of("/tmp/caravan"));
        String spec = spec();
        List<Fault> faults = List.of(Fault.parse("worker-3:runtime-install:busy"), Fault.parse("worker-4:images-pull:slow"), Fault.parse("worker-5:kubeadm-join:fail"));
        try (Rehearsal rehearsal = Rehearsal.start(SpecReader.read(spec, "screenshots"), faults, scratch.resolve("hosts"), Rehearsal.Options.usual().withPace(3));
                Serving serving = Serving.rehearse(scratch, rehearsal, Optional.of(Path.of("routes")), Serving.freePort());
                Chromium browser = new Chromium(Chromium.installed().orElseThrow())) {
            PageScreenshots screenshots = new PageScreenshots(browser, serving, Path.of(arguments[0]));
            try {
                screenshots.takeAll(spec);
            } finally {
                browser.screenshot(screenshots.to.resolve("last.png"));
            }
            browser.problems().forEach(System.err::println);
        }
        Rehearsal.delete(scratch);
        System.exit(0);
    }

    private static String spec() {
        StringBuilder spec = new StringBuilder("""
                apiVersion: caravan/v1
                kind: Cluster
                metadata: {name: demo}
                spec:
                  kubernetes: {version: 1.20.2, controlPlaneEndpoint: "192.0.2.11:6443"}
                  ssh: {user: root}
                  onFailure: keep
                  hosts:
                """);
        for (int i = 1; i <= 3; i++) {
            spec.append("    - {name: control-%d, address: 192.0.2.%d, roles: [control-plane]}\n".formatted(i, 10 + i));
        }
        for (int i = 1; i <= 5; i++) {
            spec.append("    - {name: worker-%d, address: 192.0.2.%d, roles: [worker]}\n".formatted(i, 20 + i));
        }
        return spec.toString();
    }

    private void takeAll(String spec) throws Exception {
        String id = begin("apply", spec);
        browser.size(1440, 860, false);
        browser.dark(false);
        browser.open(serving.uri("/#/runs/" + id));
        browser.until("document.querySelectorAll('#matrix td.retrying').length > 0");
        browser.screenshot(to.resolve("early.png"));
        browser.until("document.querySelectorAll('tr[data-state=waiting]').length > 2");
        browser.screenshot(to.resolve("run.png"));
        browser.open(serving.uri("/#/runs/" + id + "/workflow"));
        browser.until("document.querySelectorAll('.stands .icon').length > 6");
        browser.screenshot(to.resolve("workflow.png"));
        browser.open(serving.uri("/#/runs/" + id));
        browser.until("document.querySelectorAll('td[data-step=kubeadm-join].failed').length > 0 || page.model && page.model.ended");
        browser.click("td[data-step=kubeadm-join].failed");
        browser.until("document.getElementById('log').innerText.length > 20");
        browser.screenshot(to.resolve("cell.png"));
        await().atMost(LONG).until(() -> ended(id));
        browser.dark(true);
        browser.open(serving.uri("/#/runs/" + id));
        browser.until("document.querySelectorAll('#matrix td.failed').length > 0");
        browser.screenshot(to.resolve("dark.png"));
        browser.dark(false);
        browser.open(serving.uri("/#/runs/" + id + "/timeline"));
        browser.until("document.querySelectorAll('.span').length > 20");
        browser.screenshot(to.resolve("timeline.png"));
        browser.open(serving.uri("/#/runs/" + id + "/problems"));
        browser.until("document.querySelectorAll('.cause').length > 0");
        browser.screenshot(to.resolve("problems.png"));
        browser.click("[data-action=rollback]");
        browser.screenshot(to.resolve("ask.png"));
        String plan = begin("plan", spec);
        await().atMost(LONG).until(() -> ended(plan));
        browser.size(390, 844, true);
        for (String view : List.of("matrix", "timeline", "problems", "workflow")) {
            browser.open(serving.uri("/#/runs/" + id + "/" + view));
            browser.until("!document.getElementById('view-" + view + "').hidden && page.model");
            browser.until("document.querySelectorAll('" + (view.equals("matrix") ? "#matrix td.ok" : view.equals("timeline") ? ".span" : view.equals("problems") ? ".cause" : ".stands .icon") + "').length > 0");
            browser.screenshot(to.resolve("phone-" + view + ".png"));
        }
        browser.open(serving.uri("/#/"));
        browser.until("document.querySelectorAll('#runs a').length > 1");
        browser.screenshot(to.resolve("phone-list.png"));
    }

    private String begin(String action, String spec) throws Exception {
        JsonNode told = json(client.postSpec("/api/v1/runs?action=" + action, spec));
        return told.get("id").asText();
    }

    private boolean ended(String id) throws Exception {
        return json(client.get("/api/v1/runs/" + id)).has("endedAt");
    }
}
