package dev.caravan.kubeadm;

import dev.caravan.spec.Cluster;
import dev.caravan.spec.Cluster.RuntimeName;
import java.util.Map;
import java.util.Optional;

/** Which Kubernetes version takes which container runtime, and how they find each other. */
public final class RuntimeRules {
    /** dockershim left the kubelet with 1.24. */
    private static final int WITHOUT_DOCKERSHIM = 24;
    /** Since 1.24 kubeadm wants sockets as URLs; before, it takes paths. */
    private static final int SOCKETS_ARE_URLS = 24;
    /** Since 1.22 kubeadm sets systemd where nothing is said. */
    private static final int SYSTEMD_BY_DEFAULT = 22;

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
     * The runtime's socket as the version's kubeadm takes it. Docker's is that of dockershim.
     *
     * @throws IllegalArgumentException for a runtime that the version does not take: see {@link #refusal}
     */
    public static String criSocket(RuntimeName runtime, KubernetesVersion version) {
        refusal(runtime, version).ifPresent(refusal -> {
            throw new IllegalArgumentException(refusal.reason());
        });
        String path =
                switch (runtime) {
                    case DOCKER -> "/var/run/dockershim.sock";
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
}
