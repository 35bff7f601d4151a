package dev.caravan.facts;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import dev.caravan.Markdown;
import dev.caravan.routes.RouteFiles;
import dev.caravan.spec.Cluster;
import dev.caravan.spec.Cluster.RuntimeName;
import dev.caravan.spec.Expansion;
import dev.caravan.spec.InvalidSpec;
import dev.caravan.spec.SpecReader;
import dev.caravan.tables.KubernetesTable;
import dev.caravan.tables.NetworkTable;
import dev.caravan.tables.OwnTables;
import dev.caravan.tables.PreflightTable;
import dev.caravan.testkit.Clusters;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Rules on kernels, settings that were removed, dual stack, and signatures. */
class VersionRulesTest extends VersionFindings {
    @ParameterizedTest
    @CsvSource({"1.28.15", "1.31.14", "1.32.9", "1.34.4", "1.35.4", "1.36.3", "1.37.2"})
    void nothingIsSaidOfAPresentHost(String version) {
        assertThat(said(version)).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "1.31.14, 4.18.0-553.el8_10.x86_64, ",
        "1.32.9, 4.18.0-553.el8_10.x86_64, refuses",
        "1.33.5, 4.14.355-276.amzn2.x86_64, refuses",
        "1.33.5, 3.10.0-1160.el7.x86_64, refuses",
        "1.33.5, 4.19.0-27-amd64, ",
        "1.33.5, 4.20.17, ",
        "1.33.5, 6.1.0-18-amd64, ",
        "1.34.4, 4.18.0-553.el8_10.x86_64, warns",
        "1.37.2, 4.15.0-213-generic, warns",
        "1.37.2, 2.6.32-754.el6.x86_64, refuses"
    })
    void kernelsAreJudgedAsKubeadmJudgesThem(String version, String kernel, String severity) {
        all("kernel", kernel);

        assertThat(said(version)).isEqualTo(severity == null ? List.of()
                : List.of(severity + " kernel [h1, h2]: kernel " + kernel + " is too old for Kubernetes " + version));
    }

    @Test
    void anOldKernelIsOnlyAWarningWhereKubeadmIsToIgnoreIt() {
        all("kernel", "4.18.0-553.el8_10.x86_64");

        assertThat(said(cluster("1.33.5", Map.of("JoinConfiguration", IGNORES)))).containsExactly(
                "refuses kernel [h1]: kernel 4.18.0-553.el8_10.x86_64 is too old for Kubernetes 1.33.5",
                "warns kernel [h2]: kernel 4.18.0-553.el8_10.x86_64 is too old for Kubernetes 1.33.5");
        assertThat(findings(cluster("1.33.5", Map.of("JoinConfiguration", IGNORES))).get(0).remedy())
                .endsWith("kubeadm: {InitConfiguration: {nodeRegistration: {ignorePreflightErrors: [SystemVerification]}}}");
    }

    @Test
    void aUsersTablesDecide(@TempDir Path directory) throws IOException {
        Files.createDirectories(directory.resolve("data"));
        Files.writeString(directory.resolve("data/preflight.yaml"), "kernel: warn\nuntried-version: refuse\ncgroups: off\n");
        Files.writeString(directory.resolve("data/kubernetes.yaml"),
                RouteFiles.builtIn().text("data/kubernetes.yaml").orElseThrow().replace("newestTried: 1.37", "newestTried: 1.32"));
        RouteFiles files = RouteFiles.with(directory);
        Preflight own = new Preflight(Limits.defaults(), KubernetesTable.of(files), NetworkTable.of(files), PreflightTable.of(files));
        all("kernel", "4.18.0-553.el8_10.x86_64");
        all("cgroupVersion", "1");

        assertThat(findings(own, cluster("1.33.5", Map.of()))).extracting(Finding::rule, Finding::severity)
                .containsExactly(tuple("untried-version", Severity.REFUSES), tuple("kernel", Severity.WARNS));
    }

    /** A kubeadm that knows no proxy.disabled installs kube-proxy, whose port something else then must not hold. */
    @Test
    void aUsersTableDecidesWhichPortsMustBeFree(@TempDir Path directory) throws IOException {
        Cluster without = cluster("1.39.0", Map.of("ClusterConfiguration", Map.of("proxy", Map.of("disabled", true))));
        KubernetesTable own = OwnTables.withRows(directory, "  1.39:\n    kubeadmApi: v1beta3\n");
        hosts.get("h2").merge("listening", "* 10256 91 cilium-agent", (before, more) -> before + "\n" + more);

        assertThat(findings(without)).extracting(Finding::rule).doesNotContain("port-in-use");
        assertThat(findings(new Preflight(Limits.defaults(), own, NetworkTable.builtIn(), PreflightTable.builtIn()), without))
                .extracting(Finding::rule).contains("port-in-use");
    }

    @Test
    void nftablesWantsANewerKernel() {
        Map<String, Map<String, Object>> nftables = Map.of("KubeProxyConfiguration", Map.of("mode", "nftables"));
        all("kernel", "5.10.0-35-amd64");

        assertThat(said(cluster("1.34.4", nftables)))
                .containsExactly("refuses kube-proxy-mode [h1, h2]: kernel 5.10.0-35-amd64 is too old for kube-proxy's mode nftables, "
                        + "which needs 5.13");
        assertThat(said(cluster("1.28.15", nftables)))
                .containsExactly("refuses kube-proxy-mode []: kube-proxy of Kubernetes 1.28.15 has no mode nftables");
        all("kernel", "5.14.0-570.12.1.el9_6.x86_64");
        assertThat(said(cluster("1.34.4", nftables))).isEmpty();
    }

    @Test
    void ipvsIsDeprecated() {
        Map<String, Map<String, Object>> ipvs = Map.of("KubeProxyConfiguration", Map.of("mode", "ipvs"));

        assertThat(said(cluster("1.34.4", ipvs))).isEmpty();
        assertThat(said(cluster("1.35.4", ipvs)))
                .containsExactly("warns kube-proxy-mode []: kube-proxy's mode ipvs is deprecated in Kubernetes 1.35.4");
    }

    /** What the reference shows for KubeProxyConfiguration, with the version that it shows. */
    @Test
    void theReferenceShowsNoModeThatIsWarnedOf() throws InvalidSpec {
        Cluster shown = SpecReader.read(Markdown.of("docs/reference.md").blocks("yaml").get(0), "reference.md",
                Expansion.in(Path.of(""), variable -> "value", Path.of("/root")));

        Map<String, Object> proxy = shown.kubernetes().kubeadm().get("KubeProxyConfiguration");
        assertThat(proxy).containsKey("mode");
        assertThat(said(cluster(shown.kubernetes().version(), Map.of("KubeProxyConfiguration", proxy)))).isEmpty();
    }

    @Test
    void aMinorNewerThanAllThatWereTriedIsInstalledWithAWarning() {
        assertThat(said("1.38.0")).containsExactly(
                "warns untried-version []: Kubernetes 1.38.0 is newer than 1.37, the newest that Caravan was tried with");
    }

    @ParameterizedTest
    @CsvSource({
        "1.36.3, false, true",
        "1.35.4, false, false",
        "1.37.2, true, true"
    })
    void gatesOfKubeadmThatAreGoneAreRefused(String version, boolean socket, boolean local) {
        List<String> said = said(cluster(version, Map.of("ClusterConfiguration",
                Map.of("featureGates", Map.of("NodeLocalCRISocket", true, "ControlPlaneKubeletLocalMode", true,
                        "PublicKeysECDSA", true)))));

        assertThat(
                said.contains("refuses removed-setting []: kubernetes.kubeadm.ClusterConfiguration.featureGates.NodeLocalCRISocket was "
                        + "removed with Kubernetes 1.37, and the spec asks for " + version)).isEqualTo(socket);
        assertThat(
                said.contains("refuses removed-setting []: "
                        + "kubernetes.kubeadm.ClusterConfiguration.featureGates.ControlPlaneKubeletLocalMode was removed with Kubernetes "
                        + "1.36, and the spec asks for " + version)).isEqualTo(local);
        assertThat(said).hasSize((socket ? 1 : 0) + (local ? 1 : 0));
    }

    @Test
    void flagsAndGatesOfTheKubeletThatAreGoneAreRefused() {
        Map<String, Map<String, Object>> kubeadm = Map.of(
                "InitConfiguration",
                Map.of("nodeRegistration", Map.of("kubeletExtraArgs", Map.of("pod-infra-container-image", "pause", "v", "2"))),
                "JoinConfiguration",
                Map.of("nodeRegistration",
                        Map.of("kubeletExtraArgs", List.of(Map.of("name", "pod-infra-container-image", "value", "pause")))),
                "KubeletConfiguration", Map.of("featureGates", Map.of("IPv6DualStack", true)),
                "ClusterConfiguration",
                Map.of("apiServer", Map.of("extraArgs", Map.of("feature-gates", "Other=true, IPv6DualStack=true"))));

        assertThat(said(cluster("1.35.4", kubeadm))).containsExactlyInAnyOrder(
                removed("InitConfiguration.nodeRegistration.kubeletExtraArgs.pod-infra-container-image", "1.35"),
                removed("JoinConfiguration.nodeRegistration.kubeletExtraArgs.pod-infra-container-image", "1.35"),
                removed("KubeletConfiguration.featureGates.IPv6DualStack", "1.25"),
                removed("ClusterConfiguration.apiServer.extraArgs.feature-gates: IPv6DualStack", "1.25"));
        assertThat(said(cluster("1.24.17", kubeadm))).isEmpty();
    }

    private static String removed(String what, String minor) {
        return "refuses removed-setting []: kubernetes.kubeadm." + what + " was removed with Kubernetes " + minor
                + ", and the spec asks for 1.35.4";
    }

    /** The same answer as that of the spec's reader (SpecNetworkTest), also with the gate of the alpha feature. */
    @Test
    void twoSubnetsBefore121AreRefusedAsTheReaderDoes() {
        Map<String, Map<String, Object>> gate = Map.of("ClusterConfiguration", Map.of("featureGates", Map.of("IPv6DualStack", true)));

        assertThat(said(dual("1.20.2", gate)))
                .containsExactly("refuses dual-stack []: Kubernetes 1.20.2 has no dual stack: "
                        + "it takes one podSubnet and one serviceSubnet");
        assertThat(said(dual("1.21.14", Map.of()))).isEmpty();
    }

    private static Cluster dual(String version, Map<String, Map<String, Object>> kubeadm) {
        Cluster bridge = Clusters.of(1, 1, version, "10.244.0.0/16,fd00:244::/48", "10.77.0.11:6443", RuntimeName.CONTAINERD, kubeadm);
        return new Cluster(bridge.name(), bridge.kubernetes(), bridge.packages(), bridge.runtime(),
                new Cluster.Network(Cluster.Cni.FLANNEL, Optional.empty()), bridge.hosts(), bridge.onFailure());
    }

    @ParameterizedTest
    @CsvSource({
        "debian, 13, 1.33.5, true",
        "ubuntu, 25.10, 1.33.5, true",
        "ubuntu, 26.04, 1.30.14, true",
        "debian, 13, 1.34.4, false",
        "debian, 12, 1.33.5, false",
        "ubuntu, 24.04, 1.33.5, false"
    })
    void newAptRefusesOldSignatures(String system, String release, String version, boolean warned) {
        hosts.values()
                .forEach(host -> host.putAll(Map.of("osId", system, "osVersion", release, "family", "apt", "kernel", "6.12.0-amd64")));

        assertThat(said(version)).hasSize(warned ? 1 : 0)
                .allMatch(said -> said.startsWith("warns package-signature [h1, h2]: apt of " + system + " " + release));
    }

    @Test
    void aMirrorOfOnesOwnIsSignedByItself() {
        hosts.values().forEach(host -> host.putAll(Map.of("osId", "debian", "osVersion", "13", "family", "apt", "kernel", "6.12.0-amd64")));

        assertThat(said(from(Cluster.Mirror.CUSTOM, "https://mirror.example/kubernetes ./", Optional.empty()))).isEmpty();
        assertThat(said(from(Cluster.Mirror.COMMUNITY, "https://pkgs.k8s.io/core:/stable:/v1.33/deb/ /", Optional.of(false)))).isEmpty();
        assertThat(said(from(Cluster.Mirror.CUSTOM, "https://proxy.example/core:/stable:/v1.33/deb/ /", Optional.empty()))).hasSize(1);
    }

    private static Cluster from(Cluster.Mirror mirror, String url, Optional<Boolean> check) {
        Cluster plain = cluster("1.33.5", Map.of());
        Cluster.RepositoryOverride none = new Cluster.RepositoryOverride(Optional.empty(), List.of(), Optional.empty());
        return new Cluster(plain.name(), plain.kubernetes(),
                new Cluster.Packages(mirror, new Cluster.RepositoryOverride(Optional.of(url), List.of(), check), none),
                plain.runtime(), plain.network(), plain.hosts(), plain.onFailure());
    }
}
