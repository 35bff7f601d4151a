package dev.caravan.workflow;

import dev.caravan.spec.Cluster;
import dev.caravan.spec.Host;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeCondition;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/** What a cluster lacks of what its spec says. Pure. */
final class ClusterHealth {
    /** kubeadm marks control planes by the second up to 1.23, by the first from 1.20 on. */
    private static final List<String> CONTROL_PLANE_LABELS = List.of("node-role.kubernetes.io/control-plane",
            "node-role.kubernetes.io/master");

    /**
     * Something that the cluster lacks.
     *
     * @param node the node whose fault it is; empty if it may be the cluster's
     */
    record Lack(String what, boolean permanent, Optional<String> node) {
        static Lack of(String what) {
            return new Lack(what, false, Optional.empty());
        }

        /** What that node lacks. */
        static Lack of(Host node, String what) {
            return new Lack("node " + node.name() + " " + what, false, Optional.of(node.name()));
        }
    }

    private ClusterHealth() {}

    /**
     * What is missing, nodes first.
     *
     * @param leftOut   hosts that did not come through, by name; nothing is asked of them
     * @param networked whether a pod network is there; without one nodes cannot be Ready, and pods cannot run
     * @param pods      the system pods; those that are being deleted, and the probes' own, are not looked at
     * @param dns       CoreDNS's Deployment; empty where there is none, or it is not known. Without a pod, it says why there is none
     * @param limits    when what a pod lacks is permanent
     * @return empty when all is well
     */
    static List<Lack> missing(Cluster cluster, Predicate<String> leftOut, boolean networked, List<Node> nodes, List<Pod> pods,
            Optional<Deployment> dns, PodHealth.Limits limits) {
        Map<String, Node> byName = nodes.stream()
                .collect(Collectors.toMap(node -> node.getMetadata().getName(), Function.identity(), (a, b) -> a));
        List<Lack> missing = new ArrayList<>();
        for (Host host : cluster.hosts()) {
            if (!leftOut.test(host.name())) {
                ofNode(cluster, host, byName.get(host.name()), networked).map(what -> Lack.of(host, what)).ifPresent(missing::add);
            }
        }
        if (networked) {
            // While a node may still come, a pod may still find its place.
            List<Node> all = missing.isEmpty() ? nodes : List.of();
            List<Pod> looked = pods.stream().filter(PodHealth::isLookedAt)
                    .filter(pod -> PodHealth.node(pod).filter(leftOut).isEmpty()).toList();
            if (looked.isEmpty()) {
                missing.add(Lack.of("the system pods"));
            }
            DnsHealth.lack(looked, dns).ifPresent(missing::add);
            looked.stream().map(pod -> PodHealth.lack(pod, all, limits)).flatMap(Optional::stream)
                    .sorted((a, b) -> a.what().compareTo(b.what())).forEach(missing::add);
        }
        return missing;
    }

    private static Optional<String> ofNode(Cluster cluster, Host host, Node node, boolean networked) {
        if (node == null) {
            return Optional.of("to register");
        }
        String version = node.getStatus().getNodeInfo().getKubeletVersion();
        if (!version.equals("v" + cluster.kubernetes().version())) {
            return Optional.of("to be at v" + cluster.kubernetes().version() + " (it is at " + version + ")");
        }
        Map<String, String> labels = node.getMetadata().getLabels() == null ? Map.of() : node.getMetadata().getLabels();
        if (host.isControlPlane() != CONTROL_PLANE_LABELS.stream().anyMatch(labels::containsKey)) {
            return Optional.of(host.isControlPlane() ? "to be a control plane" : "not to be a control plane");
        }
        Optional<NodeCondition> ready = node.getStatus().getConditions().stream().filter(condition -> condition.getType().equals("Ready"))
                .findFirst();
        return networked && ready.filter(condition -> condition.getStatus().equals("True")).isEmpty()
                ? Optional.of("to be Ready" + ready.map(NodeCondition::getMessage).map(PodHealth::inBrackets).orElse(""))
                : Optional.empty();
    }
}
