package dev.caravan.facts;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.spec.Cluster;
import dev.caravan.spec.Cluster.RuntimeName;
import dev.caravan.testkit.Clusters;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class AddressFamilyRulesTest {
    private static final String BOTH = "10.244.0.0/16,fd00:10:244::/56";

    @Test
    void eachHostOfADualStackClusterHasAnAddressOfEachFamily() {
        Map<String, Facts> hosts = Map.of("h1", host(1, "eth0 10.77.0.11,2001:db8::11", ""),
                "h2", host(2, "eth0 10.77.0.12\neth1 2001:db8::12", ""));

        assertThat(said(cluster(BOTH, Map.of()), hosts)).containsExactly(
                "REFUSES [h2] podSubnet has a network of each family, and the interface of 10.77.0.12 has no IPv6 address");
        assertThat(said(cluster("10.244.0.0/16", Map.of()), hosts)).isEmpty();
    }

    @Test
    void addressesThatTheSpecNamesItselfAreNotLookedFor() {
        Map<String, Facts> hosts = Map.of("h1", host(1, "eth0 10.77.0.11,2001:db8::11", ""), "h2", host(2, "eth0 10.77.0.12", ""));
        Map<String, Object> registration =
                Map.of("nodeRegistration", Map.of("kubeletExtraArgs", List.of(Map.of("name", "node-ip", "value", "::"))));

        assertThat(said(cluster(BOTH, Map.of("JoinConfiguration", registration)), hosts)).isEmpty();
        assertThat(said(cluster(BOTH, Map.of("InitConfiguration", registration)), hosts)).hasSize(1);
    }

    @Test
    void aRouteFromRouterAdvertisementsIsWarnedOfWhereTheKernelWouldDropIt() {
        Map<String, Facts> hosts = Map.of(
                "h1", host(1, "eth0 10.77.0.11,2001:db8::11", "eth0 1"), "h2", host(2, "eth0 10.77.0.12,2001:db8::12", "eth0 2\neth1 0"));

        assertThat(said(cluster(BOTH, Map.of()), hosts))
                .containsExactly("WARNS [h1] the IPv6 default route comes from router advertisements on eth0, which the kernel ignores "
                        + "once it forwards IPv6, as pods need it to");
        assertThat(said(cluster("10.244.0.0/16", Map.of()), hosts)).as("without IPv6 nothing is forwarded").isEmpty();
    }

    private static List<String> said(Cluster cluster, Map<String, Facts> hosts) {
        return RecordedFacts.preflight(Limits.defaults()).check(cluster, hosts).stream()
                .filter(finding -> finding.rule().equals("address-families") || finding.rule().equals("router-advertisements"))
                .map(finding -> finding.severity() + " " + finding.hosts() + " " + finding.problem())
                .toList();
    }

    private static Cluster cluster(String podSubnet, Map<String, Map<String, Object>> kubeadm) {
        return Clusters.of(1, 1, "1.34.4", podSubnet, "10.77.0.11:6443", RuntimeName.CONTAINERD, kubeadm);
    }

    private static Facts host(int number, String linkAddresses, String advertised) {
        Map<String, String> outputs = RecordedFacts.bareHost(number);
        outputs.put("linkAddresses", linkAddresses);
        outputs.put("advertised", advertised);
        return Facts.parse(outputs, RecordedFacts.NOW, RecordedFacts.NOW);
    }
}
