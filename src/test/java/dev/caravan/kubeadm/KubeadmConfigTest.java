package dev.caravan.kubeadm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.caravan.spec.Cluster;
import dev.caravan.spec.Host;
import dev.caravan.tables.KubernetesTable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Documents against golden files; {@code -Dgolden.write=true} writes them again, to be read before they are committed. */
class KubeadmConfigTest {
    private static final Path GOLDEN = Path.of("src/test/resources/kubeadm");

    @ParameterizedTest
    @CsvSource({"v1beta1, 1.14.10", "v1beta2, 1.20.2", "v1beta3, 1.28.2", "v1beta4, 1.31.4"})
    void writesTheDocumentsOfEachApi(String api, String version) throws IOException {
        Cluster single = KubeadmSpecs.single(version);
        assertThat(settings(single, 0).api().apiVersion()).isEqualTo("kubeadm.k8s.io/" + api);

        golden(
                api + "/init.yaml",
                KubeadmConfig.initDocuments(single, single.firstControlPlane(), settings(single, 0)));
        golden(api + "/join-worker.yaml", join(single, 1, KubeadmSpecs.worker()));
    }

    @ParameterizedTest
    @CsvSource({"v1beta2, 1.20.2", "v1beta3, 1.24.17", "v1beta4, 1.31.4"})
    void writesTheDocumentsOfSeveralControlPlanes(String api, String version) throws IOException {
        Cluster cluster = KubeadmSpecs.highlyAvailable(version);

        golden(
                api + "/ha-init.yaml",
                KubeadmConfig.initDocuments(cluster, cluster.firstControlPlane(), settings(cluster, 0)));
        golden(api + "/ha-join-control-plane-and-worker.yaml", join(cluster, 1, KubeadmSpecs.controlPlane()));
        golden(api + "/ha-join-control-plane-with-taint.yaml", join(cluster, 2, KubeadmSpecs.controlPlane()));
        golden(api + "/ha-join-worker.yaml", join(cluster, 3, KubeadmSpecs.worker()));
        golden(
                api + "/ha-upload-certs.yaml",
                KubeadmConfig.uploadCertsDocument(cluster, KubeadmSpecs.CERTIFICATE_KEY, settings(cluster, 0))
                        .reveal());
    }

    /** The minors of v1beta4 that take other documents' content than the one before, each in a directory of its own. */
    @ParameterizedTest
    @ValueSource(strings = {"1.32.0", "1.34.4", "1.36.3", "1.37.2"})
    void writesTheDocumentsOfTodaysMinors(String version) throws IOException {
        String directory = "v1beta4/" + KubernetesVersion.parse(version).series() + "/";
        Cluster single = KubeadmSpecs.single(version);
        Cluster several = KubeadmSpecs.highlyAvailable(version);
        Cluster dual = KubeadmSpecs.dualStack(version);
        Cluster bare = KubeadmSpecs.withoutKubeProxy(version);

        golden(directory + "init.yaml", init(single));
        golden(directory + "join-worker.yaml", join(single, 1, KubeadmSpecs.worker()));
        golden(directory + "ha-init.yaml", init(several));
        golden(directory + "ha-join-control-plane-and-worker.yaml", join(several, 1, KubeadmSpecs.controlPlane()));
        golden(directory + "ha-join-worker.yaml", join(several, 3, KubeadmSpecs.worker()));
        golden(directory + "dual-init.yaml", init(dual));
        golden(directory + "dual-join-control-plane.yaml", join(dual, 1, KubeadmSpecs.controlPlane()));
        golden(directory + "dual-join-worker.yaml", join(dual, 3, KubeadmSpecs.worker()));
        golden(directory + "without-kube-proxy-init.yaml", init(bare));
    }

    private static String init(Cluster cluster) {
        return KubeadmConfig.initDocuments(cluster, cluster.firstControlPlane(), settings(cluster, 0));
    }

    @Test
    void writesTheSocketOfCriO() throws IOException {
        Cluster cluster = KubeadmSpecs.single("1.31.4", "  runtime: {name: cri-o}");

        golden(
                "v1beta4/cri-o-init.yaml",
                KubeadmConfig.initDocuments(cluster, cluster.firstControlPlane(), settings(cluster, 0)));
    }

