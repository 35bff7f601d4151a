package dev.caravan.facts;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.spec.Cluster;
import dev.caravan.testkit.Clusters;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AlikeFindingsTest {
    private final Cluster cluster = Clusters.of(1, 63);

    private static Finding of(String host, String problem, String remedy) {
        return new Finding(List.of(host), "facts", Severity.REFUSES, problem, remedy);
    }

    @Test
    void whatSixtyFourHostsHaveAlikeIsSaidOnce() {
        List<Finding> findings = cluster.hosts().stream().map(host -> of(host.name(),
                "could not be looked at: root@" + host.address() + ":22: connection refused", "Look at " + host.name() + ".")).toList();

        assertThat(Preflight.merged(findings, cluster)).containsExactly(new Finding(
                IntStream.rangeClosed(1, 64).mapToObj(number -> "h" + number).toList(), "facts", Severity.REFUSES,
                "could not be looked at: root@ADDRESS:22: connection refused", "Look at HOST."));
    }

    /** In the words of rules as they are, for hosts that differ in measures and processes. */
    @Test
    void whatRulesSayOfManyHostsIsSaidOnceForEachRule() {
        Cluster few = Clusters.of(1, 3);
        Map<String, Facts> facts = new LinkedHashMap<>();
        for (int number = 1; number <= 4; number++) {
            Map<String, String> host = RecordedFacts.bareHost(number);
            if (number > 1) {
                host.put("memoryMib", Integer.toString(490 + number));
                host.merge("listening", "* 10250 " + (100 + number) + " java", (own, more) -> own + "\n" + more);
            }
            facts.put("h" + number, Facts.parse(host, RecordedFacts.NOW, RecordedFacts.NOW.plusSeconds(2)));
        }
        List<Finding> findings = RecordedFacts.preflight(Limits.defaults()).check(few, facts);

        assertThat(Preflight.merged(findings, few)).extracting(Finding::problem)
                .containsExactly("port 10250 is held by java", "too little memory: 492 to 494 MiB, and a worker needs 700");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "port 6443 is held by haproxy|port 10250 is held by haproxy",
        "runs kernel 3.10.0|runs kernel 3.11.0",
        "does not reach h1 at 10.77.0.11|does not reach h3 at 10.77.0.13",
        "only 3 % of /var is free|only 3 % of /srv is free",
    })
    void whatDiffersInSomethingElseIsSaidForEach(String ofH2, String ofH4) {
        List<Finding> findings = List.of(of("h2", ofH2, ""), of("h4", ofH4, ""));
        assertThat(Preflight.merged(findings, cluster)).isEqualTo(findings);
    }

    @Test
    void whatIsAboutSeveralHostsOrNoneStaysAsItIs() {
        List<Finding> findings = new ArrayList<>();
        findings.add(new Finding(List.of("h1", "h2"), "mac", Severity.REFUSES, "the same MAC address", ""));
        findings.add(new Finding(List.of("h3", "h4"), "mac", Severity.REFUSES, "the same MAC address", ""));
        findings.add(new Finding(List.of(), "runtime", Severity.REFUSES, "no such runtime", ""));
        assertThat(Preflight.merged(findings, cluster)).isEqualTo(findings);
    }

    @Test
    void theWordsOfASingleHostStay() {
        List<Finding> findings = List.of(of("h2", "root@10.77.0.12:22: connection refused", ""),
                of("h3", "root@10.77.0.13:22: no route to host", ""));
        assertThat(Preflight.merged(findings, cluster)).isEqualTo(findings);
    }
}
