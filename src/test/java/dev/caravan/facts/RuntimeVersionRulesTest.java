package dev.caravan.facts;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.spec.Cluster;
import dev.caravan.spec.Cluster.RuntimeName;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Rules on container runtimes and cgroups. */
class RuntimeVersionRulesTest extends VersionFindings {
    @Test
    void cgroupV1IsInMaintenanceModeAndThenRefused() {
        all("cgroupVersion", "1");

        assertThat(said("1.30.14")).isEmpty();
        assertThat(said("1.31.14")).singleElement().asString()
                .startsWith("warns cgroups [h1, h2]: cgroup v1, which is in maintenance mode");
        assertThat(said("1.34.4")).singleElement().asString().startsWith("warns cgroups [h1, h2]: cgroup v1, which is in maintenance mode");
        assertThat(said("1.35.4")).containsExactly("refuses cgroups [h1, h2]: cgroup v1, which kubelet and kubeadm of 1.35 both refuse");
    }

    /** Each alone is not enough: kubelet and kubeadm refuse cgroup v1 each by itself; and a host's own kind of document counts. */
    @Test
    void cgroupV1From135OnNeedsSettingsOfKubeletAndKubeadm() {
        all("cgroupVersion", "1");
        Map<String, Object> kubelet = Map.of("failCgroupV1", false);

        assertThat(said(cluster("1.35.4", Map.of("KubeletConfiguration", kubelet)))).singleElement().asString()
                .startsWith("refuses cgroups [h1, h2]");
        assertThat(said(cluster("1.35.4", Map.of("InitConfiguration", IGNORES, "JoinConfiguration", IGNORES)))).singleElement().asString()
                .startsWith("refuses cgroups [h1, h2]");
        assertThat(said(cluster("1.35.4", Map.of("KubeletConfiguration", kubelet, "InitConfiguration", IGNORES))))
                .singleElement().asString()
                .startsWith("refuses cgroups [h2]");
        assertThat(
                said(cluster("1.35.4",
                        Map.of("KubeletConfiguration", kubelet, "InitConfiguration", IGNORES, "JoinConfiguration", IGNORES))))
                .singleElement().asString().startsWith("warns cgroups [h1, h2]: cgroup v1, which is in maintenance mode");
        assertThat(findings(cluster("1.35.4", Map.of())).get(0).remedy()).endsWith("kubeadm: {KubeletConfiguration: {failCgroupV1: false}, "
                + "InitConfiguration: {nodeRegistration: {ignorePreflightErrors: [SystemVerification]}}, "
                + "JoinConfiguration: {nodeRegistration: {ignorePreflightErrors: [SystemVerification]}}}");
    }

    @ParameterizedTest
    @CsvSource({
        "1.25.16, 1.5.9, ",
        "1.26.0, 1.5.9, 'refuses runtime-version [h1, h2]: containerd 1.5.9 is too old for Kubernetes 1.26.0, which needs 1.6 or later'",
        "1.26.0, 1.6.20, ",
        "1.35.4, 1.7.28, ",
        "1.36.3, 1.7.28, 'warns runtime-version [h1, h2]: containerd 1.7.28 is on its way out: Kubernetes 1.36.3 asks for 2.0 or later'",
        "1.37.2, 1.7.28, 'warns runtime-version [h1, h2]: containerd 1.7.28 is on its way out: Kubernetes 1.37.2 asks for 2.0 or later'",
        "1.37.2, 2.0.0, ",
        "1.37.2, 2.4.2, "
    })
    void aContainerdOnTheHostMustBeNewEnough(String version, String containerd, String finding) {
        all("runtime", "containerd " + containerd + " active");

        assertThat(said(version)).isEqualTo(finding == null ? List.of() : List.of(finding));
    }

    @Test
    void fromThe138OnContainerdMustBe2() {
        all("runtime", "containerd 1.7.28 active");

        assertThat(said("1.38.0"))
                .contains("refuses runtime-version [h1, h2]: containerd 1.7.28 is too old for Kubernetes 1.38.0, which needs 2.0 or later");
    }

    @Test
    void aContainerdOfTheSpecMustBeNewEnough() {
        Cluster cluster = withRuntime(cluster("1.26.0", Map.of()), RuntimeName.CONTAINERD, "1.5.11");
        all("runtime", "containerd 1.5.9 inactive");

        assertThat(said(cluster))
                .containsExactly("refuses runtime-version []: runtime.version 1.5.11 is too old for Kubernetes 1.26.0, which needs "
                        + "1.6 or later");
    }

    @Test
    void criOIsOfTheSameMinor() {
        assertThat(said(withRuntime(cluster("1.34.4", Map.of()), RuntimeName.CRI_O, "1.34.1"))).isEmpty();
        assertThat(said(withRuntime(cluster("1.34.4", Map.of()), RuntimeName.CRI_O, "1.31.3"))).singleElement().asString()
                .startsWith("warns runtime-version []: runtime.version 1.31.3 is not of the minor of Kubernetes 1.34.4");
    }

    private static Cluster withRuntime(Cluster cluster, RuntimeName name, String version) {
        return new Cluster(cluster.name(), cluster.kubernetes(), cluster.packages(),
                new Cluster.Runtime(name, Optional.of(version), List.of()), cluster.network(), cluster.hosts(), cluster.onFailure());
    }
}
