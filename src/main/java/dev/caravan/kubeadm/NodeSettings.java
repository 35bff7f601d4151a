package dev.caravan.kubeadm;

import dev.caravan.spec.Cluster;
import dev.caravan.spec.Host;
import dev.caravan.spec.IpAddress;
import dev.caravan.tables.KubernetesTable;
import dev.caravan.tables.Minor;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a node's documents say of its runtime and its address.
 *
 * @param criSocket    as this version's kubeadm writes it
 * @param cgroupDriver systemd or cgroupfs, the runtime's own
 * @param nodeIp       the address that the kubelet reports for its node, or one of each family with a comma between them; empty
 *                     to let it choose. Must be on an interface of the host, else the kubelet does not start its work
 * @param api          the configuration API of this version's kubeadm
 * @param controlPlaneTaints the keys of the taints that this version's kubeadm gives to control planes
 */
public record NodeSettings(
        String criSocket, String cgroupDriver, Optional<String> nodeIp, KubeadmApi api, List<String> controlPlaneTaints) {
    static final String NODE_IP = "node-ip";

    /**
     * What follows from the spec and the table of versions. The node's IP is its internal address, or its address, where that is an IP, so
     * that a host with several networks uses the right one.
     */
    public static NodeSettings of(Cluster cluster, Host host, KubernetesTable versions) {
        Minor minor = versions.minor(cluster.kubernetes().minor());
        return new NodeSettings(
                RuntimeRules.criSocket(cluster.runtime().name(), minor),
                RuntimeRules.cgroupDriver(cluster, minor),
                Optional.of(host.nodeAddress()).filter(IpAddress::is),
                KubeadmApi.of(minor),
                minor.controlPlaneTaints());
    }

    /**
     * Whether the kubelet is to be given an address of each family: with a pod network of each, unless the spec's documents name
     * the node's addresses themselves. By itself a kubelet outside of clouds reports one address
     * (kubernetes.io, "Dual-stack support with kubeadm").
     */
    public static boolean needsBothFamilies(Cluster cluster, Host host) {
        return cluster.kubernetes().podSubnet().contains(",") && !namesNodeIp(cluster, host);
    }

    /** Whether the spec's kubeadm documents name the addresses of this node themselves. */
    public static boolean namesNodeIp(Cluster cluster, Host host) {
        return cluster.kubernetes().override(cluster.kubeadmKind(host), "nodeRegistration", "kubeletExtraArgs")
                .filter(NodeSettings::namesNodeIp).isPresent();
    }

    /** @param arguments as a spec may write them: a map, or a list of name and value */
    private static boolean namesNodeIp(Object arguments) {
        return arguments instanceof Map<?, ?> map && map.containsKey(NODE_IP)
                || arguments instanceof List<?> list
                        && list.stream().anyMatch(item -> item instanceof Map<?, ?> map && NODE_IP.equals(map.get("name")));
    }

    /**
     * The same with the node's address of the other family, where both are needed. That of the services' first family comes
     * first: it is the node's primary one.
     *
     * @param other what the facts know, for a host of which the spec names no second address; empty where the host has none, or is not
     *              known
     */
    public NodeSettings withOtherFamily(Cluster cluster, Host host, Optional<String> other) {
        Optional<String> second = host.otherNodeAddress().or(() -> other);
        if (nodeIp.isEmpty() || second.isEmpty() || !needsBothFamilies(cluster, host)) {
            return this;
        }
        boolean ipv6First = cluster.kubernetes().serviceSubnet().split(",")[0].contains(":");
        boolean inOrder = nodeIp.get().contains(":") == ipv6First;
        String both = inOrder ? nodeIp.get() + "," + second.get() : second.get() + "," + nodeIp.get();
        return new NodeSettings(criSocket, cgroupDriver, Optional.of(both), api, controlPlaneTaints);
    }
}
