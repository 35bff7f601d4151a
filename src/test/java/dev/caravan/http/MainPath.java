package dev.caravan.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/**
 * The main path through the page, from a spec to an upgraded cluster with a backup, as somebody goes it with the keyboard alone. For a
 * test with a rehearsal, and for the lab set {@code page}, which calls {@link #main} with an engine on real hosts.
 */
final class MainPath {
    private final Chromium browser;
    private final URI page;
    private final Path results;
    private final Duration longest;
    private int pictures;

    /**
     * @param page    with a name and a token, for an administrator
     * @param results for pictures, and for what the page gives to download
     * @param longest how long a run may take
     */
    MainPath(Chromium browser, URI page, Path results, Duration longest) {
        this.browser = browser;
        this.page = page;
        this.results = results;
        this.longest = longest;
    }

    /** PAGE SPEC CLUSTER NEWER-VERSION RESULTS: the page with a name and a token in its address, a file with the spec. */
    public static void main(String[] arguments) throws Exception {
        try (Chromium browser = new Chromium(Chromium.installed().orElseThrow())) {
            browser.size(1280, 800, false);
            MainPath path = new MainPath(browser, URI.create(arguments[0]), Files.createDirectories(Path.of(arguments[4])),
                    Duration.ofMinutes(15));
            try {
                path.go(Files.readString(Path.of(arguments[1])), arguments[2], arguments[3]);
            } catch (Throwable e) {
                path.picture("failed");
                throw e;
            }
            assertThat(browser.problems()).isEmpty();
        }
        System.exit(0);
    }

    /** All of it, with a spec that has a worker. */
    void go(String spec, String cluster, String newer) throws Exception {
        Path downloads = Files.createDirectories(results.resolve("downloads"));
        browser.ask("Browser.setDownloadBehavior", "behavior", "allow", "downloadPath", downloads.toAbsolutePath().toString());
        browser.open(page);
        browser.until("!byId('first').hidden && byId('first').textContent.includes('Through the inbox')");
        picture("first");
        writesASpecAndMendsIt(spec);
        plans();
        applies("apply");
        looksAtTheCluster(cluster);
        Path kubeconfig = downloads.resolve(cluster + ".kubeconfig");
        press("#kubeconfig-download");
        await().atMost(Duration.ofSeconds(60)).until(() -> Files.exists(kubeconfig) && Files.readString(kubeconfig).contains("clusters:"));
        said("downloaded the kubeconfig");
        upgrades(newer);
        looksAtTheCluster(cluster);
        browser.until("[...byId('live-nodes').querySelectorAll('tbody tr')].every(row => row.textContent.includes('" + newer + "'))");
        said("all nodes have " + newer);
        backsUp(cluster);
    }

    /** By the Tab key and Enter. */
    private void press(String selector) {
        browser.until("(e => e && !e.disabled)(document.querySelector(\"" + selector + "\"))");
        browser.reach(selector);
        browser.press("Enter");
    }

    private void writesASpecAndMendsIt(String spec) throws Exception {
        press("#to-new");
        browser.until("byId('new-state').className === 'ok'");
        browser.reach("#new-text");
        browser.selectAll();
        browser.type(spec.replaceFirst("\\[worker\\]", "[wroker]"));
        browser.until("document.querySelector('#new-problems button')");
        picture("wrong");
        said("a problem is marked: " + browser.text("#new-problems").replace('\n', ' '));
        // Escape releases the Tab key from the text.
        browser.press("Escape");
        press("#new-problems button");
        browser.until("document.activeElement === byId('new-text')");
        JsonNode rest = browser.value("(area => area.value.slice(area.selectionStart, area.selectionEnd))(byId('new-text'))");
        browser.type(rest.asText().replace("wroker", "worker"));
        browser.until("newRun.valid && byId('new-text').value.trim() === " + quoted(spec.strip()));
        browser.press("Escape");
        picture("mended");
        said("mended it: " + browser.text("#new-state").strip());
    }

    private static String quoted(String text) {
        return TextNode.valueOf(text).toString();
    }

    private void plans() throws Exception {
        press("#new-plan");
        ended("plan");
        browser.until("page.model.run.digest && !byId('tab-plan').hidden");
        browser.reach("[role=tab][aria-selected=true]");
        browser.press("ArrowRight");
        browser.until("document.querySelector('#view-plan .planned')");
        picture("plan");
        said("planned: " + browser.value("document.querySelectorAll('#view-plan .planned').length") + " groups of hosts");
    }

    private void applies(String what) throws Exception {
        press("#apply-plan");
        agree();
        browser.until("page.model && page.model.run.action === 'apply' && document.querySelector('#matrix td.running')", longest);
        assertThat(moves()).as("what moves where nothing is to move").isZero();
        picture(what + "-running");
        ended("apply");
        picture(what);
    }

    /** Animations, where somebody wants none. */
    private int moves() {
        return browser.value("matchMedia('(prefers-reduced-motion: reduce)').matches ? document.getAnimations().length : 0").asInt();
    }

    private void agree() {
        browser.until("byId('ask').open && !byId('ask-yes').disabled");
        press("#ask-yes");
        browser.until("!byId('ask').open");
    }

    private void ended(String action) {
        browser.until("page.model && page.model.run.action === '" + action + "' && page.model.ended", longest);
        assertThat(browser.value("page.model.state").asText()).as("%s: %s", action, browser.text("#message")).isEqualTo("succeeded");
        said(action + " succeeded in run " + browser.value("page.model.id").asText() + " after "
                + browser.value("since(page.model.run.startedAt, page.model.run.endedAt)").asText());
    }

    private void looksAtTheCluster(String cluster) throws Exception {
        press("#to-clusters");
        browser.until("document.querySelector('#clusters td a')");
        press("#clusters td a");
        browser.until("byId('live-state') && byId('live-state').textContent.startsWith('As the cluster had them at')",
                Duration.ofMinutes(2));
        picture("cluster");
        said("sees the nodes of " + cluster + ": " + browser.text("#live-nodes tbody").replaceAll("\\s+", " "));
    }

    private void upgrades(String newer) throws Exception {
        press("#do-upgrade");
        browser.until("byId('ask').open && document.querySelector('#ask-form input')");
        browser.reach("#ask-form input");
        browser.selectAll();
        browser.type(newer);
        picture("upgrade-asked");
        agree();
        ended("plan");
        applies("upgrade");
    }

    private void backsUp(String cluster) throws Exception {
        press("#do-backup");
        agree();
        ended("backup");
        looksAtTheCluster(cluster);
        browser.until("document.querySelector('[data-verified]').textContent.trim() === 'as it was saved'");
        picture("backed-up");
        said("the backup is as it was saved");
    }

    private void picture(String name) throws Exception {
        browser.screenshot(results.resolve(String.format("%02d-%s.png", ++pictures, name)));
    }

    private static void said(String line) {
        System.out.println(line);
    }
}