    @Test
    void theFirstApiHasNoPlaceForACertificateKey() {
        Cluster cluster = KubeadmSpecs.single("1.14.10");

        assertThatThrownBy(() ->
                        KubeadmConfig.uploadCertsDocument(cluster, KubeadmSpecs.CERTIFICATE_KEY, settings(cluster, 0)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("only as a flag")
                .hasMessageNotContaining(KubeadmSpecs.CERTIFICATE_KEY.reveal());
        Host controlPlane = cluster.firstControlPlane();
        assertThatThrownBy(() -> KubeadmConfig.joinDocument(
                        cluster, controlPlane, KubeadmSpecs.controlPlane(), settings(cluster, 0)))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void textThatYaml11TakesForSomethingElseIsQuoted() {
        Cluster cluster = KubeadmSpecs.single(
                "1.20.2",
                """
                    kubeadm:
                      ClusterConfiguration:
                        apiServer: {extraArgs: {a: "on", b: "0777", c: "12:30", d: "1_000", e: "~", f: "", g: "a: b", h: "2001-01-01",
                          i: "y", j: "line\\nbreak", k: "*"}}
                """);

        assertThat(KubeadmConfig.initDocuments(cluster, cluster.firstControlPlane(), settings(cluster, 0)))
                .contains(
                        """
                  extraArgs:
                    a: "on"
                    b: "0777"
                    c: "12:30"
                    d: "1_000"
                    e: "~"
                    f: ""
                    g: "a: b"
                    h: "2001-01-01"
                    i: "y"
                    j: "line\\nbreak"
                    k: "*"
                """);
    }

    @Test
    void anOverrideNeverMakesAControlPlaneOfAWorker() {
        Cluster cluster = KubeadmSpecs.single(
                "1.20.2", "    kubeadm: {JoinConfiguration: {controlPlane: {localAPIEndpoint: {bindPort: 6444}}}}");

        assertThat(join(cluster, 1, KubeadmSpecs.worker())).doesNotContain("controlPlane");
    }

    @Test
    void sameInputSameText() {
        Cluster one = KubeadmSpecs.highlyAvailable("1.31.4");
        Cluster other = KubeadmSpecs.highlyAvailable("1.31.4");

        assertThat(KubeadmConfig.initDocuments(one, one.firstControlPlane(), settings(one, 0)))
                .isEqualTo(KubeadmConfig.initDocuments(other, other.firstControlPlane(), settings(other, 0)));
    }

    @Test
    void secretsDoNotShow() {
        Cluster cluster = KubeadmSpecs.single("1.20.2");

        assertThat(KubeadmConfig.joinDocument(cluster, cluster.hosts().get(1), KubeadmSpecs.worker(), settings(cluster, 1)))
                .hasToString("***");
        assertThat(KubeadmSpecs.controlPlane().toString())
                .doesNotContain(KubeadmSpecs.CERTIFICATE_KEY.reveal())
                .doesNotContain("abcdef.");
    }

    @Test
    void dualStackGivesTheKubeletAnAddressOfEachFamilyTheServicesFirstOneFirst() {
        Cluster cluster = KubeadmSpecs.dualStack("1.34.4");

        assertThat(settings(cluster, 0).nodeIp()).contains("2001:db8::11,192.0.2.11");
        assertThat(settings(cluster, 3).nodeIp()).as("whose address in the spec is of the second family")
                .contains("2001:db8::14,192.0.2.14");
        assertThat(init(cluster)).contains("podSubnet: \"fd00:10:244::/56,10.244.0.0/16\"", "value: \"2001:db8::11,192.0.2.11\"");
    }

    @Test
    void anAddressOfTheNodeThatTheSpecNamesIsLeftAlone() {
        Cluster cluster = KubeadmSpecs.single(
                "1.34.4",
                "    podSubnet: 10.244.0.0/16,fd00:10:244::/56\n"
                        + "    kubeadm: {JoinConfiguration: {nodeRegistration: {kubeletExtraArgs: [{name: node-ip, value: '::'}]}}}");

        assertThat(settings(cluster, 0).nodeIp()).contains("192.0.2.11,2001:db8::11");
        assertThat(settings(cluster, 1).nodeIp()).contains("192.0.2.12");
        assertThat(join(cluster, 1, KubeadmSpecs.worker())).contains("value: \"::\"").doesNotContain("2001:db8::12");
    }

    @Test
    void internalAddressesAreTheNodesAndTheOthersAreInTheCertificates() {
        Cluster cluster = KubeadmSpecs.internal("1.34.4");
        NodeSettings first = NodeSettings.of(cluster, cluster.hosts().get(0), KubernetesTable.builtIn())
                .withOtherFamily(cluster, cluster.hosts().get(0), Optional.of("fd00::99"));

        assertThat(first.nodeIp()).as("not what the facts know").contains("10.0.0.11,fd00::11");
        assertThat(init(cluster)).contains("advertiseAddress: 10.0.0.11",
                "  certSANs:\n    - api.example.net\n    - 203.0.113.11\n    - \"fd00::11\"\n    - c2.example.org\n");
        assertThat(join(cluster, 1, KubeadmSpecs.controlPlane())).contains("advertiseAddress: 10.0.0.12");
        assertThat(NodeSettings.of(cluster, cluster.hosts().get(2), KubernetesTable.builtIn()).nodeIp()).contains("10.0.0.13");
    }

    @Test
    void oneFamilyNeedsOneAddress() {
        assertThat(settings(KubeadmSpecs.single("1.34.4"), 0).nodeIp()).contains("192.0.2.11");
        assertThat(settings(KubeadmSpecs.highlyAvailable("1.34.4"), 3).nodeIp()).as("a name").isEmpty();
    }

    /** kubeadm 1.37 refuses static pods that name ConfigMaps or Secrets, and warns of ipvs: nothing of it comes from here. */
    @ParameterizedTest
    @ValueSource(strings = {"1.20.2", "1.28.2", "1.34.4", "1.37.2"})
    void namesNeitherIpvsNorVolumesByItself(String version) {
        assertThat(init(KubeadmSpecs.single(version))).doesNotContain("ipvs", "KubeProxyConfiguration", "extraVolumes", "configMap",
                "featureGates");
    }

    private static String join(Cluster cluster, int host, JoinCredentials credentials) {
        return KubeadmConfig.joinDocument(cluster, cluster.hosts().get(host), credentials, settings(cluster, host))
                .reveal();
    }

    private static NodeSettings settings(Cluster cluster, int host) {
        return KubeadmSpecs.settings(cluster, host);
    }

    private static void golden(String name, String text) throws IOException {
        Path file = GOLDEN.resolve(name);
        if (Boolean.getBoolean("golden.write")) {
            Files.createDirectories(file.getParent());
            Files.writeString(file, text);
        }
        assertThat(text).as(name).isEqualTo(Files.readString(file));
    }
}
