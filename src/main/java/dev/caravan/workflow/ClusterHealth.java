package dev.caravan.workflow;

import dev.caravan.spec.Cluster;
import dev.caravan.spec.Host;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeCondition;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodCondition;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What a cluster lacks of what its spec says. Pure. */
final class ClusterHealth {
    /** kubeadm marks control planes by the second up to 1.23, by the first from 1.20 on. */
    private static final List<String> CONTROL_PLANE_LABELS = List.of("node-role.kubernetes.io/control-plane", "node-role.kubernetes.io/master");

    private static final int LONGEST = 200;

    private ClusterHealth() {}

    /**
     * @param leftOut   hosts that did not come through, by name; nothing is asked of them
     * @param networked whether a pod network is there; without one nodes cannot be Ready
     * @return a phrase for each thing that is missing; empty when all is well
     */
    static List<String> missing(Cluster cluster, Predicate<String> leftOut, boolean networked, List<Node> nodes, List<Pod> pods) {
        Map<String, Node> byName = nodes.stream().collect(Collectors.toMap(node -> node.getMetadata().getName(), Function.identity(), (a, b) -> a));
        List<String> missing = new ArrayList<>();
        for (Host host : cluster.hosts()) {
            if (!leftOut.test(host.name())) {
                ofNode(cluster, host, byName.get(host.name()), networked).ifPresent(missing::add);
            }
        }
        if (networked) {
            if (pods.isEmpty()) {
                missing.add("the system pods");
            }
            pods.stream().filter(pod -> !isRunning(pod)).map(pod -> "pod " + pod.getMetadata().getName() + " to run" + why(pod)).sorted().forEach(missing::add);
        }
        return missing;
    }

    private static Optional<String> ofNode(Cluster cluster, Host host, Node node, boolean networked) {
        if (node == null) {
            return Optional.of("node " + host.name() + " to register");
        }
        String version = node.getStatus().getNodeInfo().getKubeletVersion();
        if (!version.equals("v" + cluster.kubernetes().version())) {
            return Optional.of("node " + host.name() + " to be at v" + cluster.kubernetes().version() + " (it is at " + version + ")");
        }
        Map<String, String> labels = node.getMetadata().getLabels() == null ? Map.of() : node.getMetadata().getLabels();
        if (host.isControlPlane() != CONTROL_PLANE_LABELS.stream().anyMatch(labels::containsKey)) {
            return Optional.of("node " + host.name() + (host.isControlPlane() ? " to be a control plane" : " not to be a control plane"));
        }
        Optional<NodeCondition> ready = node.getStatus().getConditions().stream().filter(condition -> condition.getType().equals("Ready")).findFirst();
        return networked && ready.filter(condition -> condition.getStatus().equals("True")).isEmpty()
                ? Optional.of("node " + host.name() + " to be Ready" + ready.map(NodeCondition::getMessage).map(ClusterHealth::inBrackets).orElse("")) : Optional.empty();
    }

    /* What the scheduler or kubelet says of it: a taint that nothing tolerates, an image that cannot be pulled. */
    private static String why(Pod pod) {
        Stream<String> scheduler = pod.getStatus().getConditions().stream()
                .filter(condition -> condition.getType().equals("PodScheduled") && condition.getStatus().equals("False")).map(PodCondition::getMessage);
        Stream<String> kubelet = Stream.concat(pod.getStatus().getInitContainerStatuses().stream(), pod.getStatus().getContainerStatuses().stream())
                .filter(container -> container.getState() != null && container.getState().getWaiting() != null)
                .map(container -> container.getState().getWaiting())
                .map(waiting -> waiting.getMessage() == null ? waiting.getReason() : waiting.getReason() + ": " + waiting.getMessage());
        return Stream.concat(scheduler, kubelet).filter(Objects::nonNull).findFirst().map(ClusterHealth::inBrackets).orElse("");
    }

    private static String inBrackets(String text) {
        String line = text.replaceAll("\\s+", " ").strip();
        return line.isEmpty() ? "" : " (" + (line.length() > LONGEST ? line.substring(0, LONGEST) + "…" : line) + ")";
    }

    private static boolean isRunning(Pod pod) {
        if ("Succeeded".equals(pod.getStatus().getPhase())) {
            return true;
        }
        return "Running".equals(pod.getStatus().getPhase())
                && pod.getStatus().getContainerStatuses().stream().allMatch(container -> container.getState() != null && container.getState().getRunning() != null);
    }
}
