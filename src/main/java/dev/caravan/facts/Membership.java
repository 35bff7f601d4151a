package dev.caravan.facts;

import dev.caravan.spec.Cluster;
import dev.caravan.spec.Host;
import dev.caravan.spec.IpAddress;
import java.net.InetAddress;
import java.util.Map;
import java.util.Optional;
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
     * The first control plane (see {@link #led}) decides: it belongs to the cluster of the spec if its kubelet talks to the spec's
     * endpoint, to a control plane of the spec, or to itself. Another host belongs to it if the CA's public key is the first control
     * plane's; where that is not known, by the same endpoints.
     *
     * @param facts by host name; a host that is not in it is part of no cluster
     */
    public static Membership of(Cluster cluster, Host host, Map<String, Facts> facts) {
        Facts own = facts.get(host.name());
        if (own == null || !own.joined()) {
            return NONE;
        }
        Host firstHost = cluster.firstControlPlane();
        Facts first = facts.get(firstHost.name());
        if (first == null || first == own) {
            return talksTo(cluster, host, own) ? THIS_CLUSTER : OTHER_CLUSTER;
        }
        if (!first.joined() || !talksTo(cluster, firstHost, first)) {
            return OTHER_CLUSTER;
        }
        boolean comparable = !first.caHash().isEmpty() && !own.caHash().isEmpty();
        boolean same = comparable ? first.caHash().equals(own.caHash()) : talksTo(cluster, host, own);
        return same ? THIS_CLUSTER : OTHER_CLUSTER;
    }

    /**
     * The cluster with the control plane that leads it: the first of the spec that is in it. A control plane after the first one is
     * held to be in the cluster of the spec if its administrator's kubeconfig has the endpoint of the spec, and somebody may answer
     * there: it is not the address of the first one, which is in no cluster.
     *
     * @param facts by host name; a host that is not in it is part of no cluster
     */
    public static Cluster led(Cluster cluster, Map<String, Facts> facts) {
        Host first = cluster.controlPlanes().get(0);
        Endpoint endpoint = Endpoint.parse(cluster.kubernetes().controlPlaneEndpoint());
        boolean firstIsIn = facts.containsKey(first.name()) && facts.get(first.name()).joined();
        if (firstIsIn || same(endpoint, new Endpoint(first.nodeAddress(), endpoint.port()))) {
            return cluster.ledBy(first);
        }
        return cluster.controlPlanes().stream()
                .filter(host -> facts.containsKey(host.name()) && facts.get(host.name()).initialised())
                .filter(host -> facts.get(host.name()).kubernetes().adminServer().map(Endpoint::parse)
                        .filter(server -> same(server, endpoint)).isPresent())
                .findFirst().map(cluster::ledBy).orElseGet(() -> cluster.ledBy(first));
    }

    /** A kubelet.conf that names no server was cut short while it was written, by the one program that writes it: Caravan. */
    private static boolean talksTo(Cluster cluster, Host host, Facts facts) {
        return facts.kubernetes().apiServer().map(Endpoint::parse)
                .map(server -> known(cluster).anyMatch(endpoint -> same(endpoint, server)) || isItself(cluster, host, facts, server))
                .orElse(true);
    }

    /** The spec's endpoint, and every control plane at its addresses or at the one that the spec's documents name. */
    private static Stream<Endpoint> known(Cluster cluster) {
        int port = Ports.of(cluster).apiServer();
        Stream<Object> advertised = Stream.of(
                        cluster.kubernetes().override("InitConfiguration", "localAPIEndpoint", "advertiseAddress"),
                        cluster.kubernetes().override("JoinConfiguration", "controlPlane", "localAPIEndpoint", "advertiseAddress"))
                .flatMap(Optional::stream);
        return Stream.of(
                        Stream.of(Endpoint.parse(cluster.kubernetes().controlPlaneEndpoint())),
                        cluster.controlPlanes().stream().flatMap(host -> host.addresses().stream())
                                .map(address -> new Endpoint(address, port)),
                        advertised.map(address -> new Endpoint(address.toString(), port)))
                .flatMap(endpoints -> endpoints);
    }

    /**
     * From Kubernetes 1.33 on the kubelet of a control plane talks to the API server of its own host (kubeadm's
     * ControlPlaneKubeletLocalMode), at the address that kubeadm chose where the spec gives a name.
     */
    private static boolean isItself(Cluster cluster, Host host, Facts facts, Endpoint server) {
        return host.isControlPlane() && facts.kubernetes().apiServerManifest()
                && server.port() == Ports.of(cluster).apiServer() && facts.families().has(server.address());
    }

    private static boolean same(Endpoint one, Endpoint other) {
        Optional<InetAddress> address = IpAddress.parse(one.address());
        return one.port() == other.port()
                && (one.address().equalsIgnoreCase(other.address())
                        || address.isPresent() && address.equals(IpAddress.parse(other.address())));
    }
}
