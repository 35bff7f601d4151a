package dev.caravan.facts;

import dev.caravan.spec.Cluster;
import dev.caravan.spec.Cluster.RuntimeName;
import dev.caravan.testkit.Clusters;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What the rules that read routes/data/kubernetes.yaml say, with the built-in table: one control plane h1, one worker h2. */
abstract class VersionFindings {
    static final Map<String, Object> IGNORES =
            Map.of("nodeRegistration", Map.of("ignorePreflightErrors", List.of("SystemVerification")));

    final Map<String, Map<String, String>> hosts = new LinkedHashMap<>(Map.of("h1", host(1), "h2", host(2)));

    static Map<String, String> host(int number) {
        Map<String, String> host = RecordedFacts.bareHost(number);
        host.put("cgroupVersion", "2");
        host.put("osId", "rocky");
        host.put("osVersion", "9.6");
        host.put("kernel", "5.14.0-570.12.1.el9_6.x86_64");
        return host;
    }

    static Cluster cluster(String version, Map<String, Map<String, Object>> kubeadm) {
        return Clusters.of(1, 1, version, "10.244.0.0/16", "10.77.0.11:6443", RuntimeName.CONTAINERD, kubeadm);
    }

    List<Finding> findings(Cluster cluster) {
        return findings(RecordedFacts.preflight(Limits.defaults()), cluster);
    }

    List<Finding> findings(Preflight preflight, Cluster cluster) {
        Map<String, Facts> facts = new LinkedHashMap<>();
        hosts.forEach((name, outputs) -> facts.put(name, Facts.parse(outputs, RecordedFacts.NOW, RecordedFacts.NOW.plusSeconds(2))));
        return preflight.check(cluster, facts);
    }

    List<String> said(Cluster cluster) {
        return findings(cluster).stream()
                .map(finding -> finding.severity().word() + " " + finding.rule() + " " + finding.hosts() + ": " + finding.problem())
                .toList();
    }

    List<String> said(String version) {
        return said(cluster(version, Map.of()));
    }

    void all(String output, String value) {
        hosts.values().forEach(host -> host.put(output, value));
    }
}
