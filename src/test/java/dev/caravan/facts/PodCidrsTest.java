package dev.caravan.facts;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.caravan.spec.Cluster;
import dev.caravan.spec.Cluster.RuntimeName;
import dev.caravan.tables.KubernetesTable;
import dev.caravan.tables.NetworkTable;
import dev.caravan.testkit.Clusters;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PodCidrsTest {

    @ParameterizedTest(name = "{0}: {1} hosts that have [{2}]")
    @CsvSource(delimiter = '|', value = {
        "10.244.0.0/16 | 3 |                                | 10.244.0.0/24 10.244.1.0/24 10.244.2.0/24",
        "10.244.0.0/16 | 3 | - 10.244.0.0/24 -              | 10.244.1.0/24 10.244.0.0/24 10.244.2.0/24",
        "10.244.0.0/16 | 4 | - 10.244.7.0/24 - -            | 10.244.0.0/24 10.244.7.0/24 10.244.1.0/24 10.244.2.0/24",
        "10.244.0.0/16 | 2 | 10.9.0.0/24 -                  | 10.244.0.0/24 10.244.1.0/24",
        "10.244.0.0/16 | 2 | 10.244.5.0/24 10.244.5.0/24    | 10.244.5.0/24 10.244.0.0/24",
        "10.244.0.0/23 | 3 |                                | 10.244.0.0/25 10.244.0.128/25 10.244.1.0/25",
        "10.244.8.0/24 | 1 |                                | 10.244.8.0/24",
        "10.244.8.0/25 | 2 |                                | 10.244.8.0/26 10.244.8.64/26",
        "10.244.8.0/24 | 3 | - 10.244.8.0/25 -              | 10.244.8.128/26 10.244.8.0/25 10.244.8.192/26",
        "fd00::/48,10.244.0.0/16 | 2 |                      | fd00::/64,10.244.0.0/24 fd00:0:0:1::/64,10.244.1.0/24",
        "10.244.0.0/16,fd00::/48 | 2 | - 10.244.0.0/24,fd00:0:0:7::/64 | 10.244.1.0/24,fd00::/64 10.244.0.0/24,fd00:0:0:7::/64",
        "fd00:10:244::/56 | 3 | - fd00:10:244:0::/64 -      | fd00:10:244:1::/64 fd00:10:244::/64 fd00:10:244:2::/64",
        "fd00:10:244::/64 | 2 |                             | fd00:10:244::/65 fd00:10:244:0:8000::/65",
    })
    void givesEachHostABlock(String podSubnet, int count, String existing, String expected) {
        Cluster cluster = cluster(podSubnet, count);

        assertThat(String.join(" ", PodCidrs.assign(cluster, facts(count, existing)).values())).isEqualTo(expected);
    }

    @Test
    void aHostMoreChangesNoOther() {
        Map<String, String> before = PodCidrs.assign(cluster("10.244.0.0/16", 200), facts(0, null));
        Map<String, Facts> facts = facts(200, String.join(" ", before.values()));

        Map<String, String> after = PodCidrs.assign(cluster("10.244.0.0/16", 201), facts);

        assertThat(after).containsAllEntriesOf(before).containsEntry("h201", "10.244.200.0/24");
    }

    @ParameterizedTest
    @CsvSource({"10.244.0.0/28, 2", "fd00::/112, 2"})
    void refusesASubnetWithoutRoom(String podSubnet, int count) {
        assertThatThrownBy(() -> PodCidrs.assign(cluster(podSubnet, count), facts(count, null)))
                .isInstanceOf(IllegalArgumentException.class);
        Survey survey = Survey.of(cluster(podSubnet, count), Map.of(), Leaving.NONE, Limits.defaults(), KubernetesTable.builtIn(),
                NetworkTable.builtIn());
        assertThat(PodCidrs.check(survey))
                .singleElement()
                .matches(finding -> finding.rule().equals("pod-subnet") && finding.refuses() && finding.problem().contains(podSubnet));
    }

    private static Cluster cluster(String podSubnet, int count) {
        return Clusters.of(1, count - 1, "1.20.2", podSubnet, "10.77.0.11:6443", RuntimeName.DOCKER, Map.of());
    }

    private static Map<String, Facts> facts(int count, String existing) {
        List<String> blocks = existing == null ? List.of() : List.of(existing.split(" "));
        Map<String, Facts> facts = new LinkedHashMap<>();
        for (int number = 1; number <= count; number++) {
            Map<String, String> outputs = RecordedFacts.bareHost(1);
            if (number <= blocks.size() && !blocks.get(number - 1).equals("-")) {
                outputs.put("podCidr", blocks.get(number - 1));
            }
            facts.put("h" + number, Facts.parse(outputs, RecordedFacts.NOW, RecordedFacts.NOW));
        }
        return facts;
    }
}
