package dev.caravan.spec;

import dev.caravan.spec.SpecNode.SpecList;
import dev.caravan.spec.SpecNode.SpecMap;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What {@code spec.kubernetes.kubeadm} may not say: what Caravan chooses itself, or what has a key of its own in the
 * spec.
 */
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
            "JoinConfiguration.nodeRegistration.name", "spec.hosts[].name",
            "InitConfiguration.nodeRegistration.criSocket", "spec.runtime.name",
            "JoinConfiguration.nodeRegistration.criSocket", "spec.runtime.name");

    /** Minted for each join and revoked after it; and the CA is always verified. */
    private static final List<String> MADE_FOR_EACH_JOIN = List.of(
            "InitConfiguration.bootstrapTokens",
            "InitConfiguration.certificateKey",
            "JoinConfiguration.controlPlane.certificateKey",
            "JoinConfiguration.discovery.bootstrapToken",
            "JoinConfiguration.discovery.file",
            "JoinConfiguration.discovery.tlsBootstrapToken");

    /** From this minor on (v1beta4) arguments are lists, in which a name may stand several times. */
    private static final int ARGUMENTS_ARE_LISTS = 31;

    private KubeadmOverrides() {}

    /** @param minor the Kubernetes version's; as large as can be where it is not known */
    static List<Problem> problems(SpecNode root, int minor) {
        List<Problem> problems = new ArrayList<>();
        SpecNode overrides = root.at("spec", "kubernetes", "kubeadm").orElse(null);
        if (overrides == null) {
            return problems;
        }
        ELSEWHERE.forEach((path, place) -> overrides
                .at(path.split("\\."))
                .ifPresent(node ->
                        problems.add(node.problem("this has a place of its own in the spec", "write it as " + place))));
        MADE_FOR_EACH_JOIN.forEach(path -> overrides
                .at(path.split("\\."))
                .ifPresent(
                        node -> problems.add(node.problem("Caravan makes this itself for each join", "take it away"))));
        overrides.map().values().forEach(document -> {
            for (String key : List.of("apiVersion", "kind")) {
                document.at(key)
                        .ifPresent(node -> problems.add(
                                node.problem("Caravan chooses " + key + " by the Kubernetes version", "take it away")));
            }
            extraArguments(document, minor, problems);
        });
        overrides.at("KubeletConfiguration", "cgroupDriver").ifPresent(driver -> cgroupDriver(driver, problems));
        return problems;
    }

    private static void cgroupDriver(SpecNode driver, List<Problem> problems) {
        if (driver.asText().filter(List.of("systemd", "cgroupfs")::contains).isEmpty()) {
            String shown = driver instanceof SpecNode.SpecScalar scalar ? "\"" + scalar.shown() + "\"" : driver.kind();
            problems.add(driver.problem("unknown cgroup driver " + shown, "known: systemd, cgroupfs"));
        }
    }

    /** Whether the user decides how large a node's block of the pod network is. */
    static boolean setsNodeMask(SpecNode root) {
        return hasArgument(root, "node-cidr-mask-size", "ClusterConfiguration", "controllerManager", "extraArgs");
    }

    /** Whether the user decides which address a node that joins has. */
    static boolean setsNodeIp(SpecNode root) {
        return hasArgument(root, "node-ip", "JoinConfiguration", "nodeRegistration", "kubeletExtraArgs");
    }

    private static boolean hasArgument(SpecNode root, String beginning, String... path) {
        return root.at("spec", "kubernetes", "kubeadm")
                .flatMap(overrides -> overrides.at(path))
                .map(arguments -> arguments instanceof SpecMap map
                        ? map.entries().keySet().stream().anyMatch(name -> name.startsWith(beginning))
                        : arguments.list().stream().anyMatch(item -> item.text("name")
                                .filter(name -> name.startsWith(beginning))
                                .isPresent()))
                .orElse(false);
    }

    private static void extraArguments(SpecNode node, int minor, List<Problem> problems) {
        if (node instanceof SpecList list) {
            list.items().forEach(item -> extraArguments(item, minor, problems));
        }
        if (node instanceof SpecMap map) {
            map.entries().forEach((key, value) -> {
                if (key.equals("extraArgs") || key.equals("kubeletExtraArgs")) {
                    named(value, minor, problems);
                } else {
                    extraArguments(value, minor, problems);
                }
            });
        }
    }

    /** Arguments are a map of names to text, or a list of maps with name and value. */
    private static void named(SpecNode arguments, int minor, List<Problem> problems) {
        String remedy = "write it as NAME: \"VALUE\", or as a list of {name: NAME, value: \"VALUE\"}";
        if (arguments instanceof SpecMap map) {
            map.entries().values().stream()
                    .filter(value -> value.asText().isEmpty())
                    .forEach(value -> problems.add(value.problem(
                            "the value of an argument must be text, but is " + value.kind(), "put it in quotes")));
        } else if (arguments instanceof SpecList list) {
            Set<String> fields = new HashSet<>(Set.of("name", "value"));
            list.items().stream()
                    .filter(item -> !(item instanceof SpecMap map)
                            || !map.entries().keySet().equals(fields)
                            || map.entries().values().stream()
                                    .anyMatch(value -> value.asText().isEmpty()))
                    .forEach(item -> problems.add(item.problem("not an argument", remedy)));
            if (minor < ARGUMENTS_ARE_LISTS) {
                repeated(list, problems);
            }
        } else {
            problems.add(arguments.problem("arguments must be a map or a list, but are " + arguments.kind(), remedy));
        }
    }

    private static void repeated(SpecList list, List<Problem> problems) {
        Set<String> names = new HashSet<>();
        for (SpecNode item : list.items()) {
            item.text("name")
                    .filter(name -> !names.add(name))
                    .ifPresent(name -> problems.add(item.problem(
                            "argument \"" + name + "\" is here a second time",
                            "Kubernetes takes an argument several times from 1." + ARGUMENTS_ARE_LISTS
                                    + " on; keep one")));
        }
    }
}
