package dev.caravan.kubeadm;

import dev.caravan.spec.Cluster;
import dev.caravan.spec.Host;
import dev.caravan.spec.IpAddress;
import dev.caravan.tables.KubernetesTable;
import dev.caravan.tables.Minor;
import java.util.Optional;

/**
 * What a node's documents say of its runtime and its address.
 *
 * @param criSocket    as this version's kubeadm writes it
 * @param cgroupDriver systemd or cgroupfs, the runtime's own
 * @param nodeIp       the address that the kubelet reports for its node; empty to let it choose. Must be on an interface of
 *                     the host, else the kubelet does not start its work
 * @param api          the configuration API of this version's kubeadm
 */
public record NodeSettings(String criSocket, String cgroupDriver, Optional<String> nodeIp, KubeadmApi api) {

    /** The same with the table of versions that travels with Caravan. */
    public static NodeSettings of(Cluster cluster, Host host) {
        return of(cluster, host, KubernetesTable.builtIn());
    }

    /**
     * What follows from the spec alone. The node's IP is its address, where that is an IP, so that a host with several
     * networks uses the right one; with dual stack the kubelet chooses, as it then has two.
     */
    public static NodeSettings of(Cluster cluster, Host host, KubernetesTable versions) {
        Minor minor = versions.minor(cluster.kubernetes().minor());
        boolean dualStack = cluster.kubernetes().podSubnet().contains(",");
        Optional<String> nodeIp = Optional.of(host.address()).filter(address -> IpAddress.is(address) && !dualStack);
        return new NodeSettings(
                RuntimeRules.criSocket(cluster.runtime().name(), minor),
                RuntimeRules.cgroupDriver(cluster, minor),
                nodeIp,
                KubeadmApi.of(minor));
    }
}
