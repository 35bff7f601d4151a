package dev.caravan.rehearsal;

import dev.caravan.rehearsal.ClusterRecord.DaemonSet;
import dev.caravan.rehearsal.ClusterRecord.Node;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.zip.CRC32;

/** A rehearsed cluster's record, written as the JSON objects that an API server would answer with. */
final class KubernetesObjects {
    private static final int COREDNS_PODS = 2;
    private static final List<String> STATIC_PODS =
            List.of("etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler");

    private final ClusterRecord cluster;
    private final ReadinessFaults faults;
    private final String created = Instant.now().truncatedTo(ChronoUnit.SECONDS).toString();

    KubernetesObjects(ClusterRecord cluster, ReadinessFaults faults) {
        this.cluster = cluster;
        this.faults = faults;
    }

    Map<String, Object> version() {
        String[] parts = cluster.version().split("\\.");
        return Map.of("major", parts[0], "minor", parts[1], "gitVersion", "v" + cluster.version(), "platform", "linux/amd64");
    }

    List<Map<String, Object>> nodes() {
        faults.look(cluster.nodes().stream().filter(Node::isReady).map(Node::name).toList());
        return cluster.nodes().stream().map(this::node).toList();
    }

    List<Map<String, Object>> namespaces() {
        return List.of("default", "kube-node-lease", "kube-public", "kube-system").stream()
                .map(name -> object("v1", "Namespace", metadata("", name, Map.of("kubernetes.io/metadata.name", name)),
                        Map.of(), Map.of("phase", "Active")))
                .toList();
    }

    List<Map<String, Object>> pods() {
        List<Node> nodes = cluster.nodes();
        List<Map<String, Object>> pods = new ArrayList<>();
        for (Node node : nodes) {
            if (node.isControlPlane()) {
                STATIC_PODS.forEach(name -> pods.add(pod("kube-system", name + "-" + node.name(), node,
                        Map.of("component", name, "tier", "control-plane"), node.active("kubelet.service"))));
            }
            if (!cluster.leavesOut("kube-proxy")) {
                pods.add(pod("kube-system", "kube-proxy-" + suffix("kube-proxy", node.name()), node,
                        Map.of("k8s-app", "kube-proxy"), node.active("kubelet.service")));
            }
        }
        Node first = nodes.stream().filter(this::isReady).findFirst().orElse(null);
        for (int number = 0; number < COREDNS_PODS && !nodes.isEmpty() && !cluster.leavesOut("coredns"); number++) {
            pods.add(pod("kube-system", "coredns-74ff55c5b-" + suffix("coredns", Integer.toString(number)), first,
                    Map.of("k8s-app", "kube-dns"), first != null));
        }
        for (DaemonSet set : cluster.daemonSets()) {
            nodes.forEach(node -> pods.add(pod(set.namespace(), set.name() + "-" + suffix(set.name(), node.name()), node,
                    Map.of("app", set.name()), node.isReady())));
        }
        return pods;
    }

    private boolean isReady(Node node) {
        return node.isReady() && !faults.holdsBack(node.name());
    }

    private Map<String, Object> node(Node node) {
        Map<String, String> labels = new LinkedHashMap<>();
        labels.put("beta.kubernetes.io/arch", "amd64");
        labels.put("kubernetes.io/arch", "amd64");
        labels.put("kubernetes.io/hostname", node.name());
        labels.put("kubernetes.io/os", "linux");
        labels.putAll(node.labels());
        Map<String, Object> spec = new LinkedHashMap<>();
        if (!node.podCidr().isEmpty()) {
            List<String> blocks = List.of(node.podCidr().split(","));
            spec.put("podCIDR", blocks.get(0));
            spec.put("podCIDRs", blocks);
        }
        List<Map<String, Object>> taints = new ArrayList<>(node.taints().stream().map(KubernetesObjects::taint).toList());
        if (!isReady(node)) {
            taints.add(Map.of("key", "node.kubernetes.io/not-ready", "effect", "NoSchedule"));
        }
        if (!taints.isEmpty()) {
            spec.put("taints", taints);
        }
        Map<String, Object> status = Map.of(
                "addresses", List.of(
                        Map.of("type", "InternalIP", "address", node.address()),
                        Map.of("type", "Hostname", "address", node.name())),
                "capacity", Map.of("cpu", "2", "memory", "4039548Ki", "pods", "110"),
                "allocatable", Map.of("cpu", "2", "memory", "3937148Ki", "pods", "110"),
                "conditions", conditions(node),
                "nodeInfo", nodeInfo(node));
        return object("v1", "Node", metadata("", node.name(), labels), spec, status);
    }

