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
 * @param controlPlaneTaints the keys with which kubeadm taints control planes, each with the effect NoSchedule
 * @param commands         those that must be on a host; their packages are installed where they are not
 * @param kubeletAsksAmazon whether each start of the kubelet asks for registry credentials at Amazon's metadata address
 * @param apiServerLosesWatches whether watches of clients may get no more events after etcd had no leader
 * @param repositories     who has a repository for this minor
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
        List<String> controlPlaneTaints,
        List<String> commands,
        boolean kubeletAsksAmazon,
        boolean apiServerLosesWatches,
        List<Packager> repositories,
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

    /** Not there yet, or only as an alpha feature; or on. */
    public enum DualStack { NONE, ON }

    /** Projects with a repository for each minor: Kubernetes' own (pkgs.k8s.io) and CRI-O's. */
    public enum Packager { COMMUNITY, CRI_O }

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
        controlPlaneTaints = List.copyOf(controlPlaneTaints);
        commands = List.copyOf(commands);
        repositories = List.copyOf(repositories);
    }

    /** As people write it: 1.20. */
    public String series() {
        return "1." + number;
    }
}
