package dev.caravan.facts;

import dev.caravan.kubeadm.KubernetesVersion;
import dev.caravan.spec.Cluster;
import dev.caravan.spec.Host;
import dev.caravan.tables.KubernetesTable;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * The way of a running cluster to the version of its spec: the versions one after the other, and which nodes take part in each. kubeadm
 * upgrades by one minor at a time, and a kubelet may be some minors older than the API server (kubernetes.io/releases/version-skew-policy),
 * so workers skip versions where they can, and are drained fewer times. Immutable.
 *
 * @param hops in their order; empty if the cluster runs the version already, or if there is no cluster
 */
public record UpgradePath(List<Hop> hops) {

    /**
     * One version on the way.
     *
     * @param from          the version before it, for people
     * @param minor         36 for 1.36
     * @param version       exact; empty if the newest of the repository is to be used
     * @param workers       those that are upgraded to this version; names of hosts
     */
    public record Hop(String from, int minor, Optional<String> version, List<String> workers) {
        public Hop {
            workers = List.copyOf(workers);
        }

        /** The version, for people. */
        public String to() {
            return version.orElse("the newest 1." + minor);
        }

        /** The same once its version is known. */
        public Hop at(String known) {
            return new Hop(from, minor, Optional.of(known), workers);
        }
    }

    public UpgradePath {
        hops = List.copyOf(hops);
    }

    /** @param facts by host name; hosts that are not in it, or are not in the cluster, take no part */
    public static UpgradePath of(Cluster cluster, Map<String, Facts> facts, KubernetesTable versions) {
        KubernetesVersion target = KubernetesVersion.of(cluster);
        List<Host> nodes = cluster.hosts().stream()
                .filter(host -> Membership.of(cluster, host, facts) == Membership.THIS_CLUSTER)
                .toList();
        Optional<KubernetesVersion> from = nodes.stream().filter(Host::isControlPlane)
                .flatMap(host -> controlPlane(facts.get(host.name())).stream())
                .min(Comparator.naturalOrder());
        boolean due = nodes.stream().map(host -> facts.get(host.name())).anyMatch(known -> isBehind(known, target));
        if (from.isEmpty() || !due || from.get().compareTo(target) > 0) {
            return new UpgradePath(List.of());
        }
        List<Hop> hops = new ArrayList<>();
        String before = from.get().toString();
        Map<String, Integer> workers = new TreeMap<>();
        nodes.stream().filter(host -> !host.isControlPlane())
                .forEach(host -> kubelet(facts.get(host.name())).ifPresent(version -> workers.put(host.name(), version.minor())));
        for (int minor = Math.min(from.get().minor() + 1, target.minor()); minor <= target.minor(); minor++) {
            boolean last = minor == target.minor();
            int next = minor + 1;
            int oldest = next - versions.minor(next).kubeletMinorsOlder();
            List<String> upgraded = workers.entrySet().stream()
                    .filter(worker -> last || worker.getValue() < oldest)
                    .map(Map.Entry::getKey)
                    .toList();
            int reached = minor;
            upgraded.forEach(worker -> workers.put(worker, reached));
            Hop hop = new Hop(before, minor,
                    last ? Optional.of(target.toString()) : cluster.kubernetes().upgrade().via(minor), upgraded);
            hops.add(hop);
            before = hop.to();
        }
        return new UpgradePath(hops);
    }

    /** The version of a control plane's API server; where its manifest does not say, that of its kubelet. */
    static Optional<KubernetesVersion> controlPlane(Facts facts) {
        return facts.kubernetes().apiServerVersion().flatMap(UpgradePath::parsed).or(() -> kubelet(facts));
    }

    static Optional<KubernetesVersion> kubelet(Facts facts) {
        return facts.kubernetes().kubelet().flatMap(UpgradePath::parsed);
    }

    /** Whether anything of Kubernetes on a node is older than that version, or its kubelet is to be restarted for it. */
    private static boolean isBehind(Facts facts, KubernetesVersion target) {
        Facts.Kubernetes programs = facts.kubernetes();
        return programs.kubeletReplaced()
                || List.of(programs.kubelet(), programs.kubeadm(), programs.kubectl(), programs.apiServerVersion()).stream()
                        .flatMap(Optional::stream)
                        .flatMap(text -> parsed(text).stream())
                        .anyMatch(version -> version.compareTo(target) < 0);
    }

    /** Whether a node's kubelet has to be upgraded to that version, or restarted for it. */
    public static boolean isKubeletBehind(Facts facts, String version) {
        return facts.kubernetes().kubeletReplaced()
                || kubelet(facts).filter(known -> known.compareTo(KubernetesVersion.parse(version)) < 0).isPresent();
    }

    /** Whether a node's kubelet is of that minor, or a later one. */
    public static boolean isKubeletOfMinorFrom(Facts facts, int minor) {
        return kubelet(facts).filter(known -> known.minor() >= minor).isPresent();
    }

    private static Optional<KubernetesVersion> parsed(String text) {
        try {
            return Optional.of(KubernetesVersion.parse(text));
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }
}
