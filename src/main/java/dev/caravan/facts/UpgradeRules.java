package dev.caravan.facts;

import dev.caravan.facts.Survey.Seen;
import dev.caravan.kubeadm.KubernetesVersion;
import java.util.List;
import java.util.Optional;

/** Whether a running cluster can get to the spec's version (kubernetes.io/releases/version-skew-policy; kubeadm has no downgrade). */
final class UpgradeRules {
    private UpgradeRules() {}

    /** An API server that is newer than the spec. */
    static List<Finding> downgrade(Survey survey) {
        KubernetesVersion wanted = KubernetesVersion.of(survey.cluster());
        return survey.hosts(seen -> seen.isMember() && seen.host().isControlPlane()
                        && apiServer(seen).filter(version -> version.compareTo(wanted) > 0).isPresent()
                        // the rule on kubelets has named it
                        && !new Version(seen.facts().kubeletVersion()).isAbove(wanted.toString())).stream()
                .map(seen -> new Finding(List.of(seen.name()), "kubernetes-version", Severity.REFUSES,
                        "its control plane runs Kubernetes " + apiServer(seen).orElseThrow() + ", newer than the " + wanted
                                + " of the spec",
                        "Ask for " + apiServer(seen).orElseThrow() + " in the spec: Kubernetes cannot be downgraded."))
                .toList();
    }

    /** A kubelet that the API server does not take any more, before an upgrade has begun: somebody upgraded in part. */
    static List<Finding> skew(Survey survey) {
        Optional<KubernetesVersion> oldest = survey.hosts().stream().filter(seen -> seen.isMember() && seen.host().isControlPlane())
                .flatMap(seen -> apiServer(seen).stream()).min(KubernetesVersion::compareTo);
        if (oldest.isEmpty()) {
            return List.of();
        }
        int allowed = survey.versions().minor(oldest.get().minor()).kubeletMinorsOlder();
        return survey.hosts(seen -> seen.isMember() && UpgradePath.kubelet(seen.facts())
                        .filter(kubelet -> kubelet.minor() < oldest.get().minor() - allowed).isPresent()).stream()
                .map(seen -> new Finding(List.of(seen.name()), "version-skew", Severity.REFUSES,
                        "its kubelet " + seen.facts().kubeletVersion() + " is more than " + allowed + " minors older than the API server "
                                + oldest.get(),
                        "Take the node out of the cluster (kubectl drain, kubectl delete node; kubeadm reset on the host), and "
                                + "apply again."))
                .toList();
    }

    /** An etcd from which the next one may not be upgraded: etcd's upgrade guides name the oldest version for all members. */
    static List<Finding> etcd(Survey survey) {
        UpgradePath path = UpgradePath.of(survey.cluster(), survey.facts(), survey.versions());
        Optional<String> needed = path.hops().stream()
                .filter(hop -> survey.versions().minor(hop.minor()).etcdUpgradeFrom().isPresent() && isNewEtcd(survey, hop))
                .findFirst()
                .flatMap(hop -> survey.versions().minor(hop.minor()).etcdUpgradeFrom());
        if (needed.isEmpty()) {
            return List.of();
        }
        return survey.hosts(seen -> seen.isMember() && seen.facts().kubernetes().etcdVersion()
                        .filter(version -> new Version(version).isBelow(needed.get())).isPresent()).stream()
                .map(seen -> new Finding(List.of(seen.name()), "etcd-version", Severity.REFUSES,
                        "its etcd is " + seen.facts().kubernetes().etcdVersion().orElseThrow() + ", and the upgrade needs " + needed.get()
                                + " or later on all members",
                        "Upgrade etcd first. In the ClusterConfiguration of kubeadm-config, set etcd.local.imageTag to an image of "
                                + needed.get() + " or later. Run kubeadm upgrade apply for the present version, and remove the tag again."))
                .toList();
    }

    /* Whether the hop leads to another series of etcd than the cluster has; later hops are of that series. */
    private static boolean isNewEtcd(Survey survey, UpgradePath.Hop hop) {
        return survey.hosts().stream().flatMap(seen -> seen.facts().kubernetes().etcdVersion().stream())
                .anyMatch(version -> new Version(version).isBelow(survey.versions().minor(hop.minor()).etcd()));
    }

    private static Optional<KubernetesVersion> apiServer(Seen seen) {
        return UpgradePath.controlPlane(seen.facts());
    }
}
