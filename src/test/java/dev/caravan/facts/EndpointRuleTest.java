package dev.caravan.facts;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.spec.Cluster;
import dev.caravan.spec.SpecReader;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What preflight says of an endpoint that Caravan is to keep: two control planes at 10.77.0.11 and 12, and a worker. */
class EndpointRuleTest {
    private static Cluster cluster(String endpoint) throws Exception {
        return SpecReader.read("""
                apiVersion: caravan/v1
                kind: Cluster
                metadata: {name: demo}
                spec:
                  kubernetes: {version: 1.20.2, endpoint: {%s}}
                  runtime: {name: docker}
                  network: {cni: bridge}
                  hosts:
                    - {name: h1, address: 10.77.0.11, roles: [control-plane]}
                    - {name: h2, address: 10.77.0.12, roles: [control-plane]}
                    - {name: h3, address: 10.77.0.13, roles: [worker]}
                """.formatted(endpoint), "test");
    }

    private static List<Finding> findings(String endpoint, Map<String, Map<String, String>> changes) throws Exception {
        Map<String, Facts> facts = new LinkedHashMap<>();
        for (int number = 1; number <= 3; number++) {
            Map<String, String> outputs = RecordedFacts.bareHost(number);
            outputs.putAll(changes.getOrDefault("h" + number, Map.of()));
            facts.put("h" + number, Facts.parse(outputs, RecordedFacts.NOW, RecordedFacts.NOW.plusSeconds(2)));
        }
        return RecordedFacts.preflight(Limits.defaults()).check(cluster(endpoint), facts);
    }

    @Test
    void nothingIsSaidOfAFreeAddressInTheControlPlanesNetwork() throws Exception {
        assertThat(findings("vip: 10.77.0.100", Map.of("h2", Map.of("reach", "10.77.0.100 8443 @endpoint no-route")))).isEmpty();
        assertThat(findings("nodeLocal: true", Map.of())).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"open", "refused"})
    void anAddressThatAnswersIsTaken(String outcome) throws Exception {
        assertThat(findings("vip: 10.77.0.100", Map.of("h2", Map.of("reach", "10.77.0.100 8443 @endpoint " + outcome)))).singleElement()
                .satisfies(finding -> {
                    assertThat(finding.refuses()).isTrue();
                    assertThat(finding.problem()).contains("10.77.0.100, which must be free");
                });
    }

    /** The action change-endpoint moves it there; a cluster that has the endpoint answers at it itself. */
    @Test
    void theAddressMustBeFreeAlsoForAClusterThatHasAnotherEndpoint() throws Exception {
        Map<String, String> reached = Map.of("reach", "10.77.0.100 8443 @endpoint open");

        assertThat(findings("vip: 10.77.0.100", Map.of("h1", memberAt("https://10.77.0.11:6443"), "h2", reached)))
                .anySatisfy(finding -> assertThat(finding.problem()).contains("10.77.0.100, which must be free"));
        assertThat(findings("vip: 10.77.0.100", Map.of("h1", memberAt("https://10.77.0.100:8443"), "h2", reached)))
                .noneSatisfy(finding -> assertThat(finding.problem()).contains("10.77.0.100, which must be free"));
    }

    private static Map<String, String> memberAt(String endpoint) {
        return Map.of("kubernetes", "kubelet.conf\nadmin.conf\nkube-apiserver.yaml", "apiServer", "https://10.77.0.11:6443",
                "adminServer", endpoint, "nodeName", "h1", "kubeletVersion", "1.20.2");
    }

    @Test
    void anAddressOfAHostIsTaken() throws Exception {
        assertThat(findings("vip: 10.77.0.100", Map.of("h3", Map.of("linkAddresses", "eth0 10.77.0.13,10.77.0.100")))).singleElement()
                .satisfies(finding -> assertThat(finding.hosts()).containsExactly("h3"));
    }

    /** An interrupted run, or one that was kept, has left haproxy and the address. */
    @Test
    void whatAnEarlierRunLeftIsNotInTheWay() throws Exception {
        assertThat(findings("vip: 10.77.0.100", Map.of(
                "h1", Map.of("linkAddresses", "eth0 10.77.0.11,10.77.0.100", "listening", "0.0.0.0 8443 77 haproxy"),
                "h2", Map.of("reach", "10.77.0.100 8443 @endpoint open")))).isEmpty();
    }

    @Test
    void somethingElseAtThePortIsInTheWay() throws Exception {
        assertThat(findings("vip: 10.77.0.100", Map.of("h2", Map.of("listening", "0.0.0.0 8443 77 nginx")))).singleElement()
                .satisfies(finding -> assertThat(finding.problem()).isEqualTo("port 8443 is held by nginx (pid 77)"));
        assertThat(findings("vip: 10.77.0.100", Map.of("h3", Map.of("listening", "0.0.0.0 8443 77 nginx")))).isEmpty();
        assertThat(findings("nodeLocal: true", Map.of("h3", Map.of("listening", "0.0.0.0 8443 77 nginx")))).hasSize(1);
    }

    @Test
    void anAddressOfAnotherNetworkIsRefused() throws Exception {
        assertThat(findings("vip: 10.78.0.100", Map.of())).singleElement().satisfies(finding -> {
            assertThat(finding.hosts()).containsExactly("h1", "h2");
            assertThat(finding.problem()).isEqualTo("no interface is in the network of the virtual address 10.78.0.100");
        });
    }
}
