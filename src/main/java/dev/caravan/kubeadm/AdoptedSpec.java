package dev.caravan.kubeadm;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.schema.CoreSchema;

/**
 * The spec of a cluster that kubeadm made and Caravan did not, of what {@code adopt-look.sh} read on one of its control planes. What is as
 * kubeadm makes it by itself is left out. Nothing in it is secret.
 */
public final class AdoptedSpec {
    private static final LoadSettings SETTINGS = LoadSettings.builder().setSchema(new CoreSchema()).build();
    /** Labels and taints of these names are Kubernetes' own, or Caravan's. */
    private static final Pattern WELL_KNOWN = Pattern.compile("([a-z0-9.-]*\\.)?(kubernetes\\.io|k8s\\.io|caravan\\.dev)/.*");
    private static final Pattern CONTROL_PLANE_TAINT = Pattern.compile("node-role\\.kubernetes\\.io/(control-plane|master)(=.*)?:.*");
    private static final Pattern CONTROL_PLANE_LABEL = Pattern.compile("node-role\\.kubernetes\\.io/(control-plane|master)=.*");
    /** Pod networks by the names of their DaemonSets. */
    private static final Map<String, String> NETWORKS = Map.of(
            "kube-flannel-ds", "flannel", "calico-node", "calico", "cilium", "cilium");

    private final Map<String, String> read;
    private final String control;

    /**
     * @param read    what the script returned, by the names of its outputs
     * @param control the address by which the control plane was reached, to recognise it
     * @throws IllegalArgumentException if a document is not what kubeadm writes
     */
    private AdoptedSpec(Map<String, String> read, String control) {
        this.read = read;
        this.control = control;
    }

    /**
     * The spec's text.
     *
     * @param ssh     what goes under {@code ssh}
     * @param control the address of the control plane that was read
     * @throws IllegalArgumentException if what was read is not a cluster that a spec can describe
     */
    public static String of(Map<String, String> read, Map<String, Object> ssh, String control) {
        return new AdoptedSpec(read, control).text(ssh);
    }

    private record Node(String name, String address, String runtime, boolean controlPlane, List<String> labels, List<String> taints) {}

    private String text(Map<String, Object> ssh) {
        Map<String, Object> configuration = document("configuration");
        List<Node> nodes = nodes();
        Map<String, Object> metadata = KubeadmConfig.map("name", text(configuration, "clusterName"),
                "annotations", KubeadmConfig.map("caravan/adopted", String.join(" ", nodes.stream().map(Node::name).toList())));
        Map<String, Object> spec = new LinkedHashMap<>();
        spec.put("kubernetes", kubernetes(configuration));
        spec.put("packages", packages());
        spec.put("runtime", runtime(nodes));
        spec.put("network", KubeadmConfig.map("cni", network()));
        spec.put("ssh", ssh);
        spec.put("hosts", nodes.stream().map(AdoptedSpec::host).toList());
        return "# Read from a running cluster. The hosts under caravan/adopted were found, not made: Caravan does not prepare them,\n"
                + "# and refuses to reset them. See docs/adopt.md.\n"
                + YamlDocuments.write(List.of(KubeadmConfig.map(
                        "apiVersion", "caravan/v1", "kind", "Cluster", "metadata", metadata, "spec", spec)));
    }

    private Map<String, Object> kubernetes(Map<String, Object> configuration) {
        Map<String, Object> networking = below(configuration, "networking");
        Map<String, Object> kubernetes = new LinkedHashMap<>();
        kubernetes.put("version", text(configuration, "kubernetesVersion").replaceFirst("^v", ""));
        kubernetes.put("imageRepository", text(configuration, "imageRepository"));
        putText(kubernetes, "controlPlaneEndpoint", configuration.get("controlPlaneEndpoint"));
        putText(kubernetes, "podSubnet", networking.get("podSubnet"));
        putText(kubernetes, "serviceSubnet", networking.get("serviceSubnet"));
        Map<String, Object> overrides = overrides(configuration);
        if (!overrides.isEmpty()) {
            kubernetes.put("kubeadm", overrides);
        }
        return kubernetes;
    }

