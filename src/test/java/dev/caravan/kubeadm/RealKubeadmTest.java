package dev.caravan.kubeadm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.caravan.spec.Cluster;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The documents against a real kubeadm: the binary that the system property or environment variable {@code KUBEADM} names.
 * Documents are written for that binary's own version. Without one the tests are skipped.
 */
class RealKubeadmTest {
    @TempDir
    Path directory;

    private String version;

    private static String binary() {
        return System.getProperty("KUBEADM", System.getenv().getOrDefault("KUBEADM", ""));
    }

    @BeforeEach
    void findKubeadm() throws Exception {
        assumeTrue(!binary().isEmpty(), "set KUBEADM to the path of a kubeadm binary to run this");
        version = kubeadm("version", "-o", "short").trim().substring(1);
    }

    @Test
    void takesTheDocumentsOfASingleControlPlane() throws Exception {
        Cluster cluster = Clusters.single(version);

        assertThat(migrated(KubeadmConfig.initDocuments(cluster, cluster.firstControlPlane(), settings(cluster, 0))))
                .contains(
                        "advertiseAddress: 192.0.2.11",
                        "kubernetesVersion: v" + version,
                        "podSubnet: 10.244.0.0/16",
                        "controlPlaneEndpoint: 192.0.2.11:6443");
        assertThat(migrated(join(cluster, 1, Clusters.worker())))
                .contains("tlsBootstrapToken: abcdef.0123456789abcdef", "kubeConfigPath: ");
    }

    @Test
    void takesTheDocumentsOfSeveralControlPlanes() throws Exception {
        Cluster cluster = Clusters.highlyAvailable(version);

        assertThat(migrated(KubeadmConfig.initDocuments(cluster, cluster.firstControlPlane(), settings(cluster, 0))))
                .contains("allocate-node-cidrs", "node-cidr-mask-size");
        assertThat(migrated(join(cluster, 1, Clusters.controlPlane())))
                .contains("certificateKey: " + Clusters.CERTIFICATE_KEY.reveal(), "taints: []");
        assertThat(migrated(join(cluster, 2, Clusters.controlPlane())))
                .contains("key: dedicated", "value: infra", "effect: NoExecute");
        assertThat(migrated(join(cluster, 3, Clusters.worker()))).contains("key: gpu");
        assertThat(migrated(KubeadmConfig.uploadCertsDocument(cluster, Clusters.CERTIFICATE_KEY, settings(cluster, 0))
                        .reveal()))
                .contains("certificateKey: " + Clusters.CERTIFICATE_KEY.reveal());
    }

    @Test
    void leavesNoTokenThatCouldJoinANode() throws Exception {
        Cluster cluster = Clusters.single(version);

        String init = migrated(KubeadmConfig.initDocuments(cluster, cluster.firstControlPlane(), settings(cluster, 0)));

        assertThat(init)
                .contains("ttl: 1s", "system:bootstrappers:caravan:unused")
                .doesNotContain("default-node-token", "signing", "ttl: 24h");
    }

    @Test
    void namesTheSamePauseImageWithAndWithoutTheDocuments() throws Exception {
        Cluster cluster = Clusters.single(version, "    imageRepository: registry.example.org/mirror");
        Path file = Files.writeString(
                directory.resolve("init.yaml"),
                KubeadmConfig.initDocuments(cluster, cluster.firstControlPlane(), settings(cluster, 0)));

        List<String> images = kubeadm("config", "images", "list", "--config", file.toString()).lines().toList();
        List<String> asRuntimeInstallAsks = kubeadm("config", "images", "list", "--image-repository", "registry.example.org/mirror", "--kubernetes-version", "v" + version)
                .lines().toList();

        assertThat(images).contains("registry.example.org/mirror/kube-apiserver:v" + version);
        assertThat(asRuntimeInstallAsks).filteredOn(image -> image.contains("/pause:")).singleElement().satisfies(pause -> assertThat(images).contains(pause));
    }

    @Test
    void aMisspeltFieldWouldBeNoticed() throws Exception {
        Cluster cluster = Clusters.single(version, "    kubeadm: {ClusterConfiguration: {controlerManager: {}}}");

        assertThat(kubeadmWithErrors(
                        KubeadmConfig.initDocuments(cluster, cluster.firstControlPlane(), settings(cluster, 0))))
                .contains("controlerManager");
    }

    private String migrated(String documents) throws Exception {
        String said = kubeadmWithErrors(documents);
        assertThat(said).doesNotContain("strict decoding error", "error unmarshaling", "unknown field");
        Path migrated = directory.resolve("new.yaml");
        assertThat(migrated).as(said).exists();
        return Files.readString(migrated);
    }

    /** What {@code kubeadm config migrate} prints; it warns of fields that it does not know, and fails on values that are wrong. */
    private String kubeadmWithErrors(String documents) throws Exception {
        // kubeadm looks whether the discovery file is there
        Path discovery = Files.writeString(directory.resolve("discovery.conf"), "");
        Path old = Files.writeString(directory.resolve("old.yaml"), documents.replace(KubeadmConfig.DISCOVERY_FILE, discovery.toString()));
        Files.deleteIfExists(directory.resolve("new.yaml"));
        return run(List.of(
                        "config",
                        "migrate",
                        "--old-config",
                        old.toString(),
                        "--new-config",
                        directory.resolve("new.yaml").toString()))
                .output();
    }

    private String kubeadm(String... arguments) throws Exception {
        Result result = run(List.of(arguments));
        assertThat(result.status()).as(result.output()).isZero();
        return result.output();
    }

    private record Result(int status, String output) {}

    private Result run(List<String> arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(binary()));
        command.addAll(arguments);
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(1, TimeUnit.MINUTES)).isTrue();
        return new Result(process.exitValue(), output);
    }

    private static String join(Cluster cluster, int host, JoinCredentials credentials) {
        return KubeadmConfig.joinDocument(cluster, cluster.hosts().get(host), credentials, settings(cluster, host))
                .reveal();
    }

    private static NodeSettings settings(Cluster cluster, int host) {
        return NodeSettings.of(cluster, cluster.hosts().get(host));
    }
}
