package dev.caravan.facts;

import dev.caravan.facts.Survey.Seen;
import dev.caravan.kubeadm.NodeSettings;
import dev.caravan.spec.Cluster;
import dev.caravan.spec.IpAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** What IPv6, and both families together, ask of a host. */
final class AddressFamilyRules {
    private AddressFamilyRules() {}

    /**
     * With two pod networks the kubelet must be given an address of each family: outside of clouds it reports only one by itself
     * (kubernetes.io, "Dual-stack support with kubeadm", --node-ip).
     */
    static List<Finding> bothFamilies(Survey survey) {
        List<Finding> findings = new ArrayList<>();
        for (Seen seen : survey.hosts()) {
            if (NodeSettings.needsBothFamilies(survey.cluster(), seen.host())) {
                lacking(seen).ifPresent(problem -> findings.add(new Finding(
                        List.of(seen.name()),
                        "address-families",
                        seen.isMember() ? Severity.WARNS : Severity.REFUSES,
                        problem[0],
                        problem[1])));
            }
        }
        return findings;
    }

    /** Problem and remedy. An address that is on no interface at all has a rule of its own. */
    private static Optional<String[]> lacking(Seen seen) {
        String address = seen.host().nodeAddress();
        if (!IpAddress.is(address)) {
            return Optional.of(new String[] {
                "podSubnet has a network of each family, and this host's address is a name, which does not tell which of its addresses are "
                        + "the node's",
                "Write its IP address into the spec."});
        }
        AddressFamilies families = seen.facts().families();
        if (seen.host().otherNodeAddress().isPresent() || !families.has(address) || families.besides(address).isPresent()) {
            return Optional.empty();
        }
        String other = address.contains(":") ? "IPv4" : "IPv6";
        return Optional.of(new String[] {
            "podSubnet has a network of each family, and the interface of " + address + " has no " + other + " address",
            "Give it one. If the addresses are on different interfaces, write one of each family as internalAddress. Or take one network "
                    + "each for podSubnet and serviceSubnet."});
    }

    /**
     * A kernel that forwards IPv6 takes no router advertisements, unless accept_ra is 2, and removes the default route that it has
     * from them (ip-sysctl, accept_ra; rt6_purge_dflt_routers). Where accept_ra is 0, a network manager reads them, and goes on to.
     */
    static List<Finding> routerAdvertisements(Survey survey) {
        List<Finding> findings = new ArrayList<>();
        for (Seen seen : survey.hosts(host -> !host.isMember())) {
            if (usesIpv6(survey.cluster(), seen)) {
                seen.facts().families().advertised().stream()
                        .filter(link -> link.acceptRa() == 1)
                        .forEach(link -> findings.add(new Finding(
                                List.of(seen.name()),
                                "router-advertisements",
                                Severity.WARNS,
                                "the IPv6 default route comes from router advertisements on " + link.link()
                                        + ", which the kernel ignores once it forwards IPv6, as pods need it to",
                                "Write net.ipv6.conf." + link.link()
                                        + ".accept_ra = 2 into /etc/sysctl.d and run sysctl --system, or set a route of your own.")));
            }
        }
        return findings;
    }

    /** As os-prepare.sh decides whether to turn IPv6 forwarding on. */
    private static boolean usesIpv6(Cluster cluster, Seen seen) {
        Cluster.Kubernetes kubernetes = cluster.kubernetes();
        return (kubernetes.podSubnet() + kubernetes.serviceSubnet() + seen.host().nodeAddress()).contains(":")
                || kubernetes.controlPlaneEndpoint().startsWith("[");
    }
}
