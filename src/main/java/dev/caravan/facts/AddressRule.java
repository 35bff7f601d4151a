package dev.caravan.facts;

import dev.caravan.facts.Survey.Seen;
import dev.caravan.kubeadm.NodeSettings;
import dev.caravan.spec.IpAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** The addresses and the interface that the cluster's traffic uses. */
final class AddressRule {
    private AddressRule() {}

    /**
     * A node's address must be on an interface of the host, where the spec gives an IP address: etcd and the API server bind to it, and
     * the kubelet reports it as its node's. A floating or translated address is on none.
     */
    static List<Finding> check(Survey survey) {
        List<Finding> findings = new ArrayList<>();
        for (Seen seen : survey.hosts()) {
            List<String> internal = seen.host().internalAddresses();
            for (String wanted : internal.isEmpty() ? List.of(seen.host().address()) : internal) {
                if (IpAddress.is(wanted) && !seen.facts().families().all().isEmpty() && !seen.facts().families().has(wanted)) {
                    findings.add(finding(seen, wanted, !internal.isEmpty()));
                }
            }
        }
        return findings;
    }

    private static Finding finding(Seen seen, String wanted, boolean internal) {
        String own = String.join(", ", seen.facts().families().all());
        return new Finding(List.of(seen.name()), "address", Severity.REFUSES,
                "the " + (internal ? "internalAddress " : "address ") + wanted + " is on no interface of this host; it has " + own,
                "etcd and kubelet would not start with it. " + (internal
                        ? "Write the address by which the other hosts reach this one, or set it on the interface."
                        : "If it is a floating or translated address (NAT), keep it for SSH. Write the address that is on an interface as "
                                + "internalAddress beside it."));
    }

    /** The address of a node cannot be changed in place: etcd, certificates and the other nodes have it. */
    static List<Finding> moved(Survey survey) {
        List<Finding> findings = new ArrayList<>();
        for (Seen seen : survey.hosts(Seen::isMember)) {
            String wanted = seen.host().nodeAddress();
            List<String> nodes = seen.facts().families().node();
            boolean kept = nodes.isEmpty() || !IpAddress.is(wanted) || NodeSettings.namesNodeIp(survey.cluster(), seen.host())
                    || nodes.stream().map(IpAddress::canonical).anyMatch(IpAddress.canonical(wanted)::equals);
            if (!kept) {
                findings.add(new Finding(List.of(seen.name()), "node-address", Severity.REFUSES,
                        "the spec gives the node the address " + wanted + ", and its kubelet runs with --node-ip "
                                + String.join(",", nodes),
                        "A node keeps its address. Write the old one as internalAddress, or have the host leave (state: absent) and "
                                + "join again."));
            }
        }
        return findings;
    }

    /** Where flannel and Calico are told an interface, each host must have it, with an address. */
    static List<Finding> networkInterface(Survey survey) {
        Optional<String> name = survey.cluster().network().networkInterface();
        if (name.isEmpty()) {
            return List.of();
        }
        List<Finding> findings = new ArrayList<>();
        for (Seen seen : survey.hosts()) {
            Set<String> links = seen.facts().families().links().keySet();
            if (!links.isEmpty() && !links.contains(name.get())) {
                findings.add(new Finding(List.of(seen.name()), "network-interface", Severity.REFUSES,
                        "network.interface is " + name.get() + ", and this host has no such interface with an address; it has "
                                + String.join(", ", links),
                        "Write the name that it has on every host. Without network.interface, the pod network uses the interface of each "
                                + "host's internalAddress, or that of the default route."));
            }
        }
        return findings;
    }
}
