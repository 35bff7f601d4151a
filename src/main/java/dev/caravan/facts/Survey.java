package dev.caravan.facts;

import dev.caravan.spec.Cluster;
import dev.caravan.spec.Host;
import dev.caravan.tables.KubernetesTable;
import dev.caravan.tables.Minor;
import dev.caravan.tables.NetworkTable;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * What the rules look at: a cluster as it is wanted, and its hosts as they are.
 *
 * @param hosts       those whose facts are known, in the spec's order
 * @param leaving     what is known of the hosts that are to leave the cluster
 * @param minor       what the cluster's version of Kubernetes needs
 * @param versions    what each minor needs
 * @param networks    what pod networks need
 */
record Survey(Cluster cluster, Map<String, Facts> facts, List<Seen> hosts, Leaving leaving, Limits limits, Minor minor,
        KubernetesTable versions, NetworkTable networks) {

    static final String INIT = "InitConfiguration";
    static final String JOIN = "JoinConfiguration";

    /** A host together with what was seen there. */
    record Seen(Host host, Facts facts, Membership membership) {
        String name() {
            return host.name();
        }

        boolean isMember() {
            return membership == Membership.THIS_CLUSTER;
        }
    }

    static Survey of(Cluster spec, Map<String, Facts> facts, Leaving leaving, Limits limits, KubernetesTable versions,
            NetworkTable networks) {
        Cluster cluster = Membership.led(spec, facts);
        List<Seen> hosts = cluster.hosts().stream()
                .filter(host -> facts.containsKey(host.name()))
                .map(host -> new Seen(host, facts.get(host.name()), Membership.of(cluster, host, facts)))
                .toList();
        return new Survey(cluster, Map.copyOf(facts), hosts, leaving, limits, versions.minor(cluster.kubernetes().minor()), versions,
                networks);
    }

    List<Seen> hosts(Predicate<Seen> which) {
        return hosts.stream().filter(which).toList();
    }

    static List<String> names(Collection<Seen> hosts) {
        return hosts.stream().map(Seen::name).toList();
    }

    /** Whether the spec's kubeadm documents tell kubeadm to ignore this check of its own. */
    boolean kubeadmIgnores(String check) {
        return Stream.of(INIT, JOIN).anyMatch(kind -> kubeadmIgnores(kind, check));
    }

    /** Whether that document of the spec's tells kubeadm to ignore this check of its own. */
    boolean kubeadmIgnores(String kind, String check) {
        return cluster.kubernetes().override(kind, "nodeRegistration", "ignorePreflightErrors").stream()
                .flatMap(value -> value instanceof Collection<?> list ? list.stream() : Stream.empty())
                .map(word -> word.toString().toLowerCase(Locale.ROOT))
                .anyMatch(word -> word.equals("all") || word.equals(check.toLowerCase(Locale.ROOT)));
    }
}
