package dev.caravan.facts;

import dev.caravan.spec.Cluster;
import dev.caravan.spec.Cluster.RuntimeName;
import dev.caravan.testkit.Clusters;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.junit.jupiter.params.provider.Arguments;

/** Facts of bare hosts and of nodes, changed as a test wants them, and what preflight says of them. */
abstract class PreflightFindings {
    /** One control plane h1, two workers h2 and h3. */
    final Cluster cluster = Clusters.of(1, 2);

    static String expires(int days, String path) {
        return RecordedFacts.NOW.plusSeconds(10).plus(Duration.ofDays(days)).getEpochSecond() + " " + path;
    }

    static Cluster spec(String version, RuntimeName runtime, Map<String, Map<String, Object>> kubeadm) {
        return Clusters.of(1, 1, version, "10.244.0.0/16", "10.77.0.11:6443", runtime, kubeadm);
    }

    static Arguments change(String what, Consumer<Map<String, Map<String, String>>> change, String... said) {
        return Arguments.of(what, change, List.of(said));
    }

    static Map<String, Map<String, String>> bare(int count) {
        Map<String, Map<String, String>> hosts = new LinkedHashMap<>();
        for (int number = 1; number <= count; number++) {
            hosts.put("h" + number, RecordedFacts.bareHost(number));
        }
        return hosts;
    }

    static Map<String, Map<String, String>> nodes(int count) {
        Map<String, Map<String, String>> hosts = new LinkedHashMap<>();
        for (int number = 1; number <= count; number++) {
            hosts.put("h" + number, RecordedFacts.node(number));
        }
        return hosts;
    }

    static void both(Map<String, Map<String, String>> hosts, String output, String value) {
        hosts.get("h1").put(output, value);
        hosts.get("h2").put(output, value);
    }

    static void listen(Map<String, Map<String, String>> hosts, String host, String lines) {
        hosts.get(host).merge("listening", lines, (own, more) -> own + "\n" + more);
    }

    static void other(Map<String, String> host, String id, String version, String family) {
        host.put("osId", id);
        host.put("osVersion", version);
        host.put("family", family);
    }

    /** The round trip takes 2 s in these tests, so that a second of what is seen is open. */
    static void clock(Map<String, String> host, int secondsAhead) {
        host.put("clock", (RecordedFacts.NOW.getEpochSecond() + 1 + secondsAhead) + ".000");
    }

    static Map<String, Facts> parse(Map<String, Map<String, String>> hosts) {
        Map<String, Facts> facts = new LinkedHashMap<>();
        hosts.forEach((name, outputs) -> facts.put(name, Facts.parse(outputs, RecordedFacts.NOW, RecordedFacts.NOW.plusSeconds(2))));
        return facts;
    }

    static List<String> said(Cluster cluster, Map<String, Map<String, String>> hosts) {
        return RecordedFacts.preflight(Limits.defaults()).check(cluster, parse(hosts)).stream()
                .map(finding -> finding.severity().word() + " " + finding.rule() + " " + finding.hosts() + ": " + finding.problem())
                .toList();
    }
}
