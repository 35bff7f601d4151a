package dev.caravan.workflow;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodConditionBuilder;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Nodes and pods that are missing, or not as they should be. */
class ClusterHealthTest extends NodesAndPods {
    @Test
    void lacksNothingWhenAllIsThere() {
        assertThat(missing()).isEmpty();
    }

    @Test
    void aFurtherNodeOrARunThatEndedIsNoHarm() {
        nodes.add(node("h9", "v1.19.0", "False", Map.of()));
        pods.add(pod("migration", "Succeeded", false));

        assertThat(missing()).isEmpty();
    }

    @Test
    void namesWhatIsMissingOfEachNode() {
        nodes.set(0, node("h1", "v1.20.2", "False", Map.of(MASTER, "")));
        nodes.remove(1);

        assertThat(missing()).containsExactly("node h1 to be Ready", "node h2 to register");
    }

    @Test
    void seesAnotherVersion() {
        nodes.set(1, node("h2", "v1.19.7", "True", Map.of()));

        assertThat(missing()).containsExactly("node h2 to be at v1.20.2 (it is at v1.19.7)");
    }

    @ParameterizedTest
    @ValueSource(strings = {MASTER, "node-role.kubernetes.io/control-plane"})
    void knowsAControlPlaneByEitherLabel(String label) {
        nodes.set(0, node("h1", "v1.20.2", "True", Map.of(label, "")));
        assertThat(missing()).isEmpty();

        nodes.set(1, node("h2", "v1.20.2", "True", Map.of(label, "")));
        assertThat(missing()).containsExactly("node h2 not to be a control plane");
    }

    @Test
    void aNodeWithoutLabelsOrConditionsIsNotYetWhatItShallBe() {
        Node bare = node("h1", "v1.20.2", "True", Map.of());
        bare.getMetadata().setLabels(null);
        nodes.set(0, bare);
        Node young = node("h2", "v1.20.2", "True", Map.of());
        young.getStatus().setConditions(List.of());
        nodes.set(1, young);

        assertThat(missing()).containsExactly("node h1 to be a control plane", "node h2 to be Ready");
    }

    @Test
    void everySystemPodAndAllItsContainersMustRun() {
        pods.add(pod("kube-proxy-x", "Pending", false));
        pods.add(pod("coredns-y", "Running", false));

        assertThat(missing()).allSatisfy(what -> assertThat(what).contains(" to run (CrashLoopBackOff: ")).hasSize(2);
        pods.clear();
        assertThat(missing()).containsExactly("the system pods");
    }

    @Test
    void saysWhatSchedulerAndKubeletSay() {
        Pod unschedulable = pod("coredns-y", "Pending", true);
        unschedulable.getStatus().setContainerStatuses(List.of());
        unschedulable.getStatus()
                .setConditions(List.of(new PodConditionBuilder().withType("PodScheduled").withStatus("False")
                        .withMessage("0/2 nodes are available:\n 2 node(s) had taint").build()));
        pods.add(unschedulable);
        Pod unpullable = pod("kube-proxy-x", "Pending", false);
        unpullable.getStatus().getContainerStatuses().get(0).getState().getWaiting().setReason("ErrImagePull");
        unpullable.getStatus().getContainerStatuses().get(0).getState().getWaiting().setMessage("pull access denied".repeat(100));
        pods.add(unpullable);
        nodes.set(1, node("h2", "v1.20.2", "False", Map.of()));
        nodes.get(1).getStatus().getConditions().get(1).setMessage("cni plugin not initialized");

        assertThat(missing()).hasSize(3).contains("node h2 to be Ready (cni plugin not initialized)",
                "pod coredns-y to run (0/2 nodes are available: 2 node(s) had taint)")
                .anySatisfy(phrase -> assertThat(phrase).startsWith("pod kube-proxy-x to run (ErrImagePull: pull access denied")
                        .hasSizeLessThan(350));
    }

    @Test
    void askNothingOfHostsThatDidNotComeThrough() {
        nodes.remove(1);

        assertThat(ClusterHealth.missing(CLUSTER, "h2"::equals, true, nodes, pods, dns, LIMITS)).isEmpty();
    }

    @Test
    void withoutANetworkNodesNeedOnlyBeThere() {
        nodes.set(0, node("h1", "v1.20.2", "False", Map.of(MASTER, "")));

        assertThat(ClusterHealth.missing(CLUSTER, name -> false, false, nodes, List.of(), dns, LIMITS)).isEmpty();
    }
}
