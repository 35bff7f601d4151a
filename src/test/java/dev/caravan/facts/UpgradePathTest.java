package dev.caravan.facts;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.spec.Cluster;
import dev.caravan.spec.Upgrade;
import dev.caravan.tables.KubernetesTable;
import dev.caravan.testkit.Clusters;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class UpgradePathTest {

    @Test
    void aClusterAtItsVersionHasNoWayToGo() {
        assertThat(path("1.37.2", Map.of(), "1.37.2", "1.37.2", "1.37.2")).isEmpty();
    }

    @Test
    void withinAMinorThereIsOneHop() {
        assertThat(path("1.37.2", Map.of(), "1.37.1", "1.37.1", "1.37.1")).containsExactly("1.37.1 to 1.37.2 [h2, h3]");
    }

    @Test
    void eachMinorOnTheWayIsAHopAndWorkersSkipWhatTheySkew() {
        assertThat(path("1.37.2", Map.of(36, "1.36.3"), "1.34.4", "1.34.4", "1.34.4")).containsExactly(
                "1.34.4 to the newest 1.35 []", "the newest 1.35 to 1.36.3 []", "1.36.3 to 1.37.2 [h2, h3]");
    }

    @Test
    void aWorkerThatWouldFallTooFarBehindIsUpgradedOnTheWay() {
        assertThat(path("1.38.0", Map.of(35, "1.35.4", 36, "1.36.3", 37, "1.37.2"), "1.34.4", "1.34.4", "1.34.4")).containsExactly(
                "1.34.4 to 1.35.4 []", "1.35.4 to 1.36.3 []", "1.36.3 to 1.37.2 [h2, h3]", "1.37.2 to 1.38.0 [h2, h3]");
        // one that an interrupted upgrade brought further may wait
        assertThat(path("1.38.0", Map.of(35, "1.35.4", 36, "1.36.3", 37, "1.37.2"), "1.34.4", "1.35.4", "1.34.4")).containsExactly(
                "1.34.4 to 1.35.4 []", "1.35.4 to 1.36.3 []", "1.36.3 to 1.37.2 [h3]", "1.37.2 to 1.38.0 [h2, h3]");
    }

    @Test
    void aKubeletThatIsBehindIsEnough() {
        assertThat(path("1.37.2", Map.of(), "1.37.2", "1.36.3", "1.37.2")).containsExactly("1.37.2 to 1.37.2 [h2, h3]");
    }

    @Test
    void aKubeletThatWasReplacedAndNotRestartedIsBehind() {
        Map<String, String> outputs = node(2, "1.37.2");
        outputs.put("kubeletReplaced", "yes");
        Facts facts = parsed(outputs);
        assertThat(UpgradePath.isKubeletBehind(facts, "1.37.2")).isTrue();
        assertThat(UpgradePath.isKubeletBehind(parsed(node(2, "1.37.2")), "1.37.2")).isFalse();
    }

    @Test
    void hostsOutsideOfTheClusterTakeNoPart() {
        Map<String, Facts> facts = facts("1.34.4", "1.34.4", "1.34.4");
        facts.put("h3", parsed(RecordedFacts.bareHost(3)));
        assertThat(said(UpgradePath.of(cluster("1.35.4", Map.of()), facts, KubernetesTable.builtIn()))).containsExactly(
                "1.34.4 to 1.35.4 [h2]");
        facts.put("h1", parsed(RecordedFacts.bareHost(1)));
        assertThat(UpgradePath.of(cluster("1.35.4", Map.of()), facts, KubernetesTable.builtIn()).hops()).isEmpty();
    }

    private static List<String> path(String wanted, Map<Integer, String> via, String apiServer, String worker, String otherWorker) {
        return said(UpgradePath.of(cluster(wanted, via), facts(apiServer, worker, otherWorker), KubernetesTable.builtIn()));
    }

    private static List<String> said(UpgradePath path) {
        return path.hops().stream().map(hop -> hop.from() + " to " + hop.to() + " " + hop.workers()).toList();
    }

    private static Cluster cluster(String version, Map<Integer, String> via) {
        Cluster plain = Clusters.of(1, 2, version, "10.244.0.0/16", "10.77.0.11:6443", Cluster.RuntimeName.CONTAINERD, Map.of());
        Cluster.Kubernetes known = plain.kubernetes();
        Cluster.Kubernetes kubernetes = new Cluster.Kubernetes(known.version(), known.imageRepository(), known.controlPlaneEndpoint(),
                known.endpoint(),
                known.podSubnet(), known.serviceSubnet(), known.kubeadm(),
                new Upgrade(via, Upgrade.DEFAULT.maxUnavailable(), Upgrade.DEFAULT.drain()));
        return new Cluster(plain.name(), kubernetes, plain.packages(), plain.runtime(), plain.network(), plain.hosts(), plain.onFailure());
    }

    private static Map<String, Facts> facts(String apiServer, String worker, String otherWorker) {
        Map<String, String> first = node(1, apiServer);
        first.put("apiServerVersion", apiServer);
        return new HashMap<>(Map.of("h1", parsed(first), "h2", parsed(node(2, worker)), "h3", parsed(node(3, otherWorker))));
    }

    private static Map<String, String> node(int number, String version) {
        Map<String, String> outputs = RecordedFacts.node(number);
        List.of("kubeletVersion", "kubeadmVersion", "kubectlVersion").forEach(program -> outputs.put(program, version));
        return outputs;
    }

    private static Facts parsed(Map<String, String> outputs) {
        return Facts.parse(outputs, RecordedFacts.NOW, RecordedFacts.NOW.plusSeconds(2));
    }
}
