package dev.caravan.facts;

import dev.caravan.facts.Survey.Seen;
import dev.caravan.spec.Cluster;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** A firewall that is on may be set up for Kubernetes; pods' own traffic cannot be tried before there are pods. */
final class FirewallRule {
    private FirewallRule() {}

    private record Alike(String firewall, boolean controlPlane) {}

    /** On hosts that are not nodes yet: on a node, what works is left alone. */
    static List<Finding> check(Survey survey) {
        Map<Alike, List<Seen>> groups = new LinkedHashMap<>();
        for (Seen seen : survey.hosts(host -> !host.isMember())) {
            for (String firewall : seen.facts().firewalls()) {
                groups.computeIfAbsent(new Alike(firewall, seen.host().isControlPlane()), any -> new ArrayList<>()).add(seen);
            }
        }
        List<Finding> findings = new ArrayList<>();
        groups.forEach((alike, hosts) -> {
            List<String> ports = ports(survey.cluster(), hosts.get(0));
            findings.add(new Finding(
                    Survey.names(hosts),
                    "firewall",
                    Severity.WARNS,
                    alike.firewall() + " is on, and has to let " + String.join(", ", ports) + " through between the nodes",
                    alike.firewall().equals("ufw")
                            ? "For each node: ufw allow from ADDRESS. Or turn it off: ufw disable."
                            : "For each node: firewall-cmd --permanent --zone=trusted --add-source=ADDRESS, for the pod network too; "
                                    + "then firewall-cmd --reload."
                                    + " Or turn it off: systemctl disable --now firewalld."));
        });
        return findings;
    }

    private static List<String> ports(Cluster cluster, Seen seen) {
        Ports ports = Ports.of(cluster);
        List<String> list = new ArrayList<>();
        if (seen.host().isControlPlane()) {
            list.add("TCP " + ports.apiServer());
            if (ports.stackedEtcd()) {
                list.add(Ports.ETCD.stream().map(String::valueOf).collect(Collectors.joining("-", "TCP ", "")));
            }
        }
        list.add("TCP " + Ports.KUBELET);
        list.add("TCP 30000-32767");
        list.addAll(networkPorts(cluster.network().cni()));
        list.add("pods' addresses in " + cluster.kubernetes().podSubnet());
        return list;
    }

    /** What the networks use between nodes by default, after their own documentation. */
    private static List<String> networkPorts(Cluster.Cni cni) {
        return switch (cni) {
            case FLANNEL -> List.of("UDP 8472");
            case CALICO -> List.of("TCP 179", "IP in IP");
            case CILIUM -> List.of("UDP 8472", "TCP 4240");
            case BRIDGE, NONE -> List.of();
        };
    }
}
