package dev.caravan.kubeadm;

import dev.caravan.spec.Cluster;
import dev.caravan.spec.Cluster.RuntimeName;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** Which Kubernetes version takes which container runtime, and how they find each other. */
public final class RuntimeRules {
    /** dockershim left the kubelet with 1.24. */
    private static final int WITHOUT_DOCKERSHIM = 24;
    /** Since 1.24 kubeadm wants sockets as URLs; before, it takes paths. */
    private static final int SOCKETS_ARE_URLS = 24;
    /** Since 1.22 kubeadm sets systemd where nothing is said. */
    private static final int SYSTEMD_BY_DEFAULT = 22;

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
    public static Optional<Refusal> refusal(RuntimeName runtime, KubernetesVersion version) {
        String instead = version.isAtLeast(WITHOUT_DOCKERSHIM)
                ? "runtime.name: containerd"
                : "runtime.name: docker or containerd";
        return switch (runtime) {
            case CONTAINERD, CRI_O -> Optional.empty();
            case DOCKER -> version.isAtLeast(WITHOUT_DOCKERSHIM)
                    ? Optional.of(new Refusal(
                            "Kubernetes " + version
                                    + " does not run on Docker: support for it left the kubelet with 1.24, and"
                                    + " what brings it back (cri-dockerd) is not installed by Caravan",
                            "write runtime.name: containerd, which runs the same images, or take Kubernetes"
                                    + " 1.23 or older"))
                    : Optional.empty();
            case RKT -> Optional.of(new Refusal(
                    "no version of Kubernetes that Caravan installs runs on rkt, which was archived in 2019",
                    "write " + instead));
            case FRAKTI -> Optional.of(new Refusal(
                    "no version of Kubernetes that Caravan installs runs on frakti, which was archived in 2020",
                    "write " + instead));
        };
    }

    /**
     * The runtime's socket as the version's kubeadm takes it. Docker's is that of dockershim up to 1.23 and that of cri-dockerd
     * from 1.24.
     *
     * @throws IllegalArgumentException for a runtime that no version takes
     */
    public static String criSocket(RuntimeName runtime, KubernetesVersion version) {
        String path =
                switch (runtime) {
                    case DOCKER -> version.isAtLeast(WITHOUT_DOCKERSHIM)
                            ? "/var/run/cri-dockerd.sock"
                            : "/var/run/dockershim.sock";
                    case CONTAINERD -> "/run/containerd/containerd.sock";
                    case CRI_O -> "/var/run/crio/crio.sock";
                    case RKT, FRAKTI -> throw new IllegalArgumentException(runtime + " is archived and has no socket");
                };
        return version.isAtLeast(SOCKETS_ARE_URLS) ? "unix://" + path : path;
    }

    /**
     * The cgroup driver of kubelet and runtime on every node: what the spec's KubeletConfiguration says, else systemd from 1.22
     * on and cgroupfs before, as kubeadm and Docker have it.
     */
    public static String cgroupDriver(Cluster cluster) {
        Object wanted = cluster.kubernetes()
                .kubeadm()
                .getOrDefault("KubeletConfiguration", Map.of())
                .get("cgroupDriver");
        if (wanted instanceof String driver) {
            return driver;
        }
        return KubernetesVersion.of(cluster).isAtLeast(SYSTEMD_BY_DEFAULT) ? "systemd" : "cgroupfs";
    }

    /** The pause image that kubeadm expects, from the cluster's image repository. */
    public static String pauseImage(Cluster cluster) {
        return cluster.kubernetes().imageRepository() + "/pause:"
                + PAUSE.floorEntry(Math.max(KubernetesVersion.of(cluster).minor(), PAUSE.firstKey()))
                        .getValue();
    }
}
