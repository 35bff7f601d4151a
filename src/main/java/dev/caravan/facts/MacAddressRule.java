package dev.caravan.facts;

import dev.caravan.facts.Survey.Seen;
import dev.caravan.spec.Host;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * Each host must have MAC addresses of its own. Where two share one, the network between them and the engine comes and goes, so that
 * one of them may not get to tell its facts; then its neighbours' word is taken for it. Not so for an address that also answers for
 * a host which is known to have another one: that is a router's.
 */
final class MacAddressRule {
    private MacAddressRule() {}

    static List<Finding> check(Survey survey) {
        Map<String, Map<String, String>> holders = new TreeMap<>();
        for (Seen seen : IdentityRules.distinct(survey)) {
            for (Facts.NetworkInterface card : seen.facts().interfaces()) {
                if (card.inUse()) {
                    add(holders, card.mac(), seen.name(), card.name() + " on " + seen.name());
                }
            }
        }
        seenBy(survey).forEach((mac, hosts) -> hosts.forEach(host -> add(holders, mac, host, "seen for " + host + " by its neighbours")));
        Set<List<String>> reported = new LinkedHashSet<>();
        List<Finding> findings = new ArrayList<>();
        holders.forEach((mac, interfaces) -> {
            List<String> hosts = survey.cluster().hosts().stream().map(Host::name).filter(interfaces::containsKey).toList();
            if (hosts.size() > 1 && reported.add(hosts)) {
                findings.add(finding(mac, hosts, hosts.stream().map(interfaces::get).collect(Collectors.joining(", "))));
            }
        });
        return findings;
    }

    /** MAC addresses that carry the host's traffic; a bond and its parts have one between them. */
    static Set<String> macAddresses(Facts facts) {
        return facts.interfaces().stream().filter(Facts.NetworkInterface::inUse).map(Facts.NetworkInterface::mac)
                .collect(Collectors.toSet());
    }

    /** What neighbours know of hosts without facts: hosts by MAC address. */
    private static Map<String, Set<String>> seenBy(Survey survey) {
        Map<String, Host> byAddress = survey.cluster().hosts().stream()
                .collect(Collectors.toMap(Host::nodeAddress, host -> host, (one, other) -> one));
        Map<String, Set<String>> seenBy = new TreeMap<>();
        Set<String> routers = new LinkedHashSet<>();
        for (Seen seen : survey.hosts()) {
            for (Facts.Neighbour neighbour : seen.facts().neighbours()) {
                Host host = byAddress.get(neighbour.address());
                Facts own = host == null ? null : survey.facts().get(host.name());
                if (host != null && own == null) {
                    seenBy.computeIfAbsent(neighbour.mac(), anyMac -> new LinkedHashSet<>()).add(host.name());
                } else if (own != null && !macAddresses(own).contains(neighbour.mac())) {
                    routers.add(neighbour.mac());
                }
            }
        }
        seenBy.keySet().removeAll(routers);
        return seenBy;
    }

    private static void add(Map<String, Map<String, String>> holders, String mac, String host, String how) {
        holders.computeIfAbsent(mac, anyMac -> new LinkedHashMap<>()).putIfAbsent(host, how);
    }

    private static Finding finding(String mac, List<String> hosts, String where) {
        return new Finding(
                hosts,
                "mac-address",
                Severity.REFUSES,
                "one MAC address, " + mac + " (" + where + ")",
                "Give each machine its own; cloned virtual machines often share one.");
    }
}
