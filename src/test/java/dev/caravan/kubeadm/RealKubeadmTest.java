package dev.caravan.kubeadm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.caravan.spec.Cluster;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The documents against real kubeadm programs: the one that the system property or environment variable {@code KUBEADM} names, and
 * each in the directories of {@code KUBEADMS} (several with colons between them) whose file name is {@code kubeadm-X.Y.Z} or
 * {@code kube-X.Y.Z}; a program of the second kind holds several commands and is kubeadm when it is called by that name. Documents
 * are written for each program's own version. Without any the tests are skipped.
 */
class RealKubeadmTest {
    private static final String NONE = "none";
    /** {@code kubeadm config validate} came with 1.26. */
    private static final int VALIDATES = 26;

    @TempDir
    Path directory;

    private Path binary;
    private String version;

    static Stream<String> programs() {
        List<String> programs = new ArrayList<>();
        Stream.of(setting("KUBEADM")).filter(path -> !path.isEmpty()).forEach(programs::add);
        Stream.of(setting("KUBEADMS").split(File.pathSeparator)).filter(path -> !path.isEmpty()).forEach(path -> {
            try (Stream<Path> files = Files.list(Path.of(path))) {
                files.filter(file -> file.getFileName().toString().matches("kube(adm)?-[0-9]+[.][0-9]+[.][0-9]+"))
                        .map(Path::toString).sorted()
                        .forEach(programs::add);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
        return programs.isEmpty() ? Stream.of(NONE) : programs.stream();
    }

    private static String setting(String name) {
        return System.getProperty(name, System.getenv().getOrDefault(name, ""));
    }

    private void use(String program) throws Exception {
        assumeTrue(!program.equals(NONE), "set KUBEADM to the path of a kubeadm program, or KUBEADMS to a directory of them, to run this");
        binary = Files.createSymbolicLink(directory.resolve("kubeadm"), Path.of(program).toAbsolutePath());
        version = kubeadm("version", "-o", "short").trim().substring(1);
    }

    @ParameterizedTest
    @MethodSource("programs")
    void takesTheDocumentsOfASingleControlPlane(String program) throws Exception {
        use(program);
        Cluster cluster = KubeadmSpecs.single(version);

        assertThat(migrated(KubeadmConfig.initDocuments(cluster, cluster.firstControlPlane(), settings(cluster, 0))))
                .contains(
                        "advertiseAddress: 192.0.2.11",
                        "kubernetesVersion: v" + version,
                        "podSubnet: 10.244.0.0/16",
                        "controlPlaneEndpoint: 192.0.2.11:6443");
        assertThat(migrated(join(cluster, 1, KubeadmSpecs.worker())))
                .contains("tlsBootstrapToken: abcdef.0123456789abcdef", "kubeConfigPath: ");
    }

    @ParameterizedTest
    @MethodSource("programs")
    void takesTheDocumentsOfSeveralControlPlanes(String program) throws Exception {
        use(program);
        Cluster cluster = KubeadmSpecs.highlyAvailable(version);

        assertThat(migrated(KubeadmConfig.initDocuments(cluster, cluster.firstControlPlane(), settings(cluster, 0))))
                .contains("allocate-node-cidrs", "node-cidr-mask-size");
        assertThat(migrated(join(cluster, 1, KubeadmSpecs.controlPlane())))
                .contains("certificateKey: " + KubeadmSpecs.CERTIFICATE_KEY.reveal(), "taints: []");
        assertThat(migrated(join(cluster, 2, KubeadmSpecs.controlPlane())))
                .contains("key: dedicated", "value: infra", "effect: NoExecute");
        assertThat(migrated(join(cluster, 3, KubeadmSpecs.worker()))).contains("key: gpu");
        assertThat(migrated(KubeadmConfig.uploadCertsDocument(cluster, KubeadmSpecs.CERTIFICATE_KEY, settings(cluster, 0))
                        .reveal()))
                .contains("certificateKey: " + KubeadmSpecs.CERTIFICATE_KEY.reveal());
    }

    @ParameterizedTest
    @MethodSource("programs")
    void leavesNoTokenThatCouldJoinANode(String program) throws Exception {
        use(program);
        Cluster cluster = KubeadmSpecs.single(version);

        String init = migrated(KubeadmConfig.initDocuments(cluster, cluster.firstControlPlane(), settings(cluster, 0)));

        assertThat(init)
                .contains("ttl: 1s", "system:bootstrappers:caravan:unused")
                .doesNotContain("default-node-token", "signing", "ttl: 24h");
    }

    @ParameterizedTest
    @MethodSource("programs")
    void namesTheSamePauseImageWithAndWithoutTheDocuments(String program) throws Exception {
        use(program);
        Cluster cluster = KubeadmSpecs.single(version, "    imageRepository: registry.example.org/mirror");
        Path file = Files.writeString(
                directory.resolve("init.yaml"),
                KubeadmConfig.initDocuments(cluster, cluster.firstControlPlane(), settings(cluster, 0)));

        List<String> images = kubeadm("config", "images", "list", "--config", file.toString()).lines().toList();
        List<String> asRuntimeInstallAsks = kubeadm("config", "images", "list", "--image-repository", "registry.example.org/mirror",
                "--kubernetes-version", "v" + version)
                .lines().toList();

        assertThat(images).contains("registry.example.org/mirror/kube-apiserver:v" + version);
        assertThat(asRuntimeInstallAsks).filteredOn(image -> image.contains("/pause:")).singleElement()
                .satisfies(pause -> assertThat(images).contains(pause));
    }

    @ParameterizedTest
    @MethodSource("programs")
    void aMisspeltFieldWouldBeNoticed(String program) throws Exception {
        use(program);
        Cluster cluster = KubeadmSpecs.single(version, "    kubeadm: {ClusterConfiguration: {controlerManager: {}}}");
        String documents = KubeadmConfig.initDocuments(cluster, cluster.firstControlPlane(), settings(cluster, 0));

        if (KubernetesVersion.parse(version).isAtLeast(VALIDATES)) {
            // Newer programs migrate it without a word, and some refuse it without one: the status is what they have in common.
            assertThat(validated(documents).status()).isNotZero();
        } else {
            assertThat(kubeadmWithErrors(documents)).contains("controlerManager");
        }
    }

    @ParameterizedTest
    @MethodSource("programs")
    void takesTheDocumentsOfBothFamilies(String program) throws Exception {
        use(program);
        assumeTrue(KubernetesVersion.parse(version).isAtLeast(21), "dual stack is refused before 1.21");
        Cluster cluster = KubeadmSpecs.dualStack(version);

        assertThat(migrated(KubeadmConfig.initDocuments(cluster, cluster.firstControlPlane(), settings(cluster, 0))))
                .contains("advertiseAddress: 2001:db8::11", "2001:db8::11,192.0.2.11", "fd00:10:244::/56,10.244.0.0/16",
                        "fd00:10:96::/112,10.96.0.0/16");
        assertThat(migrated(join(cluster, 1, KubeadmSpecs.controlPlane()))).contains("2001:db8::12,192.0.2.12");
        assertThat(migrated(join(cluster, 3, KubeadmSpecs.worker()))).contains("2001:db8::14,192.0.2.14");
    }

    @ParameterizedTest
    @MethodSource("programs")
    void takesTheDocumentsWithoutKubeProxy(String program) throws Exception {
        use(program);
        assumeTrue(KubernetesVersion.parse(version).isAtLeast(31), "proxy.disabled came with v1beta4");
        Cluster cluster = KubeadmSpecs.withoutKubeProxy(version);
        String documents = KubeadmConfig.initDocuments(cluster, cluster.firstControlPlane(), settings(cluster, 0));

        assertThat(migrated(documents)).contains("disabled: true", "addon/kube-proxy", "podSubnet: fd00:10:244::/56");
        assertThat(kubeadm("config", "images", "list", "--config", Files.writeString(directory.resolve("bare.yaml"), documents).toString()))
                .contains("coredns").doesNotContain("kube-proxy");
    }

    private String migrated(String documents) throws Exception {
        String said = kubeadmWithErrors(documents);
        assertThat(said).doesNotContain("strict decoding error", "error unmarshaling", "unknown field");
        if (KubernetesVersion.parse(version).isAtLeast(VALIDATES)) {
            assertThat(validated(documents)).isEqualTo(new Result(0, "ok\n"));
        }
        Path migrated = directory.resolve("new.yaml");
        assertThat(migrated).as(said).exists();
        return Files.readString(migrated);
    }

    /** What {@code kubeadm config migrate} prints; it warns of fields that it does not know, and fails on values that are wrong. */
    private String kubeadmWithErrors(String documents) throws Exception {
        Path old = Files.writeString(directory.resolve("old.yaml"), withDiscovery(documents));
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

    /* kubeadm looks whether the discovery file is there. */
    private String withDiscovery(String documents) throws IOException {
        Path discovery = Files.writeString(directory.resolve("discovery.conf"), "");
        return documents.replace(KubeadmConfig.DISCOVERY_FILE, discovery.toString());
    }

    private Result validated(String documents) throws Exception {
        Path file = Files.writeString(directory.resolve("validated.yaml"), withDiscovery(documents));
        return run(List.of("config", "validate", "--config", file.toString()));
    }

    private String kubeadm(String... arguments) throws Exception {
        Result result = run(List.of(arguments));
        assertThat(result.status()).as(result.output()).isZero();
        return result.output();
    }

    private record Result(int status, String output) {}

    private Result run(List<String> arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(binary.toString()));
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
        return KubeadmSpecs.settings(cluster, host);
    }
}
