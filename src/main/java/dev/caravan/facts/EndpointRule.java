package dev.caravan.facts;

import dev.caravan.facts.Survey.Seen;
import dev.caravan.spec.IpAddress;
import dev.caravan.spec.KeptEndpoint;
import dev.caravan.spec.Subnet;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** A virtual address that Caravan is to keep is free, and in the network of every control plane. */
final class EndpointRule {
    private static final String RULE = "endpoint";

    private EndpointRule() {}

    static List<Finding> check(Survey survey) {
        Optional<KeptEndpoint> kept = survey.cluster().kubernetes().endpoint().filter(endpoint -> endpoint.kind() == KeptEndpoint.Kind.VIP);
        if (kept.isEmpty()) {
            return List.of();
        }
        KeptEndpoint endpoint = kept.get();
        InetAddress address = IpAddress.parse(endpoint.address()).orElseThrow();
        List<Finding> findings = new ArrayList<>();
        List<Seen> elsewhere = survey.hosts(seen -> seen.host().isControlPlane() && !isInNetworkOf(seen, address));
        if (!elsewhere.isEmpty()) {
            findings.add(finding(elsewhere, "no interface is in the network of the virtual address " + endpoint.address(),
                    "Take a free address of the network that the control planes share, or write endpoint: {nodeLocal: true}."));
        }
        List<Seen> holders = survey.hosts(seen -> seen.facts().families().has(endpoint.address()) && !keeps(seen, endpoint));
        if (!holders.isEmpty()) {
            findings.add(finding(holders, "has the virtual address " + endpoint.address() + " already",
                    "Take an address that no host has."));
        }
        boolean isOurs = survey.hosts().stream().anyMatch(seen -> uses(seen, endpoint) || keeps(seen, endpoint));
        List<Seen> answered = survey.hosts(seen -> seen.facts().reach().stream()
                .anyMatch(reach -> reach.label().equals(ReachTargets.ENDPOINT) && reach.outcome().reached()));
        if (!isOurs && holders.isEmpty() && !answered.isEmpty()) {
            findings.add(finding(answered, "a host answers at the virtual address " + endpoint.address() + ", which must be free",
                    "Take another address, or find that host: ip neigh show " + endpoint.address() + "."));
        }
        return findings;
    }

    private static Finding finding(List<Seen> hosts, String problem, String remedy) {
        return new Finding(Survey.names(hosts), RULE, Severity.REFUSES, problem, remedy);
    }

    /* A node of the cluster that has the endpoint, unlike one of a cluster that is to be moved to it. */
    private static boolean uses(Seen seen, KeptEndpoint endpoint) {
        return seen.isMember() && Stream.of(seen.facts().kubernetes().adminServer(), seen.facts().kubernetes().apiServer())
                .flatMap(Optional::stream)
                .anyMatch(server -> IpAddress.parse(Endpoint.parse(server).address()).equals(IpAddress.parse(endpoint.address())));
    }

    /* An earlier run left haproxy there; it has the address while it is at work. */
    private static boolean keeps(Seen seen, KeptEndpoint endpoint) {
        return seen.facts().listening().stream()
                .anyMatch(listener -> listener.port() == endpoint.port() && listener.process().equals("haproxy"));
    }

    private static boolean isInNetworkOf(Seen seen, InetAddress address) {
        return seen.facts().interfaces().stream().flatMap(each -> each.addresses().stream())
                .filter(own -> own.contains("/")).map(Subnet::parse).anyMatch(network -> network.contains(address));
    }
}
