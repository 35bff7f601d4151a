package dev.caravan.workflow;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.journal.MemoryJournal;
import dev.caravan.routes.BareContext;
import dev.caravan.run.Run;
import dev.caravan.run.TestRuns;
import dev.caravan.run.Variables;
import dev.caravan.tables.KubernetesTable;
import dev.caravan.tables.OwnTables;
import dev.caravan.testkit.TestClusters;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import org.apache.camel.Exchange;
import org.apache.camel.support.DefaultExchange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The beans take what they know of versions from the table that they are given, which may be a user's. */
class TablesInForceTest {
    private final Run run = TestRuns.apply(TestClusters.read("""
            apiVersion: caravan/v1
            kind: Cluster
            metadata: {name: demo}
            spec:
              kubernetes: {version: 1.39.0, kubeadm: {ClusterConfiguration: {dns: {disabled: true}, proxy: {disabled: true}}}}
              runtime: {name: containerd}
              network: {cni: bridge}
              ssh: {user: root, password: correct horse, hostKeyCheck: "off"}
              hosts:
                - {name: h1, address: 192.0.2.1, roles: [control-plane]}
            """), new MemoryJournal());

    @TempDir
    private Path directory;

    private Map<String, String> environment(KubernetesTable table) {
        return new ScriptEnvironment(table).of(run, run.cluster().firstControlPlane());
    }

    private String leftOut(KubernetesTable table) {
        Exchange exchange = new DefaultExchange(BareContext.make());
        exchange.setVariable(Variables.RUN, run);
        return new Probes(table).leftOut(exchange).strip();
    }

    @Test
    void aUsersTableDecidesWhatAHostNeeds() throws IOException {
        KubernetesTable own = OwnTables.withRows(directory, "  1.39:\n    commands: [ip]\n    kubeletAsksAmazon: yes\n");

        assertThat(environment(KubernetesTable.builtIn()))
                .containsEntry("KUBERNETES_COMMANDS", "iptables ip").containsEntry("KUBELET_ASKS_AMAZON", "false");
        assertThat(environment(own)).containsEntry("KUBERNETES_COMMANDS", "ip").containsEntry("KUBELET_ASKS_AMAZON", "true");
    }

    /** kubeadm knows dns.disabled and proxy.disabled from v1beta4 on. */
    @Test
    void aUsersTableDecidesWhatInitMakes() throws IOException {
        KubernetesTable own = OwnTables.withRows(directory, "  1.39:\n    kubeadmApi: v1beta3\n");

        assertThat(environment(KubernetesTable.builtIn())).containsEntry("INIT_MAKES", "configmap/kubeadm-config");
        assertThat(environment(own)).containsEntry("INIT_MAKES", "configmap/kubeadm-config daemonset/kube-proxy");
        assertThat(leftOut(KubernetesTable.builtIn())).isEqualTo("dns");
        assertThat(leftOut(own)).isEmpty();
    }
}
