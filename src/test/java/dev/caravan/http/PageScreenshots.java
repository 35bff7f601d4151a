package dev.caravan.http;

import static dev.caravan.http.Client.json;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.caravan.rehearsal.Fault;
import dev.caravan.rehearsal.Rehearsal;
import dev.caravan.spec.SpecReader;
import dev.caravan.testkit.Serving;
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
        List<Fault> faults = List.of(Fault.parse("worker-3:runtime-install:busy"), Fault.parse("worker-4:images-pull:slow"),
                Fault.parse("worker-5:kubeadm-join:fail"));
        try (Rehearsal rehearsal =
                Rehearsal.start(SpecReader.read(spec, "screenshots"), faults, scratch.resolve("hosts"),
                        Rehearsal.Options.usual().withPace(3));
                Serving serving = Serving.rehearse(scratch, rehearsal, Optional.of(Path.of("routes")), Serving.freePort());
                Chromium browser = new Chromium(Chromium.installed().orElseThrow())) {
            PageScreenshots screenshots = new PageScreenshots(browser, serving, Path.of(arguments[0]));
            screenshots.takeAll(spec);
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
        browser.size(1440, 700, false);
        browser.dark(false);
        browser.open(serving.uri("/#/new"));
        browser.until("document.getElementById('new-state').className === 'ok'");
        browser.value("(area => { area.value = area.value.replace('[worker]', '[wroker]'); area.dispatchEvent(new Event('input')); })"
                + "(document.getElementById('new-text'))");
        browser.until("document.querySelector('#new-problems button')");
        browser.screenshot(to.resolve("new.png"));
        browser.size(390, 844, true);
        browser.screenshot(to.resolve("phone-new.png"));
        browser.size(1440, 700, false);
        String id = begin("apply", spec);
        open(id, "", "document.querySelectorAll('td[data-step=kubeadm-join].running').length > 2", "run.png");
        browser.size(390, 844, true);
        open(id, "", "document.querySelectorAll('#matrix td.running').length > 0", "phone.png");
        browser.size(1440, 1100, false);
        open(id, "/workflow", "document.querySelectorAll('.stands .icon').length > 6", "workflow.png");
        await().atMost(LONG).until(() -> ended(id));
        String plan = begin("plan", spec);
        await().atMost(LONG).until(() -> ended(plan));
        browser.until("document.querySelectorAll('#runs a').length === 2 && page.model.ended");
        browser.open(serving.uri("/#/clusters/demo"));
        browser.until("document.querySelector('#clusters .choices')");
        browser.screenshot(to.resolve("cluster.png"));
        open(id, "/timeline", "document.querySelectorAll('.span').length > 20", "timeline.png");
        browser.size(1440, 700, false);
        open(id, "/problems", "document.querySelectorAll('.cause').length > 0", "problems.png");
        browser.dark(true);
        browser.open(serving.uri("/#/runs/" + id));
        browser.until("document.querySelectorAll('#matrix td.failed').length > 0");
        browser.click("td[data-step=kubeadm-join].failed");
        browser.until("document.getElementById('log').innerText.length > 20");
        browser.screenshot(to.resolve("dark.png"));
        browser.dark(false);
        browser.size(390, 844, true);
        open(id, "/timeline", "document.querySelectorAll('.span').length > 20", "phone-timeline.png");
    }

    private void open(String id, String view, String condition, String file) throws Exception {
        browser.open(serving.uri("/#/runs/" + id + view));
        browser.until(condition);
        browser.screenshot(to.resolve(file));
    }

    private String begin(String action, String spec) throws Exception {
        JsonNode told = json(client.postSpec("/api/v1/runs?action=" + action, spec));
        return told.get("id").asText();
    }

    private boolean ended(String id) throws Exception {
        return json(client.get("/api/v1/runs/" + id)).has("endedAt");
    }
}
