package dev.caravan.tables;

import dev.caravan.spec.Cluster.RuntimeName;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What one minor of Kubernetes needs: a row of {@code routes/data/kubernetes.yaml}, with what earlier rows say. Immutable.
 *
 * @param number           20 for 1.20
 * @param kubeadmApi       version of kubeadm's configuration, without its group: {@code v1beta4}
 * @param kernel           what kubeadm's SystemVerification makes of kernels
 * @param cgroupV1         whether it runs on cgroup v1
 * @param runtimes         the container runtimes that it takes
 * @param containerd       which containerd it takes
 * @param criOMinorsApart  by how many minors CRI-O may differ
 * @param sockets          how kubeadm takes the runtime's socket
 * @param cgroupDriver     kubeadm's where nothing is said: systemd or cgroupfs
 * @param etcd             the series of the etcd that kubeadm runs, as 3.6
 * @param etcdUpgradeFrom  the oldest etcd that may be upgraded to that, on all members; empty where any may
 * @param kubeletMinorsOlder by how many minors a kubelet may be older than the API server
 * @param dualStack        whether pods and services may have both address families
 * @param ipvs             kube-proxy's mode ipvs
 * @param nftablesKernel   the oldest kernel for kube-proxy's mode nftables; empty where it has no such mode
 * @param packageSignatures of the repositories' index in pkgs.k8s.io
 * @param removed          what it no longer knows
 */
public record Minor(
        int number,
        String kubeadmApi,
        Least kernel,
        CgroupV1 cgroupV1,
        List<RuntimeName> runtimes,
        Least containerd,
        int criOMinorsApart,
        Sockets sockets,
        String cgroupDriver,
        String etcd,
        Optional<String> etcdUpgradeFrom,
        int kubeletMinorsOlder,
        DualStack dualStack,
        Ipvs ipvs,
        Optional<String> nftablesKernel,
        PackageSignatures packageSignatures,
        Removed removed) {

    /** Below these versions a run is refused, or warned; empty where any version will do. */
    public record Least(Optional<String> refuseBelow, Optional<String> warnBelow) {}

    /** How cgroup v1 is taken: without a word, with a warning (maintenance mode), or only where both kubelet and kubeadm are told to. */
    public enum CgroupV1 { ACCEPTED, MAINTENANCE, REFUSED }

    /** The form of the runtime's socket in kubeadm's documents. */
    public enum Sockets { PATHS, URLS }

    /** Not there yet, behind the feature gate IPv6DualStack, or on. */
    public enum DualStack { NONE, GATE, ON }

    /** Taken without a word, or deprecated. */
    public enum Ipvs { ACCEPTED, DEPRECATED }

    /** The version of the OpenPGP signature packets: v3 is what apt's newer verifier (sqv) refuses. */
    public enum PackageSignatures { V3, V4 }

    /**
     * Each with the minor that removed it.
     *
     * @param kubeadmFeatureGates of kubeadm's ClusterConfiguration
     * @param featureGates        of kubelet, kube-proxy and the control plane's components
     * @param kubeletFlags        without dashes in front
     */
    public record Removed(Map<String, Integer> kubeadmFeatureGates, Map<String, Integer> featureGates, Map<String, Integer> kubeletFlags) {
        public Removed {
            kubeadmFeatureGates = Map.copyOf(kubeadmFeatureGates);
            featureGates = Map.copyOf(featureGates);
            kubeletFlags = Map.copyOf(kubeletFlags);
        }
    }

    public Minor {
        runtimes = List.copyOf(runtimes);
    }

    /** As people write it: 1.20. */
    public String series() {
        return "1." + number;
    }
}
