package dev.caravan.http;

import static dev.caravan.http.Client.json;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.caravan.testkit.Serving;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Rehearsal: a cluster is looked after from its page, in a real Chromium, and its nodes are read from its API server. */
class ClusterPageTest extends PageOfCluster {
    /** Plans of a removal and of an upgrade are only begun here: each whole run costs time. */
    @Tag("long")
    @Test
    void aClusterIsBackedUpAndGrowsOnItsPage() throws Exception {
        onThePage(() -> {
            seesItsNodes();
            backsUpAndAsksBeforeARestore();
            seesWhatARenewalWouldDo();
            growsByAHost();
            begins("[aria-label='Remove h2']", "", "Remove h2 from demo?", "state: absent");
            begins("#do-upgrade", "1.21.9", "Upgrade demo?", "version: 1.21.9");
            givesItsKubeconfig();
            saysPlainlyThatItIsNotReached();
        });
    }

    private void seesItsNodes() throws Exception {
        JsonNode nodes = json(client.get("/api/v1/clusters/demo/nodes", BEARER)).get("nodes");
        assertThat(nodes).extracting(node -> node.get("name").asText() + " " + node.get("ready").asText() + " "
                + node.get("version").asText() + " " + node.get("roles"))
                .containsExactly("h1 True 1.20.2 [\"control-plane\"]");
        assertThat(nodes.get(0).get("taints").toString()).isEqualTo("[\"node-role.kubernetes.io/master:NoSchedule\"]");
        open();
        nodesAre("h1 Ready");
        assertThat(browser.text("#live-nodes")).contains("node-role.kubernetes.io/master:NoSchedule", "1.20.2");
        assertThat(browser.text("#drift")).contains("Not planned yet");
        browser.click("#do-plan");
        browser.until("page.model && page.model.run.action === 'plan' && page.model.ended", LONG);
        open();
        browser.until("byId('drift').textContent.includes('nothing to change')");
    }

    private void backsUpAndAsksBeforeARestore() throws Exception {
        browser.click("#do-backup");
        planned();
        assertThat(facts()).contains("Taken from h1", "Goes to " + serving.data().resolve("backups/demo"), "Encrypted no: the spec has no",
                "Kept 5 good backups", "Deleted then none");
        assertThat(browser.text("#ask-changes")).isEqualTo("No host is changed.");
        assertThat(outline()).containsExactly("save-backup on h1");
        agree("Back up demo?", "backup");
        open();
        browser.until("document.querySelector('[data-verified]').textContent.trim() === 'as it was saved'");
        // By keyboard alone: the question shows what is lost before it can be agreed to.
        browser.reach("[aria-label^='Restore 2']");
        browser.press("Enter");
        planned();
        assertThat(facts()).contains("Kubernetes 1.20.2, etcd revision", "File as it was saved",
                "Control planes h1: etcd is replaced on it", "Lost what was made in the cluster in the last ",
                "Before a backup of the present state");
        assertThat(browser.text("#ask-changes")).isEqualTo("May change: h1.");
        assertThat(outline()).containsSubsequence("facts on h1", "save-backup on h1", "restore-stop on h1",
                "restore-etcd on h1", "restore-start on h1");
        assertThat(browser.value("byId('ask-yes').disabled").asBoolean()).as("before the name is typed").isTrue();
        browser.reach("#ask-steps summary");
        browser.press("Enter");
        browser.until("!byId('ask-steps').open");
        browser.reach("#ask-name input");
        browser.type("demo");
        browser.until("!byId('ask-yes').disabled");
        browser.press("Escape");
        browser.until("!byId('ask').open && document.activeElement.matches(\"[aria-label^='Restore 2']\")");
        Path archive;
        try (var files = Files.walk(serving.data().resolve("backups"))) {
            archive = files.filter(file -> file.toString().endsWith(".tar.gz")).findFirst().orElseThrow();
        }
        byte[] good = Files.readAllBytes(archive);
        Files.write(archive, new byte[good.length]);
        open();
        browser.until("document.querySelector('[data-verified]').textContent.includes('was changed')");
        browser.click("[aria-label^='Restore 2']");
        browser.until("byId('ask-refused') && byId('ask-refused').textContent.includes('cannot be restored: its file was changed')");
        browser.value("document.querySelector('#ask-name input').focus()");
        browser.type("demo");
        assertThat(browser.value("byId('ask-yes').disabled").asBoolean()).as("what would be refused").isTrue();
        browser.click("#ask-no");
        Files.write(archive, good);
    }

    /** By keyboard alone. */
    private void seesWhatARenewalWouldDo() {
        open();
        browser.reach("#do-renew");
        browser.press("Enter");
        planned();
        assertThat(browser.text("#ask-certificates")).contains("No run has read them yet.");
        assertThat(facts()).contains("Before a backup, unless all certificates have expired", "Taken from h1");
        assertThat(outline()).containsSubsequence("facts on h1", "save-backup on h1; if needed", "certificates-renew on h1",
                "control-plane-restart on h1",
                "certificates-read on h1");
        browser.reach("#ask-read");
        browser.press("Enter");
        browser.until("document.querySelector('#ask-certificates tbody')", LONG);
        assertThat(browser.text("#ask-certificates").replaceAll("\\s+", " ")).containsPattern("h1 [0-9]+ certificates 364 days left "
                + "kube-apiserver, etcd, kube-controller-manager, kube-scheduler As run [0-9a-f]+ saw them .* ago\\.");
        browser.press("Escape");
        browser.until("!byId('ask').open && document.activeElement === byId('do-renew')");
    }

    private void givesItsKubeconfig() throws Exception {
        Path downloads = Files.createDirectories(serving.directory().resolve("downloads"));
        browser.ask("Browser.setDownloadBehavior", "behavior", "allow", "downloadPath", downloads.toString());
        open();
        browser.click("#kubeconfig-download");
        Path file = downloads.resolve("demo.kubeconfig");
        Path kept = serving.data().resolve("clusters/demo/kubeconfig");
        org.awaitility.Awaitility.await().until(() -> Files.exists(file) && Files.readString(file).equals(Files.readString(kept)));
        browser.ask("Browser.grantPermissions", "permissions", List.of("clipboardReadWrite", "clipboardSanitizedWrite"));
        browser.click("#kubeconfig-copy");
        browser.until("byId('kubeconfig-copy').textContent === 'Copied'");
        assertThat(browser.value("navigator.clipboard.readText()").asText()).isEqualTo(Files.readString(kept));
    }

    private void saysPlainlyThatItIsNotReached() throws Exception {
        Path kept = serving.data().resolve("clusters/demo/kubeconfig");
        String server = "https://127.0.0.1:" + Serving.freePort();
        Files.writeString(kept, Files.readString(kept).replaceAll("server: .*", "server: " + server));
        org.awaitility.Awaitility.await().until(() -> client.get("/api/v1/clusters/demo/nodes", BEARER).statusCode() == 502);
        HttpResponse<String> answer = client.get("/api/v1/clusters/demo/nodes", BEARER);
        assertThat(json(answer).get("detail").asText())
                .isEqualTo("The API server " + server + " does not answer: connection refused, or no route.");
        open();
        browser.until("byId('live-state').textContent.includes('" + server + " does not answer')");
        assertThat(browser.text("#live-nodes")).as("what the last run saw").contains("h1", "1.20.2");
        Files.delete(kept);
        assertThat(client.get("/api/v1/clusters/demo/nodes", BEARER).statusCode()).isEqualTo(404);
    }
}