    private List<Map<String, Object>> conditions(Node node) {
        List<Map<String, Object>> conditions = new ArrayList<>();
        for (String pressure : List.of("MemoryPressure", "DiskPressure", "PIDPressure")) {
            conditions.add(condition(pressure, "False", "KubeletHasNo" + pressure, "kubelet has no such pressure"));
        }
        if (isReady(node)) {
            conditions.add(condition("Ready", "True", "KubeletReady", "kubelet is posting ready status"));
        } else if (!node.active("kubelet.service")) {
            conditions.add(condition("Ready", "Unknown", "NodeStatusUnknown", "Kubelet stopped posting node status."));
        } else {
            conditions.add(condition("Ready", "False", "KubeletNotReady", "runtime network not ready: NetworkReady=false"
                    + " reason:NetworkPluginNotReady message:network plugin is not ready: cni config uninitialized"));
        }
        return conditions;
    }

    private Map<String, Object> condition(String type, String status, String reason, String message) {
        return Map.of("type", type, "status", status, "reason", reason, "message", message,
                "lastHeartbeatTime", created, "lastTransitionTime", created);
    }

    private static Map<String, Object> nodeInfo(Node node) {
        String version = "v" + node.version();
        return Map.of("kubeletVersion", version, "kubeProxyVersion", version, "operatingSystem", "linux", "architecture", "amd64",
                "containerRuntimeVersion", runtimeVersion(node.runtime()), "osImage", "rehearsal", "kernelVersion", "3.10.0",
                "machineID", suffix("machine", node.name()), "systemUUID", suffix("system", node.name()), "bootID", "rehearsal");
    }

    private static String runtimeVersion(String runtime) {
        return switch (runtime) {
            case "docker" -> "docker://20.10.24";
            case "cri-o" -> "cri-o://1.20.0";
            default -> "containerd://1.6.20";
        };
    }

    /** @param node where it runs; null for one that is waiting for a place */
    private Map<String, Object> pod(String namespace, String name, Node node, Map<String, String> labels, boolean running) {
        String ready = running ? "True" : "False";
        Map<String, Object> spec = new LinkedHashMap<>();
        spec.put("containers", List.of(Map.of("name", labels.values().iterator().next(), "image", "rehearsal")));
        Map<String, Object> status = new LinkedHashMap<>();
        status.put("phase", running ? "Running" : "Pending");
        status.put("conditions", List.of(
                Map.of("type", "Ready", "status", ready), Map.of("type", "ContainersReady", "status", ready),
                Map.of("type", "PodScheduled", "status", node == null ? "False" : "True")));
        if (node != null) {
            spec.put("nodeName", node.name());
            status.put("hostIP", node.address());
            status.put("containerStatuses", List.of(Map.of("name", "main", "ready", running, "started", running,
                    "restartCount", 0, "image", "rehearsal", "imageID", "rehearsal",
                    "state", running ? Map.of("running", Map.of("startedAt", created))
                            : Map.of("waiting", Map.of("reason", "ContainerCreating")))));
        }
        return object("v1", "Pod", metadata(namespace, name, labels), spec, status);
    }

    private Map<String, Object> metadata(String namespace, String name, Map<String, String> labels) {
        Map<String, Object> metadata = new LinkedHashMap<>();
        metadata.put("name", name);
        if (!namespace.isEmpty()) {
            metadata.put("namespace", namespace);
        }
        metadata.put("uid", UUID.nameUUIDFromBytes((namespace + "/" + name).getBytes(StandardCharsets.UTF_8)).toString());
        metadata.put("resourceVersion", "1");
        metadata.put("creationTimestamp", created);
        metadata.put("labels", labels);
        return metadata;
    }

    private static Map<String, Object> taint(String text) {
        int colon = text.lastIndexOf(':');
        String[] pair = text.substring(0, colon).split("=", 2);
        Map<String, Object> taint = new LinkedHashMap<>();
        taint.put("key", pair[0]);
        if (pair.length > 1 && !pair[1].isEmpty()) {
            taint.put("value", pair[1]);
        }
        taint.put("effect", text.substring(colon + 1));
        return taint;
    }

    private static Map<String, Object> object(String apiVersion, String kind, Object metadata, Object spec, Object status) {
        Map<String, Object> object = new LinkedHashMap<>();
        object.put("apiVersion", apiVersion);
        object.put("kind", kind);
        object.put("metadata", metadata);
        object.put("spec", spec);
        object.put("status", status);
        return object;
    }

    /** Five letters and digits that look made up but are the same at each call. */
    private static String suffix(String set, String name) {
        CRC32 sum = new CRC32();
        sum.update((set + "/" + name).getBytes(StandardCharsets.UTF_8));
        String digits = Long.toString(sum.getValue() + 60466176L, 36);
        return digits.substring(digits.length() - 5);
    }
}
