package dev.caravan.kubeadm;

import dev.caravan.spec.Cluster;
import dev.caravan.spec.Cluster.RuntimeName;
import dev.caravan.tables.Minor;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/** Which Kubernetes version takes which container runtime, and how they find each other. */
public final class RuntimeRules {

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
                            + " does not run on Docker: support for it left the kubelet with 1.24."
                            + " Caravan does not install what brings it back (cri-dockerd)",
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
     * The runtime's socket as the version's kubeadm takes it. Docker's is that of dockershim.
     *
     * @throws IllegalArgumentException for a runtime that the version does not take: see {@link #refusal}
     */
    public static String criSocket(RuntimeName runtime, Minor minor) {
        String path =
                switch (runtime) {
                    case DOCKER -> {
                        if (!minor.runtimes().contains(RuntimeName.DOCKER)) {
                            throw new IllegalArgumentException("Kubernetes 1." + minor.number() + " does not run on Docker");
                        }
                        yield "/var/run/dockershim.sock";
                    }
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
}
