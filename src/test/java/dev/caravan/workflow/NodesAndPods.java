package dev.caravan.workflow;

import dev.caravan.spec.Cluster;
import dev.caravan.step.FailureRules;
import dev.caravan.testkit.TestClusters;
import dev.caravan.workflow.ClusterHealth.Lack;
import io.fabric8.kubernetes.api.model.ContainerStateBuilder;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.Taint;
import io.fabric8.kubernetes.api.model.TaintBuilder;
import io.fabric8.kubernetes.api.model.Toleration;
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

/** Nodes and pods as a cluster shows them, and what it then lacks. */
abstract class NodesAndPods {
    static final String MASTER = "node-role.kubernetes.io/master";
    static final Cluster CLUSTER = TestClusters.of(1, 1);

    final List<Node> nodes =
            new ArrayList<>(List.of(node("h1", "v1.20.2", "True", Map.of(MASTER, "")), node("h2", "v1.20.2", "True", Map.of())));
    final List<Pod> pods = new ArrayList<>(List.of(pod("etcd-h1", "Running", true)));

    Optional<Deployment> dns = Optional.empty();

    static Deployment coredns(int replicas, String type, String status, String message) {
        return new DeploymentBuilder().withNewMetadata().withName("coredns").endMetadata().withNewSpec().withReplicas(replicas).endSpec()
                .withNewStatus().addNewCondition().withType("Available").withStatus("False")
                .withMessage("Deployment does not have minimum availability.")
                .endCondition().addNewCondition().withType(type).withStatus(status).withMessage(message).endCondition().endStatus().build();
    }

    static Node node(String name, String version, String ready, Map<String, String> labels) {
        return new NodeBuilder().withNewMetadata().withName(name).withLabels(labels).endMetadata()
                .withNewStatus().withNewNodeInfo().withKubeletVersion(version).endNodeInfo()
                .addNewCondition().withType("MemoryPressure").withStatus("False").endCondition()
                .addNewCondition().withType("Ready").withStatus(ready).endCondition().endStatus().build();
    }

    static Pod pod(String name, String phase, boolean running) {
        return new PodBuilder().withNewMetadata().withName(name).endMetadata().withNewSpec().endSpec().withNewStatus().withPhase(phase)
                .addNewCondition().withType("Ready").withStatus(running ? "True" : "False").endCondition()
                .addNewContainerStatus().withState(running ? new ContainerStateBuilder().withNewRunning().endRunning().build()
                        : new ContainerStateBuilder().withNewWaiting().withReason("CrashLoopBackOff").endWaiting().build())
                        .endContainerStatus()
                .endStatus().build();
    }

    /** With the built-in rules of what an image registry's words mean. */
    static final PodHealth.Limits LIMITS = new PodHealth.Limits(5, words -> rules().judge(1, words).kind().equals("image-missing"));

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

    List<String> missing() {
        return lacks().stream().map(Lack::what).toList();
    }

    List<Boolean> permanent() {
        return lacks().stream().map(Lack::permanent).toList();
    }

    Pod pending(String scheduler, Toleration... tolerations) {
        return new PodBuilder().withNewMetadata().withName("coredns-y").endMetadata().withNewSpec().withTolerations(tolerations).endSpec()
                .withNewStatus().withPhase("Pending").addNewCondition().withType("PodScheduled").withStatus("False")
                .withReason("Unschedulable").withMessage(scheduler).endCondition()
                .endStatus().build();
    }

    static Node tainted(Node node, String... taints) {
        return new NodeBuilder(node).withNewSpec().withTaints(Stream.of(taints).map(NodesAndPods::taint).toList()).endSpec().build();
    }

    /* KEY=VALUE:EFFECT or KEY:EFFECT */
    private static Taint taint(String text) {
        String[] sides = text.split(":");
        String[] pair = sides[0].split("=");
        return new TaintBuilder().withKey(pair[0]).withValue(pair.length > 1 ? pair[1] : null).withEffect(sides[1]).build();
    }

    static Pod waiting(String reason, String message, int restarts) {
        return new PodBuilder().withNewMetadata().withName("kube-proxy-x").endMetadata().withNewSpec().withNodeName("h2").endSpec()
                .withNewStatus().withPhase("Running")
                .addNewContainerStatus().withName("kube-proxy").withRestartCount(restarts).withNewState().withNewWaiting()
                .withReason(reason).withMessage(message).endWaiting().endState()
                .withNewLastState().withNewTerminated().withExitCode(1).endTerminated().endLastState().endContainerStatus()
                .endStatus().build();
    }
}
