package dev.caravan.facts;

import dev.caravan.spec.Cluster;
import dev.caravan.spec.Host;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * What the rules look at: a cluster as it is wanted, and its hosts as they are.
 *
 * @param hosts those whose facts are known, in the spec's order
 */
record Survey(Cluster cluster, Map<String, Facts> facts, List<Seen> hosts, Limits limits) {

    /** A host together with what was seen there. */
    record Seen(Host host, Facts facts, Membership membership) {
        String name() {
            return host.name();
        }

        boolean isMember() {
            return membership == Membership.THIS_CLUSTER;
        }
    }

    static Survey of(Cluster cluster, Map<String, Facts> facts, Limits limits) {
        List<Seen> hosts = cluster.hosts().stream()
                .filter(host -> facts.containsKey(host.name()))
                .map(host -> new Seen(host, facts.get(host.name()), Membership.of(cluster, host, facts)))
                .toList();
        return new Survey(cluster, Map.copyOf(facts), hosts, limits);
    }

    List<Seen> hosts(Predicate<Seen> which) {
        return hosts.stream().filter(which).toList();
    }

    static List<String> names(Collection<Seen> hosts) {
        return hosts.stream().map(Seen::name).toList();
    }

    /** Whether the spec's kubeadm documents tell kubeadm to ignore this check of its own. */
    boolean kubeadmIgnores(String check) {
        Map<String, Map<String, Object>> documents = cluster.kubernetes().kubeadm();
        return Stream.of("InitConfiguration", "JoinConfiguration")
                .map(kind -> documents.getOrDefault(kind, Map.of()).get("nodeRegistration"))
                .flatMap(section -> section instanceof Map<?, ?> map && map.get("ignorePreflightErrors") instanceof Collection<?> list
                        ? list.stream()
                        : Stream.empty())
                .map(word -> word.toString().toLowerCase(Locale.ROOT))
                .anyMatch(word -> word.equals("all") || word.equals(check.toLowerCase(Locale.ROOT)));
    }
}
