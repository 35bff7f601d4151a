package dev.caravan.workflow;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.spec.Cluster;
import dev.caravan.step.FailureRules;
import dev.caravan.testkit.TestClusters;
import dev.caravan.workflow.ClusterHealth.Lack;
import io.fabric8.kubernetes.api.model.ContainerStateBuilder;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodConditionBuilder;
import io.fabric8.kubernetes.api.model.Taint;
import io.fabric8.kubernetes.api.model.TaintBuilder;
import io.fabric8.kubernetes.api.model.Toleration;
import io.fabric8.kubernetes.api.model.TolerationBuilder;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.DeploymentBuilder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ClusterHealthTest {
    private static final String MASTER = "node-role.kubernetes.io/master";
    private static final Cluster CLUSTER = TestClusters.of(1, 1);

    private final List<Node> nodes =
            new ArrayList<>(List.of(node("h1", "v1.20.2", "True", Map.of(MASTER, "")), node("h2", "v1.20.2", "True", Map.of())));
    private final List<Pod> pods = new ArrayList<>(List.of(pod("etcd-h1", "Running", true)));

    private Optional<Deployment> dns = Optional.empty();

    private static Deployment coredns(int replicas, String type, String status, String message) {
        return new DeploymentBuilder().withNewMetadata().withName("coredns").endMetadata().withNewSpec().withReplicas(replicas).endSpec()
                .withNewStatus().addNewCondition().withType("Available").withStatus("False")
                .withMessage("Deployment does not have minimum availability.")
                .endCondition().addNewCondition().withType(type).withStatus(status).withMessage(message).endCondition().endStatus().build();
    }

    private static Node node(String name, String version, String ready, Map<String, String> labels) {
        return new NodeBuilder().withNewMetadata().withName(name).withLabels(labels).endMetadata()
                .withNewStatus().withNewNodeInfo().withKubeletVersion(version).endNodeInfo()
                .addNewCondition().withType("MemoryPressure").withStatus("False").endCondition()
                .addNewCondition().withType("Ready").withStatus(ready).endCondition().endStatus().build();
    }

    private static Pod pod(String name, String phase, boolean running) {
        return new PodBuilder().withNewMetadata().withName(name).endMetadata().withNewSpec().endSpec().withNewStatus().withPhase(phase)
                .addNewCondition().withType("Ready").withStatus(running ? "True" : "False").endCondition()
                .addNewContainerStatus().withState(running ? new ContainerStateBuilder().withNewRunning().endRunning().build()
                        : new ContainerStateBuilder().withNewWaiting().withReason("CrashLoopBackOff").endWaiting().build())
                        .endContainerStatus()
                .endStatus().build();
    }

    /** With the built-in rules of what an image registry's words mean. */
    private static final PodHealth.Limits LIMITS = new PodHealth.Limits(5, words -> rules().judge(1, words).kind().equals("image-missing"));

    private static FailureRules rules() {
        try {
            return FailureRules.read(Files.readString(Path.of("routes/errors/failures.yaml")));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private List<Lack> lacks() {
        return ClusterHealth.missing(CLUSTER, name -> false, true, nodes, pods, dns, LIMITS);
    }

    private List<String> missing() {
        return lacks().stream().map(Lack::what).toList();
    }

    private List<Boolean> permanent() {
        return lacks().stream().map(Lack::permanent).toList();
    }

    private Pod pending(String scheduler, Toleration... tolerations) {
        return new PodBuilder().withNewMetadata().withName("coredns-y").endMetadata().withNewSpec().withTolerations(tolerations).endSpec()
                .withNewStatus().withPhase("Pending").addNewCondition().withType("PodScheduled").withStatus("False")
                .withReason("Unschedulable").withMessage(scheduler).endCondition()
                .endStatus().build();
    }

    private static Node tainted(Node node, String... taints) {
        return new NodeBuilder(node).withNewSpec().withTaints(Stream.of(taints).map(ClusterHealthTest::taint).toList()).endSpec().build();
    }

    /* KEY=VALUE:EFFECT or KEY:EFFECT */
    private static Taint taint(String text) {
        String[] sides = text.split(":");
        String[] pair = sides[0].split("=");
        return new TaintBuilder().withKey(pair[0]).withValue(pair.length > 1 ? pair[1] : null).withEffect(sides[1]).build();
    }

    private static Pod waiting(String reason, String message, int restarts) {
        return new PodBuilder().withNewMetadata().withName("kube-proxy-x").endMetadata().withNewSpec().withNodeName("h2").endSpec()
                .withNewStatus().withPhase("Running")
                .addNewContainerStatus().withName("kube-proxy").withRestartCount(restarts).withNewState().withNewWaiting()
                .withReason(reason).withMessage(message).endWaiting().endState()
                .withNewLastState().withNewTerminated().withExitCode(1).endTerminated().endLastState().endContainerStatus()
                .endStatus().build();
    }

    @Test
    void aPodThatRunsAndIsNotReadyIsWaitedForByNameAndNode() {
        Pod coredns = pod("coredns-y", "Running", true);
        coredns.getSpec().setNodeName("h2");
        coredns.getStatus().getConditions().get(0).setStatus("False");
        pods.add(coredns);

        assertThat(missing()).containsExactly("pod coredns-y on h2 to be ready");
        assertThat(permanent()).containsExactly(false);
    }

    @Test
    void aPodThatIsBeingDeletedAndTheProbesOwnAreNotLookedAt() {
        Pod goes = pod("coredns-old", "Running", false);
        goes.getMetadata().setDeletionTimestamp("2026-01-01T00:00:00Z");
        Pod probe = pod("caravan-probe-h1", "Pending", false);
        probe.getMetadata().setLabels(Map.of("app", "caravan-probe"));
        pods.addAll(List.of(goes, probe));

        assertThat(missing()).isEmpty();
    }

    /** The scheduler's words are kube-scheduler's of 1.37 and of 1.20. */
    @Test
    void taintsThatKeepAPodFromEveryNodeArePermanentAndNamed() {
        nodes.set(0, tainted(nodes.get(0), "node-role.kubernetes.io/control-plane:NoSchedule", "dedicated=infra:NoSchedule"));
        nodes.set(1, tainted(nodes.get(1), "dedicated=infra:NoSchedule"));
        pods.add(pending("0/2 nodes are available: 2 node(s) had untolerated taint(s). no new claims to deallocate, preemption: 0/2 nodes "
                        + "are available: 2 Preemption is not helpful for scheduling.",
                new TolerationBuilder().withKey("node-role.kubernetes.io/control-plane").withEffect("NoSchedule").build(),
                new TolerationBuilder().withKey("CriticalAddonsOnly").withOperator("Exists").build()));

        assertThat(missing()).singleElement().asString()
                .startsWith("pod coredns-y to have a node: it tolerates none of the taints dedicated=infra:NoSchedule (0/2 nodes are "
                        + "available");
        assertThat(permanent()).containsExactly(true);
    }

    @Test
    void aTaintIsNotPermanentWhereANodeIsFreeOrMayBeOrAToleratedOne() {
        String said = "0/2 nodes are available: 1 node(s) had taint {node.kubernetes.io/not-ready: }, that the pod didn't tolerate, 1 "
                + "Insufficient cpu.";
        nodes.set(0, tainted(nodes.get(0), "dedicated=infra:NoSchedule"));
        pods.add(pending(said));
        assertThat(permanent()).as("h2 has no taint").containsExactly(false);

        nodes.set(1,
                tainted(nodes.get(1), "node.kubernetes.io/not-ready:NoSchedule", "node.cilium.io/agent-not-ready:NoExecute",
                        "soft:PreferNoSchedule"));
        assertThat(permanent()).as("h2's pass").containsExactly(false);

        nodes.set(1, tainted(nodes.get(1), "dedicated=infra:NoSchedule"));
        pods.set(1, pending(said, new TolerationBuilder().withKey("dedicated").withOperator("Equal").withValue("infra").build()));
        assertThat(permanent()).as("tolerated").containsExactly(false);

        pods.set(1, pending(said, new TolerationBuilder().withOperator("Exists").build()));
        assertThat(permanent()).as("tolerates all").containsExactly(false);

        pods.set(1, pending(said));
        nodes.set(1, tainted(node("h2", "v1.20.2", "False", Map.of()), "dedicated=infra:NoSchedule"));
        assertThat(permanent()).as("a node may still come").containsExactly(false, false);
    }

    /** The words are those of kube-controller-manager's ReplicaSets, as API servers of 1.2x and 1.3x refuse a pod. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "ReplicaFailure | True | pods \"coredns-7d764666f9-x2x\" is forbidden: exceeded quota: few, requested: pods=1, used: pods=6, "
                + "limited: pods=6 | true",
        "ReplicaFailure | True | pods \"coredns-7d764666f9-x2x\" is forbidden: failed quota: few: must specify limits.cpu for: "
                + "coredns | true",
        "ReplicaFailure | True | pods \"coredns-7d764666f9-x2x\" is forbidden: violates PodSecurity \"restricted:latest\": "
                + "seccompProfile | true",
        "ReplicaFailure | True | admission webhook \"deny.example.com\" denied the request: no pods here | true",
        "ReplicaFailure | True | pods \"coredns-x\" is forbidden: ValidatingAdmissionPolicy 'no' with binding 'no' denied request: no pods "
                + "here | true",
        "ReplicaFailure | True | pods \"coredns-x\" is forbidden: maximum memory usage per Container is 64Mi, but limit is 170Mi | true",
        "ReplicaFailure | True | pods \"coredns-x\" is forbidden: status unknown for quota: few, resources: pods | false",
        "ReplicaFailure | True | pods \"coredns-x\" is forbidden: error looking up service account kube-system/coredns: serviceaccount "
                + "\"coredns\" not found | false",
        "ReplicaFailure | True | Internal error occurred: failed calling webhook \"w.example.com\": connect: connection refused | false",
        "Progressing | False | ReplicaSet \"coredns-7d764666f9\" has timed out progressing. | false"})
    void aCoreDnsWithoutAPodIsNamedAtOnceWithItsCause(String type, String status, String message, boolean isPermanent) {
        dns = Optional.of(coredns(2, type, status, message));

        assertThat(missing()).containsExactly("a pod of deployment coredns to be created (" + message + ")");
        assertThat(permanent()).containsExactly(isPermanent);
    }

    @Test
    void aCoreDnsWithoutAPodIsWaitedForWhereNothingIsSaidAndNotAskedForWhereNoneIsWanted() {
        dns = Optional.of(coredns(2, "Progressing", "True", "Created new replica set"));
        assertThat(missing()).containsExactly("a pod of deployment coredns to be created");
        assertThat(permanent()).containsExactly(false);

        dns.get().setStatus(null);
        assertThat(missing()).containsExactly("a pod of deployment coredns to be created");

        dns = Optional.of(coredns(0, "Progressing", "True", "Created new replica set"));
        assertThat(missing()).isEmpty();

        dns = Optional.of(coredns(2, "ReplicaFailure", "True", "pods \"coredns-y\" is forbidden: exceeded quota: few"));
        Pod one = pod("coredns-x", "Running", true);
        one.getMetadata().setLabels(Map.of("k8s-app", "kube-dns"));
        pods.add(one);
        assertThat(missing()).as("what it lacks is said of the pod that is there").isEmpty();
    }

    /** kubelet's words with containerd 2 and with dockershim, and of a registry that does not answer. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "ErrImagePull | failed to pull and unpack image \"r.example/pause:9\": failed to resolve reference \"r.example/pause:9\": "
                + "r.example/pause:9: not found | true",
        "ErrImagePull | rpc error: code = Unknown desc = Error response from daemon: manifest for r.example/pause:9 not found: manifest "
                + "unknown: manifest unknown | true",
        "ImagePullBackOff | Back-off pulling image \"r.example/pause:9\": ErrImagePull: pull access denied, repository does not exist or "
                + "may require authorization | true",
        "ErrImageNeverPull | Container image \"r.example/pause:9\" is not present with pull policy of Never | true",
        "InvalidImageName | Failed to apply default image tag \"R:9:9\": couldn't parse image name | true",
        "ErrImagePull | failed to do request: Head \"https://r.example/v2/pause/manifests/9\": dial tcp 192.0.2.1:443: connect: connection "
                + "refused | false",
        "ImagePullBackOff | Back-off pulling image \"r.example/pause:9\" | false"})
    void anImageThatIsNotThereIsPermanentAndARegistryThatIsAwayIsNot(String reason, String message, boolean isPermanent) {
        pods.add(waiting(reason, message, 0));

        assertThat(missing()).singleElement().asString().startsWith("pod kube-proxy-x on h2 to run (" + reason + ": ")
                .contains(message.substring(0, 40));
        assertThat(permanent()).containsExactly(isPermanent);
    }

    @Test
    void aCrashLoopIsNamedAtOnceAndPermanentAfterSomeCrashes() {
        pods.add(waiting("CrashLoopBackOff", "back-off 10s restarting failed container=kube-proxy", 1));
        assertThat(missing()).containsExactly("pod kube-proxy-x on h2 to run (CrashLoopBackOff: kube-proxy ended 1 times, the last time "
                + "with status 1)");
        assertThat(permanent()).containsExactly(false);

        pods.set(1, waiting("CrashLoopBackOff", "back-off 2m40s restarting failed container=kube-proxy", 5));
        assertThat(permanent()).containsExactly(true);
        assertThat(PodHealth.crashing(pods.get(1))).isPresent();
    }

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
