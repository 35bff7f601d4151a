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
import java.util.stream.Collectors;

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
        view("first", "#/", "document.querySelectorAll('#first .command').length > 1", "");
        view("new", "#/new", "byId('new-state').className === 'ok'", "(area => { area.value = area.value.replace('[worker]', '[wroker]');"
                + " area.dispatchEvent(new Event('input')); })(byId('new-text'))", "document.querySelector('#new-problems button')");
        // A fault would keep the plan of its host from being made.
        String plan = begin("plan", spec.lines().filter(line -> !line.contains("worker-5")).collect(Collectors.joining("\n")));
        await().atMost(LONG).until(() -> ended(plan));
        view("plan", "#/runs/" + plan + "/plan", "document.querySelector('#view-plan .diff')", "");
        String id = begin("apply", spec);
        browser.open(serving.uri("/#/runs/" + id));
        browser.until("document.querySelectorAll('td[data-step=kubeadm-join].running').length > 2", LONG);
        view("run", "#/runs/" + id, "document.querySelectorAll('#matrix td.running').length > 2", "");
        view("workflow", "#/runs/" + id + "/workflow", "document.querySelectorAll('.step-states .icon').length > 3", "");
        await().atMost(LONG).until(() -> ended(id));
        String again = begin("apply", spec);
        await().atMost(LONG).until(() -> ended(again));
        view("timeline", "#/runs/" + id + "/timeline", "document.querySelectorAll('.span').length > 20", "");
        view("problems", "#/runs/" + id + "/problems", "document.querySelectorAll('.cause').length > 0", "");
        view("cell", "#/runs/" + id, "document.querySelector('td[data-step=kubeadm-join].failed')",
                "document.querySelector('td[data-step=kubeadm-join].failed').click()", "byId('log').innerText.length > 20");
        view("clusters", "#/clusters", "document.querySelector('#clusters td a')", "");
        view("cluster", "#/clusters/demo", "/^As the cluster had them/.test((byId('live-state') || {}).textContent)", "");
        view("compare", "#/compare/" + id + "/" + again, "byId('compare-facts')", "");
        view("source", "#/workflow/site-ca", "document.querySelector('#route-source')", "document.querySelector('#route-source').click()",
                "byId('source').open && byId('source-text').textContent.length > 100");
    }

    private void view(String name, String address, String shown, String then) throws Exception {
        view(name, address, shown, then, "true");
    }

    /** On a desktop, light and dark, and on a phone. */
    private void view(String name, String address, String shown, String then, String after) throws Exception {
        for (String kind : List.of("", "-dark", "-phone")) {
            boolean phone = kind.equals("-phone");
            browser.size(phone ? 390 : 1440, phone ? 844 : 800, phone);
            browser.dark(kind.equals("-dark"));
            browser.open(serving.uri("/" + address));
            browser.until(shown, LONG);
            if (!then.isEmpty()) {
                browser.value(then);
                browser.until(after, LONG);
            }
            browser.screenshot(to.resolve(name + kind + ".png"));
        }
    }

    private String begin(String action, String spec) throws Exception {
        JsonNode told = json(client.postSpec("/api/v1/runs?action=" + action, spec));
        return told.get("id").asText();
    }

    private boolean ended(String id) throws Exception {
        return json(client.get("/api/v1/runs/" + id)).has("endedAt");
    }
}
