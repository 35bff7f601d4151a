package dev.caravan.spec;

import dev.caravan.spec.SpecNode.ListNode;
import dev.caravan.spec.SpecNode.MapNode;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** What {@code spec.kubernetes.kubeadm} may not say: what Caravan chooses itself, or what has a key of its own in the spec. */
final class KubeadmOverrides {
    /** Path within the overrides, and where the value belongs. */
    private static final Map<String, String> ELSEWHERE = Map.of(
            "ClusterConfiguration.kubernetesVersion", "spec.kubernetes.version",
            "ClusterConfiguration.imageRepository", "spec.kubernetes.imageRepository",
            "ClusterConfiguration.controlPlaneEndpoint", "spec.kubernetes.controlPlaneEndpoint",
            "ClusterConfiguration.clusterName", "metadata.name",
            "ClusterConfiguration.networking.podSubnet", "spec.kubernetes.podSubnet",
            "ClusterConfiguration.networking.serviceSubnet", "spec.kubernetes.serviceSubnet",
            "InitConfiguration.nodeRegistration.name", "spec.hosts[].name",
            "JoinConfiguration.nodeRegistration.name", "spec.hosts[].name");

    private KubeadmOverrides() {}

    static List<Problem> problems(SpecNode root) {
        List<Problem> problems = new ArrayList<>();
        Optional<SpecNode> overrides = root.at("spec", "kubernetes", "kubeadm");
        ELSEWHERE.forEach((path, place) -> overrides.flatMap(node -> node.at(path.split("\\."))).ifPresent(node ->
                problems.add(node.problem("this has a place of its own in the spec", "write it as " + place))));
        root.map("spec", "kubernetes", "kubeadm").forEach((kind, document) -> {
            for (String key : List.of("apiVersion", "kind")) {
                document.at(key).ifPresent(node -> problems.add(node.problem("Caravan chooses " + key + " by the Kubernetes version", "take it away")));
            }
            extraArguments(document, problems);
        });
        return problems;
    }

    /** Whether the user decides how large a node's block of the pod network is. */
    static boolean setsNodeMask(SpecNode root) {
        return root.at("spec", "kubernetes", "kubeadm", "ClusterConfiguration", "controllerManager", "extraArgs").isPresent();
    }

    private static void extraArguments(SpecNode node, List<Problem> problems) {
        if (node instanceof ListNode list) {
            list.items().forEach(item -> extraArguments(item, problems));
        }
        if (node instanceof MapNode map) {
            map.entries().forEach((key, value) -> {
                if (key.equals("extraArgs") || key.equals("kubeletExtraArgs")) {
                    named(value, problems);
                } else {
                    extraArguments(value, problems);
                }
            });
        }
    }

    /** Arguments are a map of names to text, or a list of maps with name and value. */
    private static void named(SpecNode arguments, List<Problem> problems) {
        String remedy = "write it as NAME: \"VALUE\", or as a list of {name: NAME, value: \"VALUE\"}";
        if (arguments instanceof MapNode map) {
            map.entries().values().stream().filter(value -> value.asText().isEmpty())
                    .forEach(value -> problems.add(value.problem("the value of an argument must be text, but is " + value.kind(), "put it in quotes")));
        } else if (arguments instanceof ListNode list) {
            Set<String> fields = new HashSet<>(Set.of("name", "value"));
            list.items().stream()
                    .filter(item -> !(item instanceof MapNode map) || !map.entries().keySet().equals(fields) || map.entries().values().stream().anyMatch(value -> value.asText().isEmpty()))
                    .forEach(item -> problems.add(item.problem("not an argument", remedy)));
        } else {
            problems.add(arguments.problem("arguments must be a map or a list, but are " + arguments.kind(), remedy));
        }
    }
}
