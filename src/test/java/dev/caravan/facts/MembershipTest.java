package dev.caravan.facts;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.spec.Cluster;
import dev.caravan.spec.Cluster.RuntimeName;
import dev.caravan.testkit.Clusters;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** From 1.33 on a control plane's kubelet.conf names that host's own advertise address, not the cluster's endpoint. */
class MembershipTest {
    private static final String ENDPOINT = "api.example.org:6443";

    @Test
    void aControlPlaneThatTalksToItselfIsOfThisCluster() {
        Facts first = node(1, "https://192.0.2.77:6443", "eth0 10.77.0.11\neth1 192.0.2.77");

        assertThat(of(cluster(Map.of()), "h1", Map.of("h1", first))).isEqualTo(Membership.THIS_CLUSTER);
    }

    @Test
    void anAddressOfNobodyHereIsAnotherClusters() {
        Facts first = node(1, "https://192.0.2.77:6443", "eth0 10.77.0.11");

        assertThat(of(cluster(Map.of()), "h1", Map.of("h1", first))).isEqualTo(Membership.OTHER_CLUSTER);
    }

    @Test
    void anotherPortOfItsOwnIsNot() {
        Facts first = node(1, "https://192.0.2.77:6444", "eth0 10.77.0.11\neth1 192.0.2.77");

        assertThat(of(cluster(Map.of()), "h1", Map.of("h1", first))).isEqualTo(Membership.OTHER_CLUSTER);
    }

    @Test
    void anAdvertisedAddressOfTheSpecIsOfThisCluster() {
        Map<String, Map<String, Object>> documents =
                Map.of("InitConfiguration", Map.of("localAPIEndpoint", Map.of("advertiseAddress", "2001:DB8::77")));
        Facts first = node(1, "https://[2001:db8::77]:6443", "eth0 10.77.0.11");

        assertThat(of(cluster(documents), "h1", Map.of("h1", first))).isEqualTo(Membership.THIS_CLUSTER);
    }

    @Test
    void furtherHostsAreJudgedByTheCa() {
        Facts first = node(1, "https://192.0.2.77:6443", "eth0 192.0.2.77");
        Map<String, String> other = outputs(2, "https://10.77.0.12:6443", "eth0 10.77.0.12");
        other.put("caHash", "sha256:" + "b".repeat(64));

        assertThat(of(cluster(Map.of()), "h2", Map.of("h1", first, "h2", node(2, "https://203.0.113.5:6443", "eth0 10.77.0.12"))))
                .as("whatever its kubelet talks to").isEqualTo(Membership.THIS_CLUSTER);
        assertThat(of(cluster(Map.of()), "h2", Map.of("h1", first, "h2", Facts.parse(other, RecordedFacts.NOW, RecordedFacts.NOW))))
                .as("another CA").isEqualTo(Membership.OTHER_CLUSTER);
    }

    @Test
    void aControlPlaneThatIsInTheClusterLeadsIfTheFirstOneIsNot() {
        Map<String, String> second = outputs(2, "https://10.77.0.12:6443", "eth0 10.77.0.12");
        second.put("adminServer", "https://" + ENDPOINT);
        Map<String, Facts> facts = Map.of("h1", bare(1), "h2", Facts.parse(second, RecordedFacts.NOW, RecordedFacts.NOW));

        assertThat(leader(cluster(Map.of()), facts)).isEqualTo("h2");
        assertThat(leader(cluster(Map.of()), Map.of())).as("nothing is known").isEqualTo("h1");
        assertThat(leader(cluster(Map.of()), Map.of("h1", node(1, "https://" + ENDPOINT, "eth0 10.77.0.11"), "h2", facts.get("h2"))))
                .as("the first one is in it").isEqualTo("h1");
        assertThat(Membership.of(Membership.led(cluster(Map.of()), facts), cluster(Map.of()).hosts().get(1), facts))
                .isEqualTo(Membership.THIS_CLUSTER);
    }

    @Test
    void aControlPlaneWithAnotherEndpointLeadsNobody() {
        Map<String, String> second = outputs(2, "https://10.77.0.12:6443", "eth0 10.77.0.12");
        second.put("adminServer", "https://other.example.org:6443");

        assertThat(leader(cluster(Map.of()), Map.of("h1", bare(1), "h2", Facts.parse(second, RecordedFacts.NOW, RecordedFacts.NOW))))
                .isEqualTo("h1");
    }

    /** Nobody would answer the hosts that join. */
    @Test
    void noOtherLeadsIfTheEndpointIsTheFirstOnesAddress() {
        Cluster cluster = Clusters.of(2, 1, "1.34.4", "10.244.0.0/16", "10.77.0.11:6443", RuntimeName.CONTAINERD, Map.of());
        Map<String, String> second = outputs(2, "https://10.77.0.12:6443", "eth0 10.77.0.12");
        second.put("adminServer", "https://10.77.0.11:6443");

        assertThat(leader(cluster, Map.of("h1", bare(1), "h2", Facts.parse(second, RecordedFacts.NOW, RecordedFacts.NOW)))).isEqualTo("h1");
    }

    private static String leader(Cluster cluster, Map<String, Facts> facts) {
        return Membership.led(cluster, facts).firstControlPlane().name();
    }

    private static Facts bare(int number) {
        return Facts.parse(RecordedFacts.bareHost(number), RecordedFacts.NOW, RecordedFacts.NOW);
    }

    private static Membership of(Cluster cluster, String host, Map<String, Facts> facts) {
        return Membership.of(cluster, cluster.hosts().stream().filter(one -> one.name().equals(host)).findFirst().orElseThrow(), facts);
    }

    private static Cluster cluster(Map<String, Map<String, Object>> kubeadm) {
        return Clusters.of(2, 1, "1.34.4", "10.244.0.0/16", ENDPOINT, RuntimeName.CONTAINERD, kubeadm);
    }

    private static Facts node(int number, String server, String linkAddresses) {
        return Facts.parse(outputs(number, server, linkAddresses), RecordedFacts.NOW, RecordedFacts.NOW);
    }

    private static Map<String, String> outputs(int number, String server, String linkAddresses) {
        Map<String, String> outputs = RecordedFacts.node(1);
        outputs.put("nodeName", "h" + number);
        outputs.put("apiServer", server);
        outputs.put("linkAddresses", linkAddresses);
        return outputs;
    }
}
