package dev.caravan.workflow;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.journal.MemoryJournal;
import dev.caravan.run.Run;
import dev.caravan.run.TestRuns;
import dev.caravan.tables.KubernetesTable;
import dev.caravan.testkit.TestClusters;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What of the spec reaches the scripts as their environment. */
class ScriptEnvironmentTest {
    /** A kubelet that runs with swap needs no host without swap; by default it refuses to start there. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "{}                                            | off",
        "{KubeletConfiguration: {maxPods: 50}}         | off",
        "{KubeletConfiguration: {failSwapOn: true}}    | off",
        "{KubeletConfiguration: {failSwapOn: false}}   | keep"})
    void swapStaysOnlyForAKubeletThatRunsWithIt(String kubeadm, String swap) {
        Run run = TestRuns.apply(TestClusters.read("""
                apiVersion: caravan/v1
                kind: Cluster
                metadata: {name: demo}
                spec:
                  kubernetes: {version: 1.37.2, kubeadm: %s}
                  runtime: {name: containerd}
                  network: {cni: bridge}
                  ssh: {user: root, password: correct horse, hostKeyCheck: "off"}
                  hosts:
                    - {name: h1, address: 192.0.2.1, roles: [control-plane]}
                """.formatted(kubeadm)), new MemoryJournal());

        assertThat(new ScriptEnvironment(KubernetesTable.builtIn()).of(run, run.cluster().firstControlPlane())).containsEntry("SWAP", swap);
    }
}
