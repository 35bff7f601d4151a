package dev.caravan.kubeadm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.caravan.spec.Cluster.RuntimeName;
import dev.caravan.tables.KubernetesTable;
import dev.caravan.tables.Minor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RuntimeRulesTest {
    private static Minor minor(String version) {
        return KubernetesTable.builtIn().minor(KubernetesVersion.parse(version).minor());
    }

    @ParameterizedTest
    @CsvSource({
        "DOCKER, 1.20.2, true",
        "DOCKER, 1.23.17, true",
        "DOCKER, 1.24.0, false",
        "CONTAINERD, 1.13.0, true",
        "CONTAINERD, 1.36.0, true",
        "CRI_O, 1.31.0, true",
        "RKT, 1.13.0, false",
        "RKT, 1.31.0, false",
        "FRAKTI, 1.20.2, false"
    })
    void knowsWhichVersionTakesWhichRuntime(RuntimeName runtime, String version, boolean taken) {
        assertThat(RuntimeRules.refusal(runtime, KubernetesVersion.parse(version), minor(version))
                        .isEmpty())
                .isEqualTo(taken);
    }

    @Test
    void saysWhyAndWhatToWrite() {
        RuntimeRules.Refusal docker = RuntimeRules.refusal(RuntimeName.DOCKER, KubernetesVersion.parse("1.24.0"), minor("1.24.0"))
                .orElseThrow();
        RuntimeRules.Refusal rkt = RuntimeRules.refusal(RuntimeName.RKT, KubernetesVersion.parse("1.20.2"), minor("1.20.2"))
                .orElseThrow();

        assertThat(docker.reason()).contains("1.24.0").contains("Docker").contains("cri-dockerd");
        assertThat(docker.remedy()).contains("containerd").contains("1.23");
        assertThat(rkt.reason()).contains("rkt").contains("archived");
        assertThat(rkt.remedy()).contains("docker or containerd");
    }

    @ParameterizedTest
    @CsvSource({
        "DOCKER, 1.20.2, /var/run/dockershim.sock",
        "DOCKER, 1.23.17, /var/run/dockershim.sock",
        "CONTAINERD, 1.23.0, /run/containerd/containerd.sock",
        "CONTAINERD, 1.24.0, unix:///run/containerd/containerd.sock",
        "CRI_O, 1.31.0, unix:///var/run/crio/crio.sock"
    })
    void writesSocketsAsTheVersionTakesThem(RuntimeName runtime, String version, String socket) {
        assertThat(RuntimeRules.criSocket(runtime, minor(version)))
                .isEqualTo(socket);
    }

    @Test
    void archivedRuntimesHaveNoSocket() {
        assertThatThrownBy(() -> RuntimeRules.criSocket(RuntimeName.RKT, minor("1.20.2")))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void dockerHasNoSocketWhereTheKubeletHasNoDockershim() {
        assertThatThrownBy(() -> RuntimeRules.criSocket(RuntimeName.DOCKER, minor("1.24.0")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("1.24 does not run on Docker");
    }

    @Test
    void theCgroupDriverIsKubeadmsDefaultUnlessTheSpecSaysOtherwise() {
        assertThat(RuntimeRules.cgroupDriver(KubeadmSpecs.single("1.21.14"), minor("1.21.14"))).isEqualTo("cgroupfs");
        assertThat(RuntimeRules.cgroupDriver(KubeadmSpecs.single("1.22.0"), minor("1.22.0"))).isEqualTo("systemd");
        assertThat(RuntimeRules.cgroupDriver(
                        KubeadmSpecs.single("1.20.2", "    kubeadm: {KubeletConfiguration: {cgroupDriver: systemd}}"), minor("1.20.2")))
                .isEqualTo("systemd");
    }

    @ParameterizedTest
    @CsvSource({
        "1.13.0, V1BETA1",
        "1.14.10, V1BETA1",
        "1.15.0, V1BETA2",
        "1.21.14, V1BETA2",
        "1.22.0, V1BETA3",
        "1.30.9, V1BETA3",
        "1.31.0, V1BETA4",
        "1.40.0, V1BETA4"
    })
    void choosesTheApiByTheVersion(String version, KubeadmApi api) {
        assertThat(KubeadmApi.of(minor(version))).isEqualTo(api);
    }

    @Test
    void versionsCompareByNumber() {
        assertThat(KubernetesVersion.parse("1.9.10")).isLessThan(KubernetesVersion.parse("1.20.2"));
        assertThat(KubernetesVersion.parse("v1.20.2"))
                .isEqualTo(KubernetesVersion.parse("1.20.2"))
                .hasToString("1.20.2");
        assertThatThrownBy(() -> KubernetesVersion.parse("1.20")).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> minor("1.12.0"))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