    private Map<String, Object> overrides(Map<String, Object> configuration) {
        Map<String, Object> cluster = difference(configuration, document("configurationDefaults"));
        List.of("apiVersion", "kind", "clusterName", "kubernetesVersion", "imageRepository", "controlPlaneEndpoint")
                .forEach(cluster::remove);
        Map<String, Object> networking = new LinkedHashMap<>(below(cluster, "networking"));
        networking.remove("podSubnet");
        networking.remove("serviceSubnet");
        cluster.remove("networking");
        if (!networking.isEmpty()) {
            cluster.put("networking", networking);
        }
        Map<String, Object> stored = document("kubelet");
        Map<String, Object> kubelet = difference(stored, document("kubeletDefaults"));
        List.of("apiVersion", "kind", "containerRuntimeEndpoint").forEach(kubelet::remove);
        if (stored.get("cgroupDriver") != null) {
            kubelet.put("cgroupDriver", stored.get("cgroupDriver"));
        }
        Map<String, Object> overrides = new LinkedHashMap<>();
        if (!cluster.isEmpty()) {
            overrides.put("ClusterConfiguration", cluster);
        }
        if (!kubelet.isEmpty()) {
            overrides.put("KubeletConfiguration", kubelet);
        }
        if (output("cgroups").equals("1") && Boolean.FALSE.equals(stored.get("failCgroupV1"))) {
            // such a cluster cannot have been made without it
            Map<String, Object> ignored = KubeadmConfig.map(
                    "nodeRegistration", KubeadmConfig.map("ignorePreflightErrors", List.of("SystemVerification")));
            overrides.put("InitConfiguration", ignored);
            overrides.put("JoinConfiguration", ignored);
        }
        return overrides;
    }

    /** What the first map has and the second has not, or otherwise. */
    private static Map<String, Object> difference(Map<String, Object> has, Map<String, Object> byDefault) {
        Map<String, Object> difference = new LinkedHashMap<>();
        has.forEach((key, value) -> {
            Object usual = byDefault.get(key);
            if (value instanceof Map<?, ?> map && usual instanceof Map<?, ?> usualMap) {
                Map<String, Object> below = difference(typed(map), typed(usualMap));
                if (!below.isEmpty()) {
                    difference.put(key, below);
                }
            } else if (value != null && !value.equals(usual) && !(value instanceof Map<?, ?> map && map.isEmpty() && usual == null)) {
                difference.put(key, value);
            }
        });
        return difference;
    }

    private Map<String, Object> packages() {
        Map<String, Object> packages = new LinkedHashMap<>();
        Map<String, Object> kubernetes = repository("kubernetes");
        packages.put("mirror", kubernetes.isEmpty() ? "community" : "custom");
        if (!kubernetes.isEmpty()) {
            packages.put("kubernetes", kubernetes);
        }
        Map<String, Object> runtime = repository("runtime");
        if (!runtime.isEmpty()) {
            packages.put("runtime", runtime);
        }
        return packages;
    }

    private Map<String, Object> repository(String name) {
        String url = output(name + "Url");
        if (url.isEmpty()) {
            return Map.of();
        }
        List<String> keys = words(output(name + "Keys"));
        boolean checked = !output(name + "Check").equals("false") && !keys.isEmpty();
        return checked
                ? KubeadmConfig.map("baseUrl", url, "gpgKeys", keys)
                : KubeadmConfig.map("baseUrl", url, "gpgCheck", false);
    }

    private Map<String, Object> runtime(List<Node> nodes) {
        Map<String, Object> runtime = KubeadmConfig.map("name", nodes.get(0).runtime());
        List<String> insecure = words(output("insecureRegistries"));
        if (!insecure.isEmpty()) {
            runtime.put("insecureRegistries", insecure);
        }
        return runtime;
    }

    private String network() {
        return output("daemonSets").lines().map(line -> NETWORKS.get(line.substring(line.indexOf('/') + 1).strip()))
                .filter(known -> known != null).findFirst().orElse("none");
    }

