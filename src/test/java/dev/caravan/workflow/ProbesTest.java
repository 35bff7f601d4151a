package dev.caravan.workflow;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.journal.MemoryJournal;
import dev.caravan.routes.BareContext;
import dev.caravan.run.Run;
import dev.caravan.run.TestRuns;
import dev.caravan.run.Variables;
import dev.caravan.tables.KubernetesTable;
import dev.caravan.testkit.TestClusters;
import org.apache.camel.Exchange;
import org.apache.camel.support.DefaultExchange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ProbesTest {
    private static final KubernetesTable VERSIONS = KubernetesTable.builtIn();

    private final Probes probes = new Probes(VERSIONS);

    private static Run run(String network, String kubeadm) {
        return TestRuns.apply(TestClusters.read("""
                apiVersion: caravan/v1
                kind: Cluster
                metadata: {name: demo}
                spec:
                  kubernetes: {version: 1.37.2, kubeadm: %s}
                  runtime: {name: containerd}
                  network: %s
                  ssh: {user: root, password: correct horse, hostKeyCheck: "off"}
                  hosts:
                    - {name: h1, address: 192.0.2.1, roles: [control-plane]}
                    - {name: h2, address: 192.0.2.2, roles: [worker]}
                """.formatted(kubeadm, network)), new MemoryJournal());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "{} | ''",
        "{ClusterConfiguration: {dns: {disabled: true}}} | dns",
        "{ClusterConfiguration: {dns: {disabled: false}}} | ''",
        "{InitConfiguration: {skipPhases: [addon/coredns]}} | dns",
        "{InitConfiguration: {skipPhases: [addon]}} | dns",
        "{InitConfiguration: {skipPhases: [addon/kube-proxy]}} | ''",
        "{ClusterConfiguration: {proxy: {disabled: true}}} | ''",
        "{KubeProxyConfiguration: {nodePortAddresses: [127.0.0.1/8]}} | node-port"})
    void leavesOutWhatTheDocumentsSwitchOffAndStillTriesServicesWithoutKubeProxy(String kubeadm, String leftOut) {
        Exchange exchange = new DefaultExchange(BareContext.make());
        exchange.setVariable(Variables.RUN, run("{cni: bridge}", kubeadm));
        assertThat(probes.leftOut(exchange).strip()).isEqualTo(leftOut);

        exchange.getContext().getPropertiesComponent().addOverrideProperty(Probes.LEAVE_OUT, "service,node-port");
        assertThat(probes.leftOut(exchange)).contains("service node-port");
    }

    @Test
    void triesNothingWithoutAPodNetworkNorInAPlan() throws Exception {
        assertThat(isWanted(run("{cni: none}", "{}"))).isFalse();
        assertThat(isWanted(run("{cni: bridge}", "{}"))).isTrue();
        assertThat(isWanted(run("{cni: none, manifest: \"https://example.com/cilium.yaml\"}", "{}"))).isTrue();
        assertThat(isWanted(TestRuns.plan(run("{cni: bridge}", "{}").cluster(), new MemoryJournal()))).isFalse();
    }

    private boolean isWanted(Run run) throws Exception {
        Exchange exchange = new DefaultExchange(BareContext.make());
        exchange.setVariable(Variables.RUN, run);
        exchange.setVariable("verify.seconds", 1);
        exchange.setVariable("verify.crashes", 1);
        assertThat(probes.areWanted(exchange)).as("before the cluster is verified").isFalse();
        new Verification(new Upgrades(VERSIONS, new ScriptEnvironment(VERSIONS))).begin(exchange);
        return probes.areWanted(exchange);
    }

    @Test
    void namesTheNodesThatCameThrough() {
        Run run = run("{cni: bridge}", "{}");
        run.hostFailed("h2", new IllegalStateException());

        assertThat(probes.nodes(run)).isEqualTo("h1\n");
    }
}
