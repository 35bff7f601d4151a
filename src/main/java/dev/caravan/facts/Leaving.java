package dev.caravan.facts;

import dev.caravan.spec.Host;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What is known of the hosts that are to leave a cluster, beside their facts. Immutable.
 *
 * @param members    what the cluster says; empty if there is none that could be asked
 * @param notAsked   why a cluster that is there could not be asked
 * @param notReached by name of the host, why its facts could not be gathered
 */
public record Leaving(Optional<ClusterMembers> members, Optional<String> notAsked, Map<String, NotReached> notReached) {
    /** Of a cluster that no host leaves. */
    public static final Leaving NONE = new Leaving(Optional.empty(), Optional.empty(), Map.of());

    public Leaving {
        notReached = Map.copyOf(notReached);
    }

    /**
     * @param machine what is there
     * @param words   what came back
     */
    public record NotReached(Machine machine, String words) {}

    /** What is at the address of a host that could not be looked at. */
    public enum Machine {
        /** Nothing answers there. */
        NONE,
        /** One with another host key than the host's. */
        ANOTHER,
        /** One that answers, whichever it is. */
        SOME
    }

    /** The order of removals: workers first; among the others those that are lost, since fewer members are needed without them. */
    public static List<Host> ordered(List<Host> hosts) {
        return hosts.stream().sorted(Comparator.comparing(Host::isControlPlane).thenComparing(host -> !host.isLost())).toList();
    }

    /** Whether the cluster knows that host. */
    public boolean isKnown(Host host) {
        return members.filter(known -> known.knows(host)).isPresent();
    }
}
