package dev.caravan.facts;

import dev.caravan.spec.Cluster;
import dev.caravan.spec.Host;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Which cluster a host is part of. */
public enum Membership {
    /** It is part of none. */
    NONE,
    /** Of the one that the spec describes. */
    THIS_CLUSTER,
    /** Of another one, or of one that is gone. */
    OTHER_CLUSTER;

    /**
     * The first control plane tells: it belongs to the cluster of the spec if its kubelet talks to the spec's endpoint or to a
     * control plane of the spec. Another host belongs to it if the CA's public key is the first control plane's.
     *
     * @param facts by host name; a host that is not in it is part of no cluster
     */
    public static Membership of(Cluster cluster, Host host, Map<String, Facts> facts) {
        Facts own = facts.get(host.name());
        if (own == null || !own.joined()) {
            return NONE;
        }
        Facts first = facts.get(cluster.firstControlPlane().name());
        if (first == null || first == own) {
            return talksTo(cluster, own) ? THIS_CLUSTER : OTHER_CLUSTER;
        }
        if (!first.joined() || !talksTo(cluster, first)) {
            return OTHER_CLUSTER;
        }
        boolean comparable = !first.caHash().isEmpty() && !own.caHash().isEmpty();
        boolean same = comparable ? first.caHash().equals(own.caHash()) : talksTo(cluster, own);
        return same ? THIS_CLUSTER : OTHER_CLUSTER;
    }

    /** A kubelet.conf that names no server was cut short while it was written, by whoever writes one here: Caravan. */
    private static boolean talksTo(Cluster cluster, Facts facts) {
        int port = Ports.of(cluster).apiServer();
        Set<Endpoint> endpoints = Stream.concat(
                        Stream.of(Endpoint.parse(cluster.kubernetes().controlPlaneEndpoint())),
                        cluster.controlPlanes().stream().map(host -> new Endpoint(host.address(), port)))
                .collect(Collectors.toSet());
        return facts.kubernetes().apiServer().map(Endpoint::parse).map(endpoints::contains).orElse(true);
    }
}
