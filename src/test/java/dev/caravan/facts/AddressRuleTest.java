package dev.caravan.facts;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.spec.Cluster;
import dev.caravan.spec.Cluster.RuntimeName;
import dev.caravan.spec.Host;
import dev.caravan.testkit.Clusters;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

class AddressRuleTest {
    private static final Set<String> RULES = Set.of("address", "node-address", "network-interface");

    @Test
    void theInternalAddressIsOnAnInterfaceAndTheOneOfSshNeedNotBe() {
        Map<String, Facts> hosts = Map.of("h1", host(1, "eth0 192.0.2.11\neth1 10.0.0.11", ""),
                "h2", host(2, "eth0 192.0.2.12", ""));

        assertThat(said(cluster(Map.of(), Optional.empty(), "10.0.0.11", "10.0.0.12"), hosts)).containsExactly(
                "REFUSES address [h2] the internalAddress 10.0.0.12 is on no interface of this host; it has 192.0.2.12");
        assertThat(said(cluster(Map.of(), Optional.empty(), null, null), hosts)).as("without it").containsExactly(
                "REFUSES address [h1] the address 10.77.0.11 is on no interface of this host; it has 192.0.2.11, 10.0.0.11",
                "REFUSES address [h2] the address 10.77.0.12 is on no interface of this host; it has 192.0.2.12");
    }

    @Test
    void aNodeKeepsItsAddress() {
        Map<String, Facts> hosts = Map.of("h1", host(1, "eth0 10.77.0.11\neth1 10.0.0.11", "10.77.0.11"),
                "h2", host(2, "eth0 10.77.0.12\neth1 10.0.0.12", "10.0.0.12,fd00::12"));
        Map<String, Map<String, Object>> named = Map.of("InitConfiguration",
                Map.of("nodeRegistration", Map.of("kubeletExtraArgs", List.of(Map.of("name", "node-ip", "value", "10.77.0.11")))));

        assertThat(said(cluster(Map.of(), Optional.empty(), "10.0.0.11", "10.0.0.12"), hosts)).containsExactly(
                "REFUSES node-address [h1] the spec gives the node the address 10.0.0.11, and its kubelet runs with --node-ip 10.77.0.11");
        assertThat(said(cluster(named, Optional.empty(), "10.0.0.11", "10.0.0.12"), hosts)).as("named by the documents").isEmpty();
    }

    @Test
    void theInterfaceIsOnEveryHost() {
        Map<String, Facts> hosts = Map.of("h1", host(1, "eth0 10.77.0.11\neth1 10.0.0.11", ""), "h2", host(2, "eth0 10.77.0.12", ""));

        assertThat(said(cluster(Map.of(), Optional.of("eth1"), null, null), hosts)).containsExactly(
                "REFUSES network-interface [h2] network.interface is eth1, and this host has no such interface with an address; "
                        + "it has eth0");
        assertThat(said(cluster(Map.of(), Optional.of("eth0"), null, null), hosts)).isEmpty();
    }

    @Test
    void otherHostsAreReachedAtTheirInternalAddresses() {
        Cluster cluster = cluster(Map.of(), Optional.empty(), "10.0.0.11", "10.0.0.12");

        assertThat(ReachTargets.of(cluster, cluster.hosts().get(1)).lines()).contains("10.0.0.11 6443 h1", "10.0.0.11 10250 @neighbour")
                .noneMatch(line -> line.startsWith("10.77.0.11 ") && !line.endsWith(" @endpoint"));
        assertThat(ReachTargets.of(cluster, cluster.hosts().get(0)).lines()).contains("10.0.0.12 10250 h2");
    }

    private static List<String> said(Cluster cluster, Map<String, Facts> hosts) {
        return RecordedFacts.preflight(Limits.defaults()).check(cluster, hosts).stream()
                .filter(finding -> RULES.contains(finding.rule()))
                .map(finding -> finding.severity() + " " + finding.rule() + " " + finding.hosts() + " " + finding.problem())
                .toList();
    }

    private static Cluster cluster(Map<String, Map<String, Object>> kubeadm, Optional<String> networkInterface, String... internal) {
        Cluster cluster = Clusters.of(1, 1, "1.34.4", "10.244.0.0/16", "10.77.0.11:6443", RuntimeName.CONTAINERD, kubeadm);
        List<Host> hosts = new ArrayList<>();
        for (int number = 0; number < 2; number++) {
            Host host = cluster.hosts().get(number);
            List<String> addresses = internal[number] == null ? List.of() : List.of(internal[number]);
            hosts.add(new Host(host.name(), host.address(), addresses, host.roles(), host.ssh(), host.labels(), host.taints(),
                    host.state()));
        }
        return new Cluster(cluster.name(), cluster.kubernetes(), cluster.packages(), cluster.runtime(),
                new Cluster.Network(Cluster.Cni.FLANNEL, Optional.empty(), networkInterface), hosts, cluster.onFailure());
    }

    /** @param nodeIp of a node of the cluster; empty for a host that is in none */
    private static Facts host(int number, String linkAddresses, String nodeIp) {
        Map<String, String> outputs = RecordedFacts.bareHost(number);
        outputs.put("linkAddresses", linkAddresses);
        if (!nodeIp.isEmpty()) {
            outputs.put("kubernetes", number == 1 ? "kubelet.conf\nadmin.conf\nkube-apiserver.yaml" : "kubelet.conf");
            outputs.put("apiServer", "https://10.77.0.11:6443");
            outputs.put("nodeName", "h" + number);
            outputs.put("nodeIp", nodeIp);
        }
        return Facts.parse(outputs, RecordedFacts.NOW, RecordedFacts.NOW);
    }
}