    private List<Node> nodes() {
        Map<String, List<String>> labels = attributes("labels");
        Map<String, List<String>> taints = attributes("taints");
        List<Node> nodes = new ArrayList<>();
        for (String line : output("nodes").lines().filter(text -> !text.isBlank()).toList()) {
            String[] fields = line.split("\t", -1);
            if (fields.length < 4 || fields[1].isBlank()) {
                throw new IllegalArgumentException("the node " + fields[0] + " has no InternalIP");
            }
            List<String> its = labels.getOrDefault(fields[0], List.of());
            nodes.add(new Node(fields[0], fields[1], fields[3].replaceFirst(":.*", ""),
                    its.stream().anyMatch(label -> CONTROL_PLANE_LABEL.matcher(label).matches()), its,
                    taints.getOrDefault(fields[0], List.of())));
        }
        if (nodes.isEmpty()) {
            throw new IllegalArgumentException("the cluster has no nodes");
        }
        // the control plane that was read is the first one
        Comparator<Node> order = Comparator.comparing((Node node) -> !node.address().equals(control))
                .thenComparing(node -> !node.controlPlane());
        nodes.sort(order.thenComparing(Node::name));
        return nodes;
    }

    private static Map<String, Object> host(Node node) {
        Map<String, Object> host = KubeadmConfig.map("name", node.name(), "address", node.address());
        boolean tainted = node.taints().stream().anyMatch(taint -> CONTROL_PLANE_TAINT.matcher(taint).matches());
        List<String> controlPlane = tainted ? List.of("control-plane") : List.of("control-plane", "worker");
        host.put("roles", node.controlPlane() ? controlPlane : List.of("worker"));
        Map<String, Object> labels = new TreeMap<>();
        node.labels().stream().filter(label -> !WELL_KNOWN.matcher(label).matches())
                .forEach(label -> labels.put(label.substring(0, label.indexOf('=')), label.substring(label.indexOf('=') + 1)));
        if (!labels.isEmpty()) {
            host.put("labels", labels);
        }
        List<String> taints = node.taints().stream().filter(taint -> !WELL_KNOWN.matcher(taint).matches()).sorted().toList();
        if (!taints.isEmpty()) {
            host.put("taints", taints);
        }
        return host;
    }

    /** By node, lines {@code NODE VALUE}. */
    private Map<String, List<String>> attributes(String name) {
        Map<String, List<String>> byNode = new LinkedHashMap<>();
        output(name).lines().map(line -> line.split(" ", 2)).filter(fields -> fields.length == 2)
                .forEach(fields -> byNode.computeIfAbsent(fields[0], node -> new ArrayList<>()).add(fields[1]));
        return byNode;
    }

    private Map<String, Object> document(String name) {
        try {
            return new Load(SETTINGS).loadFromString(output(name)) instanceof Map<?, ?> map ? typed(map) : Map.of();
        } catch (YamlEngineException e) {
            throw new IllegalArgumentException("kubeadm's " + name + " of the cluster is not YAML that can be read", e);
        }
    }

    private String output(String name) {
        return read.getOrDefault(name, "").strip();
    }

    private static List<String> words(String text) {
        return text.isBlank() ? List.of() : List.of(text.strip().split("\\s+"));
    }

    private static String text(Map<String, Object> document, String key) {
        Object value = document.get(key);
        if (value == null) {
            throw new IllegalArgumentException("the cluster's configuration has no " + key);
        }
        return value.toString();
    }

    private static void putText(Map<String, Object> into, String key, Object value) {
        if (value != null && !value.toString().isBlank()) {
            into.put(key, value.toString());
        }
    }

    private static Map<String, Object> below(Map<String, Object> document, String key) {
        return document.get(key) instanceof Map<?, ?> map ? typed(map) : Map.of();
    }

    private static Map<String, Object> typed(Map<?, ?> map) {
        Map<String, Object> typed = new LinkedHashMap<>();
        map.forEach((key, value) -> typed.put(String.valueOf(key), value));
        return typed;
    }
}
