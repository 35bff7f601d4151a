package dev.caravan.facts;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.spec.Cluster;
import dev.caravan.testkit.Clusters;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ReachTargetsTest {

    @Test
    void aWorkerTriesTheControlPlanesAndTwoNeighbours() {
        Cluster cluster = Clusters.of(1, 2);

        assertThat(ReachTargets.of(cluster, cluster.hosts().get(1)))
                .isEqualTo("10.77.0.11 6443 h1\n10.77.0.13 10250 @neighbour\n10.77.0.11 10250 @neighbour\n");
    }

    @Test
    void aControlPlaneTriesEveryKubeletAndTheOthersEtcd() {
        Cluster cluster = Clusters.of(2, 1);

        assertThat(ReachTargets.of(cluster, cluster.hosts().get(0)).lines()).containsExactly(
                "10.77.0.12 6443 h2", "10.77.0.12 2379 h2", "10.77.0.12 2380 h2", "10.77.0.12 10250 h2", "10.77.0.13 10250 h3");
    }

    @Test
    void everyHostTriesAnEndpointOfItsOwn() {
        Cluster cluster = Clusters.of(1, 1, "1.20.2", "10.244.0.0/16", "api.example:443", Cluster.RuntimeName.DOCKER, Map.of());

        assertThat(ReachTargets.of(cluster, cluster.hosts().get(0)).lines()).contains("api.example 443 @endpoint");
        assertThat(ReachTargets.of(cluster, cluster.hosts().get(1)).lines()).containsExactly(
                "10.77.0.11 6443 h1", "api.example 443 @endpoint", "10.77.0.11 10250 @neighbour");
    }

    @Test
    void theOnlyHostTriesNothing() {
        Cluster cluster = Clusters.of(1, 0);

        assertThat(ReachTargets.of(cluster, cluster.hosts().get(0))).isEmpty();
    }

    @Test
    void growsWithTheHostsTimesTheControlPlanes() {
        Cluster cluster = Clusters.of(3, 200);

        long lines = cluster.hosts().stream().mapToLong(host -> ReachTargets.of(cluster, host).lines().count()).sum();

        // Each worker tries 3 API servers and two neighbours; each control plane 202 kubelets and three ports of 2 others.
        assertThat(lines).isEqualTo(200 * (3 + 2) + 3 * (202 + 2 * 3));
    }

    @ParameterizedTest
    @CsvSource({
        "10.77.0.11:6443, 10.77.0.11, 6443",
        "api.example:443, api.example, 443",
        "api.example, api.example, 6443",
        "https://api.example:8443, api.example, 8443",
        "https://[fd00::1]:6443/, fd00::1, 6443",
        "[fd00::1], fd00::1, 6443",
        "fd00::1, fd00::1, 6443",
    })
    void takesAnEndpointApart(String text, String address, int port) {
        assertThat(Endpoint.parse(text)).isEqualTo(new Endpoint(address, port));
    }
}
