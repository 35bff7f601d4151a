package dev.caravan.kubeadm;

import dev.caravan.spec.Cluster;
import dev.caravan.spec.Cluster.RuntimeName;
import dev.caravan.tables.Minor;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** Which Kubernetes version takes which container runtime, and how they find each other. */
public final class RuntimeRules {
    /**
     * The pause image that a minor's kubeadm names ({@code PauseVersion} in cmd/kubeadm/app/constants), from that minor on.
     * Checked against the kubeadm binary of 1.20 and against pull requests that quote the constant for 1.18, 1.21, 1.24,
     * 1.25, 1.26, 1.31 and 1.36; the others are recollection.
     */
    private static final TreeMap<Integer, String> PAUSE = new TreeMap<>(Map.ofEntries(
            Map.entry(13, "3.1"),
            Map.entry(18, "3.2"),
            Map.entry(21, "3.4.1"),
            Map.entry(22, "3.5"),
            Map.entry(23, "3.6"),
            Map.entry(24, "3.7"),
            Map.entry(25, "3.8"),
            Map.entry(26, "3.9"),
            Map.entry(31, "3.10"),
            Map.entry(34, "3.10.1"),
            Map.entry(36, "3.10.2")));

    private RuntimeRules() {}

    /** @param reason why the version does not take the runtime, a sentence; @param remedy what to write instead */
    public record Refusal(String reason, String remedy) {}

    /** Why this version does not take the runtime; empty where it does. */
    public static Optional<Refusal> refusal(RuntimeName runtime, KubernetesVersion version, Minor minor) {
        if (minor.runtimes().contains(runtime)) {
            return Optional.empty();
        }
        String instead = minor.runtimes().contains(RuntimeName.DOCKER)
                ? "runtime.name: docker or containerd"
                : "runtime.name: containerd";
        return switch (runtime) {
            case CONTAINERD, CRI_O -> Optional.of(new Refusal(
                    "Kubernetes " + version + " does not run on " + runtime + " (routes/data/kubernetes.yaml)",
                    "write runtime.name: "
                            + minor.runtimes().stream().map(RuntimeName::word).collect(Collectors.joining(" or "))));
            case DOCKER -> Optional.of(new Refusal(
                    "Kubernetes " + version
                            + " does not run on Docker: support for it left the kubelet with 1.24, and"
                            + " what brings it back (cri-dockerd) is not installed by Caravan",
                    "write runtime.name: containerd, which runs the same images, or take Kubernetes"
                            + " 1.23 or older"));
            case RKT -> Optional.of(new Refusal(
                    "no version of Kubernetes that Caravan installs runs on rkt, which was archived in 2019",
                    "write " + instead));
            case FRAKTI -> Optional.of(new Refusal(
                    "no version of Kubernetes that Caravan installs runs on frakti, which was archived in 2020",
                    "write " + instead));
        };
    }

    /**
     * The runtime's socket as the version's kubeadm takes it. Docker's is that of dockershim where the kubelet has that, else
     * that of cri-dockerd.
     *
     * @throws IllegalArgumentException for a runtime that no version takes
     */
    public static String criSocket(RuntimeName runtime, Minor minor) {
        String path =
                switch (runtime) {
                    case DOCKER -> minor.runtimes().contains(RuntimeName.DOCKER)
                            ? "/var/run/dockershim.sock"
                            : "/var/run/cri-dockerd.sock";
                    case CONTAINERD -> "/run/containerd/containerd.sock";
                    case CRI_O -> "/var/run/crio/crio.sock";
                    case RKT, FRAKTI -> throw new IllegalArgumentException(runtime + " is archived and has no socket");
                };
        return minor.sockets() == Minor.Sockets.URLS ? "unix://" + path : path;
    }

    /**
     * The cgroup driver of kubelet and runtime on every node: what the spec's KubeletConfiguration says, else kubeadm's own
     * default.
     */
    public static String cgroupDriver(Cluster cluster, Minor minor) {
        Object wanted = cluster.kubernetes()
                .kubeadm()
                .getOrDefault("KubeletConfiguration", Map.of())
                .get("cgroupDriver");
        if (wanted instanceof String driver) {
            return driver;
        }
        return minor.cgroupDriver();
    }

    /** The pause image that kubeadm expects, from the cluster's image repository. */
    public static String pauseImage(Cluster cluster) {
        return cluster.kubernetes().imageRepository() + "/pause:"
                + PAUSE.floorEntry(Math.max(KubernetesVersion.of(cluster).minor(), PAUSE.firstKey()))
                        .getValue();
    }
}
