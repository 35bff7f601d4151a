package dev.caravan.facts;

import dev.caravan.spec.Cluster;
import dev.caravan.spec.Host;
import dev.caravan.spec.KeptEndpoint;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * The ports of other hosts that a host will need, for the standard input of the step {@code facts}. For the whole cluster it is
 * of the order of hosts times control planes: workers need no port of each other that can be tried before a cluster is there.
 * Each host tries the two after it in the spec as well, only so that somebody knows the MAC address of every host.
 */
public final class ReachTargets {
    /** Label of the cluster's own endpoint where that is not a control plane's address. No host can have this name. */
    public static final String ENDPOINT = "@endpoint";

    /** Label of a port that is tried for the MAC address behind it; it may be closed to this host. */
    public static final String NEIGHBOUR = "@neighbour";

    private ReachTargets() {}

    /**
     * Lines {@code ADDRESS PORT LABEL} for this host, each ended by a newline; the label is the other host's name,
     * {@link #ENDPOINT} or {@link #NEIGHBOUR}. Empty for the only host of a cluster.
     */
    public static String of(Cluster cluster, Host host) {
        Ports ports = Ports.of(cluster);
        Map<String, String> labels = new LinkedHashMap<>();
        for (Host other : host.isControlPlane() ? cluster.hosts() : cluster.controlPlanes()) {
            if (!other.name().equals(host.name())) {
                for (int port : needed(ports, host, other)) {
                    labels.putIfAbsent(other.nodeAddress() + " " + port, other.name());
                }
            }
        }
        Endpoint endpoint = Endpoint.parse(cluster.kubernetes().controlPlaneEndpoint());
        boolean own = endpoint.address().equals(host.nodeAddress()) && endpoint.port() == ports.apiServer();
        boolean local = cluster.kubernetes().endpoint().filter(kept -> kept.kind() == KeptEndpoint.Kind.NODE_LOCAL).isPresent();
        if (!own && !local) {
            labels.putIfAbsent(endpoint.address() + " " + endpoint.port(), ENDPOINT);
        }
        neighbours(cluster.hosts(), host).forEach(other -> labels.putIfAbsent(other.nodeAddress() + " " + Ports.KUBELET, NEIGHBOUR));
        StringBuilder lines = new StringBuilder();
        labels.forEach((target, label) -> lines.append(target).append(' ').append(label).append('\n'));
        return lines.toString();
    }

    /** Two of them: where one shares this host's MAC address, neither can see the other. */
    private static List<Host> neighbours(List<Host> hosts, Host host) {
        return IntStream.rangeClosed(1, 2)
                .mapToObj(step -> hosts.get((hosts.indexOf(host) + step) % hosts.size()))
                .filter(other -> !other.name().equals(host.name()))
                .toList();
    }

    private static List<Integer> needed(Ports ports, Host host, Host other) {
        List<Integer> needed = new ArrayList<>();
        if (other.isControlPlane()) {
            needed.add(ports.apiServer());
        }
        if (host.isControlPlane()) {
            if (other.isControlPlane() && ports.stackedEtcd()) {
                needed.addAll(Ports.ETCD);
            }
            needed.add(Ports.KUBELET);
        }
        return needed;
    }
}
