package dev.caravan.spec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.caravan.spec.Cluster.Cni;
import dev.caravan.spec.Cluster.Mirror;
import dev.caravan.spec.Cluster.OnFailure;
import dev.caravan.spec.Cluster.RuntimeName;
import dev.caravan.spec.SshAccess.HostKeyCheck;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SpecReaderTest extends SpecReading {
    @Test
    void fillsInEveryDefault() throws InvalidSpec {
        Cluster cluster = read(SMALLEST);

        assertThat(cluster.name()).isEqualTo("demo");
        assertThat(cluster.kubernetes())
                .isEqualTo(new Cluster.Kubernetes(
                        "1.20.2",
                        "registry.aliyuncs.com/google_containers",
                        "192.0.2.11:6443",
                        Optional.empty(),
                        "10.244.0.0/16",
                        "10.96.0.0/12",
                        Map.of(),
                        Upgrade.DEFAULT));
        assertThat(cluster.packages().mirror()).isEqualTo(Mirror.ALIYUN);
        assertThat(cluster.runtime()).isEqualTo(new Cluster.Runtime(RuntimeName.DOCKER, Optional.empty(), List.of()));
        assertThat(cluster.network()).isEqualTo(new Cluster.Network(Cni.FLANNEL, Optional.empty()));
        assertThat(cluster.onFailure()).isEqualTo(OnFailure.ROLLBACK);
        SshAccess ssh = cluster.hosts().get(0).ssh();
        assertThat(ssh.user()).isEqualTo("root");
        assertThat(ssh.port()).isEqualTo(22);
        assertThat(ssh.privateKey())
                .contains(directory.resolve(".ssh/id_ed25519").toString());
        assertThat(ssh.knownHosts())
                .isEqualTo(directory.resolve(".ssh/known_hosts").toString());
        assertThat(ssh.hostKeyCheck()).isEqualTo(HostKeyCheck.STRICT);
        assertThat(ssh.agent()).isFalse();
        assertThat(ssh.connectTimeout()).isEqualTo(Duration.ofSeconds(10));
        assertThat(ssh.keepAlive()).isEqualTo(Duration.ofSeconds(15));
        assertThat(ssh.password()).isEmpty();
        assertThat(ssh.proxyJump()).isEmpty();
    }

    @Test
    void takesContainerdWhereKubernetesNoLongerRunsOnDocker() throws InvalidSpec {
        assertThat(read(SMALLEST.replace("1.20.2", "1.24.0")).runtime().name()).isEqualTo(RuntimeName.CONTAINERD);
        assertThat(read(SMALLEST.replace("1.20.2", "1.23.17")).runtime().name()).isEqualTo(RuntimeName.DOCKER);
    }

    @ParameterizedTest
    @ValueSource(strings = {"reset", "apply", "migrate-runtime", "renew-certificate"})
    void refusesABackupBeforeWhatTakesNone(String before) {
        InvalidSpec invalid = catchThrowableOfType(InvalidSpec.class,
                () -> read(SMALLEST.replace("  hosts:", "  backup: {before: [upgrade, " + before + "]}\n  hosts:")));
        assertThat(invalid).isNotNull();
        assertThat(invalid.problems()).singleElement().satisfies(problem -> {
            assertThat(problem.path()).isEqualTo("spec.backup.before[1]");
            assertThat(problem.line()).isEqualTo(6);
            assertThat(problem.message() + problem.remedy()).contains(before, "renew-certificates");
        });
    }

    @Test
    void readsJsonToo() throws InvalidSpec {
        Cluster cluster = read(
                """
                {"apiVersion": "caravan/v1", "kind": "Cluster", "metadata": {"name": "demo"},
                 "spec": {"kubernetes": {"version": "1.20.2"},
                          "hosts": [{"name": "h1", "address": "2001:db8::1", "roles": ["control-plane", "worker"]}]}}
                """);

        assertThat(cluster.kubernetes().controlPlaneEndpoint()).isEqualTo("[2001:db8::1]:6443");
        assertThat(cluster.hosts().get(0).roles()).containsExactly(Role.CONTROL_PLANE, Role.WORKER);
    }

    @Test
    void readsEverythingThatASpecMaySay() throws InvalidSpec {
        Cluster cluster = read(
                """
                apiVersion: caravan/v1
                kind: Cluster
                metadata: {name: full}
                spec:
                  kubernetes:
                    version: 1.31.4
                    imageRepository: 192.0.2.1:5000/mirror
                    controlPlaneEndpoint: api.example.org:8443
                    podSubnet: 10.240.0.0/12
                    serviceSubnet: 10.10.0.0/16
                    kubeadm:
                      KubeProxyConfiguration: {conntrack: {maxPerCore: 0}, nodePortAddresses: [primary]}
                  packages:
                    mirror: custom
                    kubernetes: {baseUrl: "http://192.0.2.1/deb/ /", gpgKeys: ["http://192.0.2.1/deb/Release.key"], gpgCheck: true}
                    runtime: {baseUrl: "http://192.0.2.1/docker jammy stable", gpgCheck: false}
                  runtime: {name: cri-o, version: "1.31.3", insecureRegistries: ["192.0.2.1:5000"]}
                  network: {cni: calico, manifest: calico.yaml}
                  hosts:
                    - name: h1
                      address: h1.example.org
                      roles: [control-plane]
                      labels: {example.org/rack: r1, empty: ""}
                      taints: ["dedicated=database:NoSchedule", "plain:NoExecute"]
                  onFailure: keep
                """);

        assertThat(cluster.kubernetes().kubeadm().get("KubeProxyConfiguration"))
                .isEqualTo(Map.of("conntrack", Map.of("maxPerCore", 0), "nodePortAddresses", List.of("primary")));
        assertThat(cluster.kubernetes().controlPlaneEndpoint()).isEqualTo("api.example.org:8443");
        assertThat(cluster.packages().kubernetes().baseUrl()).contains("http://192.0.2.1/deb/ /");
        assertThat(cluster.packages().runtime().gpgCheck()).contains(false);
        assertThat(cluster.runtime().version()).contains("1.31.3");
        assertThat(cluster.network().manifest())
                .contains(directory.resolve("calico.yaml").toString());
        assertThat(cluster.hosts().get(0).labels())
                .containsExactlyInAnyOrderEntriesOf(Map.of("example.org/rack", "r1", "empty", ""));
        assertThat(cluster.hosts().get(0).taints()).containsExactly("dedicated=database:NoSchedule", "plain:NoExecute");
        assertThat(cluster.onFailure()).isEqualTo(OnFailure.KEEP);
    }

    @Test
    void keysWithoutAValueMeanTheDefault() throws InvalidSpec {
        assertThat(read(SMALLEST.replace(
                                "kubernetes: {version: 1.20.2}",
                                "kubernetes: {version: 1.20.2, podSubnet: , controlPlaneEndpoint: \"\"}"))
                        .kubernetes()
                        .podSubnet())
                .isEqualTo("10.244.0.0/16");
    }

    @Test
    void namesLineColumnAndRemedyOfEveryProblemAtOnce() {
        InvalidSpec invalid = problems(
                """
                apiVersion: caravan/v1
                kind: Cluster
                metadata: {name: demo}
                spec:
                  kubernets: {version: 1.20.2}
                  kubernetes:
                    version: 1.20
                  hosts:
                    - name: h1
                      address: 192.0.2.11
                      roles: [control-plane]
                    - name: h2
                      address: 192.0.2.12
                      roles: [wroker]
                      ssh: {port: "22"}
                """);

        assertThat(invalid.render("demo.yaml"))
                .isEqualTo(
                        """
                demo.yaml:5:3  spec.kubernets  unknown key "kubernets"
                    did you mean "kubernetes"?
                demo.yaml:7:14  spec.kubernetes.version  must be text, but is a number
                    for example 1.20.2
                demo.yaml:14:15  spec.hosts[1].roles[0]  unknown role "wroker"
                    did you mean "worker"?
                demo.yaml:15:19  spec.hosts[1].ssh.port  must be a whole number, but is text
                    for example 22""");
        assertThat(invalid).hasMessage(invalid.render(invalid.sourceName()));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
            version: v1.20.2              | 5:25 spec.kubernetes.version: not a valid exact Kubernetes version: "v1.20.2"                    | write it without the v: 1.20.2
            version: "1.20"               | 5:25 spec.kubernetes.version: not a valid exact Kubernetes version: "1.20"                       | write all three numbers, for example 1.20.2
            version: latest               | 5:25 spec.kubernetes.version: not a valid exact Kubernetes version: "latest"                     | write three numbers, for example 1.20.2
            version: 1.12.10              | 5:25 spec.kubernetes.version: Kubernetes before 1.13 is not supported                            | write 1.13.0 or later
            cni: bridge                   | 5:16 spec.kubernetes.cni: unknown key "cni"                                                      | "cni" belongs in spec.network
            podSubnet: 10.244.0.0/33      | 5:27 spec.kubernetes.podSubnet: the prefix is longer than the address, which has 32 bits: "10.244.0.0/33" | for example 10.244.0.0/16
            podSubnet: pods               | 5:27 spec.kubernetes.podSubnet: not a network in CIDR notation: "pods"                           | for example 10.244.0.0/16
            podSubnet: 10.244.1.0/16      | 5:27 spec.kubernetes.podSubnet: the address has bits behind the prefix: "10.244.1.0/16"          | write 10.244.0.0/16
            podSubnet: 10.96.128.0/17     | 5:27 spec.kubernetes.podSubnet: podSubnet 10.96.128.0/17 and serviceSubnet 10.96.0.0/12 overlap  | take networks that share no address
            podSubnet: 192.0.2.0/24       | 7:27 spec.hosts[0].address: the address lies inside podSubnet 192.0.2.0/24                       | take another podSubnet: hosts and the cluster must not share addresses
            podSubnet: 10.244.0.0/25      | 5:27 spec.kubernetes.podSubnet: podSubnet 10.244.0.0/25 has room for 0 hosts, at a /24 for each  | take a larger network
            serviceSubnet: 172.0.0.0/8    | 5:31 spec.kubernetes.serviceSubnet: serviceSubnet 172.0.0.0/8 is too large: kubeadm takes at most 2^20 addresses | for example 10.96.0.0/12
            controlPlaneEndpoint: api     | 5:38 spec.kubernetes.controlPlaneEndpoint: not a valid control-plane endpoint: "api"             | for example 192.0.2.10:6443
            controlPlaneEndpoint: "a:70000" | 5:38 spec.kubernetes.controlPlaneEndpoint: the port is larger than 65535                       | for example 192.0.2.10:6443
            imageRepository: https://r.io | 5:33 spec.kubernetes.imageRepository: not a valid image repository: "https://r.io"               | for example registry.aliyuncs.com/google_containers
            kubeadm: {ClusterConfig: {}}  | 5:26 spec.kubernetes.kubeadm.ClusterConfig: unknown kind of kubeadm document "ClusterConfig"     | did you mean "ClusterConfiguration"?
            kubeadm: {InitConfiguration: {apiVersion: x}} | 5:58 spec.kubernetes.kubeadm.InitConfiguration.apiVersion: Caravan chooses apiVersion by the Kubernetes version | take it away
            kubeadm: {ClusterConfiguration: {imageRepository: x}} | 5:66 spec.kubernetes.kubeadm.ClusterConfiguration.imageRepository: this has a place of its own in the spec | write it as spec.kubernetes.imageRepository
            kubeadm: {ClusterConfiguration: {apiServer: {extraArgs: [{name: a, value: "1"}, {name: a, value: "2"}]}}} | 5:96 spec.kubernetes.kubeadm.ClusterConfiguration.apiServer.extraArgs[1]: argument "a" is here a second time | Kubernetes takes an argument several times from 1.31 on
            kubeadm: {ClusterConfiguration: {apiServer: {extraArgs: [a]}}} | 5:73 spec.kubernetes.kubeadm.ClusterConfiguration.apiServer.extraArgs[0]: not an argument | write it as NAME: "VALUE", or as a list of {name: NAME, value: "VALUE"}
            kubeadm: {KubeletConfiguration: {cgroupDriver: sysd}} | 5:63 spec.kubernetes.kubeadm.KubeletConfiguration.cgroupDriver: unknown cgroup driver "sysd" | known: systemd, cgroupfs
            kubeadm: {InitConfiguration: {nodeRegistration: {criSocket: /x}}} | 5:76 spec.kubernetes.kubeadm.InitConfiguration.nodeRegistration.criSocket: this has a place of its own in the spec | write it as spec.runtime.name
            kubeadm: {JoinConfiguration: {discovery: {bootstrapToken: {unsafeSkipCAVerification: true}}}} | 5:58 spec.kubernetes.kubeadm.JoinConfiguration.discovery.bootstrapToken: Caravan makes this itself for each join | take it away
            kubeadm: {ClusterConfiguration: {apiServer: {extraArgs: {v: 4}}}} | 5:76 spec.kubernetes.kubeadm.ClusterConfiguration.apiServer.extraArgs.v: the value of an argument must be text, but is a number | put it in quotes
            """)
    void saysWhatIsWrongWithKubernetes(String written, String problem, String remedy) {
        String kubernetes = written.startsWith("version") ? written : written + ", version: 1.20.2";

        assertThat(shown(SMALLEST.replace("version: 1.20.2", kubernetes))).startsWith(problem + " -> " + remedy);
    }

    @Test
    void mirrorsMustHaveWhatIsAskedOfThem() {
        assertThat(shown(SMALLEST + "  packages: {mirror: community}\n"))
                .contains("the community's repositories begin with Kubernetes 1.24");
        assertThat(shown(SMALLEST + "  packages: {mirror: custom}\n"))
                .contains("mirror custom needs packages.kubernetes.baseUrl");
        assertThat(shown(SMALLEST + "  packages: {mirror: custom, kubernetes: {baseUrl: 'http://192.0.2.1/rpm'}}\n"))
                .contains("no key to check this repository with");
        String braces = "this address has braces around something else than minor";
        assertThat(shown(SMALLEST + "  packages: {kubernetes: {baseUrl: 'http://192.0.2.1/v{series}/rpm'}}\n"))
                .contains("spec.packages.kubernetes.baseUrl", braces);
        assertThat(shown(SMALLEST + "  packages: {kubernetes: {gpgKeys: ['http://192.0.2.1/{minor}/a', 'http://192.0.2.1/{minor/b']}}\n"))
                .contains("gpgKeys[1]", braces);
        assertThat(shown(SMALLEST + "  packages: {runtime: {baseUrl: 'http://192.0.2.1/minor}'}}\n"))
                .contains("spec.packages.runtime.baseUrl", braces);
        assertThatCode(() -> SpecReader.read(SMALLEST + "  packages: {kubernetes: {baseUrl: 'http://192.0.2.1/{minor}/{minor}'}}\n",
                "test")).doesNotThrowAnyException();
        assertThat(shown(SMALLEST + "  packages: {mirror: aliyn}\n"))
                .contains("unknown mirror \"aliyn\" -> did you mean \"aliyun\"?");
        assertThat(shown(SMALLEST + "  packages: {kubernetes: {baseUrl: \"http://192.0.2.1/rpm\\nenabled=0\"}}\n"))
                .contains("holds a line break");
    }

    @Test
    void leavesTheChoiceOfRuntimeToPreflight() throws InvalidSpec {
        for (String runtime : List.of("docker", "containerd", "cri-o", "rkt", "frakti")) {
            assertThat(read(SMALLEST.replace("1.20.2", "1.31.0") + "  runtime: {name: " + runtime + "}\n")
                            .runtime()
                            .name()
                            .word())
                    .isEqualTo(runtime);
        }
    }

    @Test
    void namesWhatTheSpecRelaxes() throws InvalidSpec {
        Cluster strict = read(SMALLEST);
        Cluster relaxed = read(
                SMALLEST
                        + """
                  ssh: {hostKeyCheck: accept-new}
                  packages: {kubernetes: {gpgCheck: false}}
                  runtime: {insecureRegistries: ["192.0.2.1:5000"]}
                """);
        Cluster unchecked = read(SMALLEST + "  ssh: {hostKeyCheck: off}\n");

        assertThat(Relaxations.of(strict)).isEmpty();
        assertThat(Relaxations.of(relaxed))
                .containsExactly(
                        "signatures of the kubernetes packages are not checked (packages.kubernetes.gpgCheck: false)",
                        "images from 192.0.2.1:5000 may come over plain HTTP (runtime.insecureRegistries)",
                        "unknown host keys of h1 are accepted the first time (ssh.hostKeyCheck: accept-new)");
        assertThat(Relaxations.of(unchecked))
                .containsExactly("host keys of h1 are not checked (ssh.hostKeyCheck: off)");
    }

    @ParameterizedTest
    @ValueSource(strings = {"three-nodes", "containerd", "three-control-planes", "community"})
    void readsTheExamples(String name) throws Exception {
        String text = Files.readString(Path.of("examples", name + ".yaml"));

        Cluster cluster = read(text, Map.of("SUDO_PASSWORD", "correct-horse-battery"));

        assertThat(cluster.hosts()).isNotEmpty();
        assertThat(Relaxations.of(cluster)).isEmpty();
    }
}
