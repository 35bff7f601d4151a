package dev.caravan.spec;

import dev.caravan.spec.Cluster.Mirror;
import dev.caravan.spec.Cluster.RuntimeName;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.util.List;
import java.util.Optional;

/** What a spec means where it says nothing. The schema names the same values. */
final class Defaults {
    static final String POD_SUBNET = "10.244.0.0/16";
    static final String SERVICE_SUBNET = "10.96.0.0/12";
    /** As many nodes' blocks as in the IPv4 default: 256. */
    static final String POD_SUBNET_IPV6 = "fd00:10:244::/56";
    static final String SERVICE_SUBNET_IPV6 = "fd00:10:96::/112";
    static final int API_SERVER_PORT = 6443;
    static final int SSH_PORT = 22;
    static final String USER = "root";
    static final String PRIVATE_KEY = "~/.ssh/id_ed25519";
    static final String KNOWN_HOSTS = "~/.ssh/known_hosts";
    static final String CONNECT_TIMEOUT = "10s";
    static final String KEEP_ALIVE = "15s";
    /** The first minor without Docker support of its own. */
    private static final int WITHOUT_DOCKER = 24;

    private Defaults() {}

    /** The pod network where the spec names none: of the services' family, else IPv6 where every host's address is IPv6. */
    static String podSubnet(SpecNode root) {
        return ipv6(root, "serviceSubnet") ? POD_SUBNET_IPV6 : POD_SUBNET;
    }

    /** The service network where the spec names none: of the pods' family, else IPv6 where every host's address is IPv6. */
    static String serviceSubnet(SpecNode root) {
        return ipv6(root, "podSubnet") ? SERVICE_SUBNET_IPV6 : SERVICE_SUBNET;
    }

    private static boolean ipv6(SpecNode root, String otherKey) {
        Optional<String> other = root.text("spec", "kubernetes", otherKey).filter(networks -> !networks.contains(","));
        List<SpecNode> hosts = root.list("spec", "hosts");
        return other.map(network -> network.contains(":")).orElseGet(() -> !hosts.isEmpty() && hosts.stream()
                .allMatch(host -> {
                    List<InetAddress> addresses = InternalAddresses.ofNode(host);
                    return !addresses.isEmpty() && addresses.stream().allMatch(Inet6Address.class::isInstance);
                }));
    }

    static RuntimeName runtime(int minor) {
        return minor < WITHOUT_DOCKER ? RuntimeName.DOCKER : RuntimeName.CONTAINERD;
    }

    /**
     * The community's is registry.k8s.io for every version: the old k8s.gcr.io has been frozen since April 2023 and redirects
     * there, and images of older versions are in both.
     */
    static String imageRepository(Mirror mirror) {
        return mirror == Mirror.ALIYUN ? "registry.aliyuncs.com/google_containers" : "registry.k8s.io";
    }
}
