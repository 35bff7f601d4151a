package dev.caravan.spec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.caravan.spec.Cluster.Cni;
import dev.caravan.spec.Cluster.Mirror;
import dev.caravan.spec.Cluster.OnFailure;
import dev.caravan.spec.Cluster.RuntimeName;
import dev.caravan.spec.SshAccess.HostKeyCheck;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SpecReaderTest {
    private static final String SMALLEST =
            """
            apiVersion: caravan/v1
            kind: Cluster
            metadata: {name: demo}
            spec:
              kubernetes: {version: 1.20.2}
              hosts:
                - {name: h1, address: 192.0.2.11, roles: [control-plane]}
            """;

    @TempDir
    Path directory;

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

    /** A percentage is of all hosts, rounded down; without the key, any number of hosts may fail. */
    @ParameterizedTest
    @CsvSource({"'', 99, true", "0, 0, true", "0, 1, false", "1, 1, true", "1, 2, false", "'\"49%\"', 0, true", "'\"49%\"', 1, false",
            "50%, 1, true", "100%, 2, true", "100%, 3, false"})
    void saysHowManyHostsMayFail(String maxFailedHosts, int failed, boolean tolerated) throws InvalidSpec {
        String spec = SMALLEST.replace("  hosts:", "  maxFailedHosts: " + maxFailedHosts + "\n  hosts:");
        assertThat(read(spec + "    - {name: h9, address: 192.0.2.99, roles: [worker]}\n").tolerates(failed)).isEqualTo(tolerated);
    }

    @ParameterizedTest
    @ValueSource(strings = {"-1", "101%", "1.5", "many", "'%'", "01%"})
    void refusesNoNumberOfHosts(String maxFailedHosts) {
        String spec = SMALLEST.replace("  hosts:", "  maxFailedHosts: " + maxFailedHosts + "\n  hosts:");
        InvalidSpec invalid = catchThrowableOfType(InvalidSpec.class, () -> read(spec));
        assertThat(invalid).isNotNull();
        assertThat(invalid.problems()).anyMatch(problem -> problem.path().contains("maxFailedHosts"));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            {vip: 192.0.2.200}                | 192.0.2.200:8443
            {vip: 192.0.2.200, port: 9443}    | 192.0.2.200:9443
            {vip: 'fd00::200'}                | [fd00::200]:8443
            {nodeLocal: true}                 | 127.0.0.1:8443
            {}                                | 192.0.2.11:6443
            """)
    void anEndpointThatCaravanKeepsIsTheControlPlaneEndpoint(String endpoint, String expected) throws InvalidSpec {
        String spec = SMALLEST.replace("{version: 1.20.2}", "{version: 1.20.2, endpoint: " + endpoint + "}");
        assertThat(read(spec).kubernetes().controlPlaneEndpoint()).isEqualTo(expected);
        assertThat(read(spec).kubernetes().endpoint().isPresent()).isEqualTo(!expected.endsWith("6443"));
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

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            {vip: 192.0.2.200, nodeLocal: true} | an endpoint is a vip or nodeLocal
            {port: 8443}                        | an endpoint is a vip or nodeLocal
            {vip: 192.0.2.11}                   | vip is the address of a host
            {vip: api.example.org}              | vip is not an IP address
            """)
    void refusesContradictoryEndpoints(String endpoint, String message) {
        String spec = SMALLEST.replace("{version: 1.20.2}", "{version: 1.20.2, endpoint: " + endpoint + "}");
        InvalidSpec invalid = catchThrowableOfType(InvalidSpec.class, () -> read(spec));
        assertThat(invalid).isNotNull();
        assertThat(invalid.problems()).extracting(Problem::message).containsExactly(message);
    }

    @Test
    void refusesTwoEndpointsAndNamesBehindAVip() {
        String spec = SMALLEST.replace("{version: 1.20.2}", "{version: 1.20.2, controlPlaneEndpoint: \"192.0.2.9:6443\", "
                + "endpoint: {vip: 192.0.2.200}}").replace("192.0.2.11", "h1.example.org");
        assertThat(catchThrowableOfType(InvalidSpec.class, () -> read(spec)).problems()).extracting(Problem::message).containsExactly(
                "there is a controlPlaneEndpoint as well", "with a vip, the address of each host must be an IP address");
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

    /** What is written under kubernetes, the addresses of control plane and worker, the problem and its remedy. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
            1.34.4, podSubnet: "fd00:244::/48", serviceSubnet: 10.96.0.0/16        | 192.0.2.11    | 192.0.2.12    | 5:76 spec.kubernetes.serviceSubnet: serviceSubnet 10.96.0.0/16 is IPv4, and podSubnet has no IPv4 network | write networks of the same families, for example serviceSubnet: fd00:10:96::/112
            1.34.4, serviceSubnet: "10.96.0.0/16,fd00:96::/112"                    | 192.0.2.11    | 192.0.2.12    | 5:48 spec.kubernetes.serviceSubnet: serviceSubnet fd00:96::/112 is IPv6, and podSubnet has no IPv6 network | write networks of the same families, for example serviceSubnet: 10.96.0.0/12
            1.34.4, podSubnet: "fd00:244::/48"                                     | 192.0.2.11    | 192.0.2.12    | 7:27 spec.hosts[0].address: the API server would be at an IPv4 address, and serviceSubnet fd00:10:96::/112 is IPv6 | write an IPv4 network first in serviceSubnet and podSubnet, or give the control plane's IPv6 address
            1.34.4, podSubnet: "10.244.0.0/16,fd00:244::/48", serviceSubnet: "fd00:96::/112,10.96.0.0/16" | 192.0.2.11 | 192.0.2.12 | 7:27 spec.hosts[0].address: the API server would be at an IPv4 address, and serviceSubnet fd00:96::/112 is IPv6 | write an IPv4 network first
            1.34.4, podSubnet: 10.244.0.0/16                                       | "2001:db8::11"  | "2001:db8::12"  | 7:27 spec.hosts[0].address: the API server would be at an IPv6 address, and serviceSubnet 10.96.0.0/12 is IPv4 | write an IPv6 network first
            1.34.4                                                                 | "2001:db8::11"  | 192.0.2.12    | 7:27 spec.hosts[0].address: the API server would be at an IPv6 address, and serviceSubnet 10.96.0.0/12 is IPv4 | write an IPv6 network first
            1.34.4                                                                 | 192.0.2.11    | "2001:db8::12"  | 8:27 spec.hosts[1].address: the address is IPv6, and podSubnet has no IPv6 network | give the host's IPv4 address as internalAddress, or take networks of both families
            1.20.2, podSubnet: "10.244.0.0/16,fd00:244::/48"                       | 192.0.2.11    | 192.0.2.12    | 5:44 spec.kubernetes.podSubnet: two networks need Kubernetes 1.21 or later: before that, dual stack is an alpha feature | write one network, or take a later version
            """)
    void familiesThatCannotGoTogetherAreRefused(String kubernetes, String controlPlane, String worker, String problem, String remedy) {
        assertThat(shown(families(kubernetes, controlPlane, worker, ""))).startsWith(problem + " -> " + remedy);
    }

    private static String families(String kubernetes, String controlPlane, String worker, String network) {
        return """
                apiVersion: caravan/v1
                kind: Cluster
                metadata: {name: demo}
                spec:
                  kubernetes: {version: %s}
                  hosts:
                    - {name: h1, address: %s, roles: [control-plane]}
                    - {name: h2, address: %s, roles: [worker]}
                %s
                """.formatted(kubernetes, controlPlane, worker, network);
    }

    @Test
    void whereEveryHostHasAnIpv6AddressTheNetworksAreIpv6() throws InvalidSpec {
        Cluster cluster = SpecReader.read(families("1.34.4", "'2001:db8::11'", "'2001:DB8::12'", ""), "test");

        assertThat(cluster.kubernetes().podSubnet()).isEqualTo("fd00:10:244::/56");
        assertThat(cluster.kubernetes().serviceSubnet()).isEqualTo("fd00:10:96::/112");
        assertThat(cluster.kubernetes().controlPlaneEndpoint()).isEqualTo("[2001:db8::11]:6443");
    }

    @Test
    void aNetworkThatIsNotGivenTakesTheOtherOnesFamily() throws InvalidSpec {
        String named = families("1.34.4, podSubnet: 'fd00:244::/48'", "h1.example.org", "h2.example.org", "");
        String dual = families("1.34.4, podSubnet: '10.244.0.0/16,fd00:244::/48'", "'2001:db8::11'", "'2001:db8::12'", "");

        assertThat(SpecReader.read(named, "test").kubernetes().serviceSubnet()).isEqualTo("fd00:10:96::/112");
        assertThat(SpecReader.read(dual, "test").kubernetes().serviceSubnet()).as("by the hosts").isEqualTo("fd00:10:96::/112");
    }

    @Test
    void familiesThatGoTogetherAreTaken() throws InvalidSpec {
        String advertised = "1.34.4, podSubnet: 'fd00:244::/48', kubeadm: {InitConfiguration: {localAPIEndpoint: {advertiseAddress: "
                + "'2001:db8::11'}},"
                + " JoinConfiguration: {nodeRegistration: {kubeletExtraArgs: {node-ip: '::'}}}}";
        for (String kubernetes : List.of("1.34.4, podSubnet: '10.244.0.0/16,fd00:244::/48'", advertised, "1.34.4")) {
            assertThat(SpecReader.read(families(kubernetes, "192.0.2.11", "192.0.2.12", ""), "test").hosts()).hasSize(2);
        }
        assertThat(SpecReader.read(families("1.34.4, podSubnet: '10.244.0.0/16,fd00:244::/48'", "192.0.2.11", "'2001:db8::12'", ""), "test")
                .hosts()).hasSize(2);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
            calico | "2001:db8::11" | 1.34.4                                            | 5:3 spec.kubernetes: calico's released manifest is for IPv4 alone, and podSubnet has an IPv6 network -> put IPv6 into Calico's manifest
            calico | 192.0.2.11   | 1.34.4, podSubnet: "10.244.0.0/16,fd00:244::/48"    | 5:44 spec.kubernetes.podSubnet: calico's released manifest is for IPv4 alone
            """)
    void networksThatKnowIpv4AloneAreRefusedForIpv6(String cni, String address, String kubernetes, String problem) {
        String worker = address.contains(":") ? "'2001:db8::12'" : "192.0.2.12";
        assertThat(shown(families(kubernetes, address, worker, "  network: {cni: " + cni + "}"))).startsWith(problem);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
            name: H1, address: 192.0.2.11, roles: [control-plane]      | 7:14 spec.hosts[0].name: not a valid node name: "H1"                         | for example h1
            address: 192.0.2.11, roles: [control-plane]                | 7:7 spec.hosts[0].name: "name" is missing                                    | write name: h1
            name: h1, address: 192.0.2.300, roles: [control-plane]     | 7:27 spec.hosts[0].address: not a valid IP address: "192.0.2.300"            | write the address alone, without a port; a port goes into ssh.port
            name: h1, address: "192.0.2.1:22", roles: [control-plane]  | 7:27 spec.hosts[0].address: not a valid IP address or DNS name: "192.0.2.1:22" | for example 192.0.2.11
            name: h1, address: 0.0.0.0, roles: [control-plane]         | 7:27 spec.hosts[0].address: "0.0.0.0" is no address of a host                | write the address that the other hosts use
            name: h1, address: 192.0.2.11, roles: control-plane        | 7:46 spec.hosts[0].roles: must be a list, but is text                        | write it in brackets: [control-plane]
            name: h1, address: 192.0.2.11, roles: []                   | 7:39 spec.hosts[0].roles: the list is empty                                  | for example ["worker"]
            name: h1, address: 192.0.2.11, roles: [master]             | 7:47 spec.hosts[0].roles[0]: unknown role "master"                           | did you mean "control-plane"?
            name: h1, address: 192.0.2.11, roles: [worker]             | 6:3 spec.hosts: no host is a control plane                                   | give one host the role control-plane
            name: h1, address: 192.0.2.11, roles: [control-plane], labels: {disk: 1}       | 7:78 spec.hosts[0].labels.disk: must be text, but is a number       | put the value in quotes
            name: h1, address: 192.0.2.11, roles: [control-plane], labels: {-x: a}         | 7:72 spec.hosts[0].labels.-x: not a valid label name: "-x"          | for example example.org/disk
            name: h1, address: 192.0.2.11, roles: [control-plane], taints: [a=b]           | 7:72 spec.hosts[0].taints[0]: not a valid taint: "a=b"              | for example dedicated=database:NoSchedule
            name: h1, address: 192.0.2.11, roles: [control-plane], ssh: {port: 70000}      | 7:75 spec.hosts[0].ssh.port: not a valid port: "70000"              | write a number from 1 to 65535
            name: h1, address: 192.0.2.11, roles: [control-plane], ssh: {connectTimeout: 5} | 7:85 spec.hosts[0].ssh.connectTimeout: must be text, but is a number | for example 10s
            name: h1, address: 192.0.2.11, roles: [control-plane], ssh: {keepAlive: 5 min} | 7:80 spec.hosts[0].ssh.keepAlive: not a valid duration: "5 min"     | for example 15s
            name: h1, address: 192.0.2.11, roles: [control-plane], ssh: {hostKeyCheck: no} | 7:83 spec.hosts[0].ssh.hostKeyCheck: unknown hostKeyCheck "no"      | known: strict, accept-new, off
            name: h1, address: 192.0.2.11, roles: [control-plane], ssh: {proxyJump: "b:99999"} | 7:80 spec.hosts[0].ssh.proxyJump: a port is larger than 65535   | for example ops@bastion.example.org:22
            name: h1, address: 192.0.2.11, roles: [control-plane], ssh: {pasword: x}       | 7:69 spec.hosts[0].ssh.pasword: unknown key "pasword"               | did you mean "password"?
            """)
    void saysWhatIsWrongWithAHost(String written, String problem, String remedy) {
        assertThat(shown(SMALLEST.replace("name: h1, address: 192.0.2.11, roles: [control-plane]", written)))
                .contains(problem + " -> " + remedy);
    }

    @Test
    void severalControlPlanesNeedAnEndpoint() throws InvalidSpec {
        String two = SMALLEST + "    - {name: h2, address: 192.0.2.12, roles: [control-plane]}\n";

        assertThat(shown(two))
                .isEqualTo("5:3 spec.kubernetes.controlPlaneEndpoint: 2 control planes need a controlPlaneEndpoint ->"
                        + " write controlPlaneEndpoint: HOST:PORT of a load balancer, or endpoint: {vip: ADDRESS} for a virtual address"
                        + " that Caravan keeps");
        assertThat(read(two.replace("version: 1.20.2", "version: 1.20.2, controlPlaneEndpoint: '192.0.2.11:6443'"))
                        .controlPlanes())
                .hasSize(2);
        assertThat(shown(two.replace("version: 1.20.2", "version: 1.14.10, controlPlaneEndpoint: '192.0.2.11:6443'")))
                .contains("several control planes need Kubernetes 1.15 or later");
    }

    @Test
    void noTwoHostsShareANameOrAnAddress() {
        assertThat(shown(SMALLEST + "    - {name: h1, address: 192.0.2.12, roles: [worker]}\n"))
                .isEqualTo("8:14 spec.hosts[1].name: two hosts have the name \"h1\" -> the other one is on line 7");
        assertThat(shown(SMALLEST + "    - {name: h2, address: 192.0.2.11, roles: [worker]}\n"))
                .isEqualTo(
                        "8:27 spec.hosts[1].address: two hosts have the address \"192.0.2.11\" -> the other one is on"
                                + " line 7");
        String ipv6 = SMALLEST.replace("192.0.2.11", "'2001:db8::1'");
        assertThat(shown(ipv6 + "    - {name: h2, address: '2001:db8:0:0::1', roles: [worker]}\n"))
                .contains("two hosts have the address");
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
    void aManifestAloneIsTheNetwork() throws InvalidSpec {
        assertThat(read(SMALLEST + "  network: {manifest: 'https://example.org/cni.yaml'}\n")
                        .network())
                .isEqualTo(new Cluster.Network(Cni.NONE, Optional.of("https://example.org/cni.yaml")));
        assertThat(shown(SMALLEST + "  network: {cni: bridge, manifest: cni.yaml}\n"))
                .contains("cni bridge has no manifest");
        assertThat(shown(SMALLEST + "  network: {cni: cilium}\n"))
                .contains("cilium publishes no manifest")
                .contains("network.manifest");
    }

    @Test
    void expandsWholeValuesFromEnvironmentAndFiles() throws Exception {
        Files.writeString(directory.resolve("sudo"), "from file\n");
        Cluster cluster = read(
                SMALLEST.replace("1.20.2", "\"${env:VERSION}\"")
                        + """
                  ssh: {user: ops, password: "${env:NUMERIC}", sudoPassword: "${file:sudo}", port: "${env:PORT}"}
                """,
                Map.of("VERSION", "1.20.5", "NUMERIC", "12345", "PORT", "2222"));

        SshAccess ssh = cluster.hosts().get(0).ssh();
        assertThat(cluster.kubernetes().version()).isEqualTo("1.20.5");
        assertThat(ssh.password()).contains(new Secret("12345"));
        assertThat(ssh.sudoPassword()).contains(new Secret("from file"));
        assertThat(ssh.port()).isEqualTo(2222);
        assertThat(ssh.privateKey())
                .as("a password is given and the default key does not exist")
                .isEmpty();
    }

    @Test
    void whatCannotBeExpandedIsAProblemAtItsPlace() {
        String ssh = "  ssh: {password: \"%s\"}\n";

        assertThat(shown(SMALLEST + ssh.formatted("${env:NOT_SET}")))
                .isEqualTo("8:19 spec.ssh.password: environment variable NOT_SET is not set -> set NOT_SET before"
                        + " starting Caravan");
        assertThat(shown(SMALLEST + ssh.formatted("${file:none}")))
                .startsWith("8:19 spec.ssh.password: there is no file none -> ");
        assertThat(shown(SMALLEST + ssh.formatted("x${env:HOME}")))
                .startsWith("8:19 spec.ssh.password: an expansion must be the whole value -> ");
        assertThat(shown(SMALLEST.replace("1.20.2", "\"${env:NOT_SET}\"")))
                .isEqualTo("5:25 spec.kubernetes.version: environment variable NOT_SET is not set -> set NOT_SET before"
                        + " starting Caravan");
    }

    @Test
    void makesNoExpansionsForThoseWhoMustNotSeeThisProcess() {
        InvalidSpec invalid = catchThrowableOfType(
                InvalidSpec.class,
                () -> SpecReader.read(
                        SMALLEST + "  ssh: {password: \"${env:PATH}\"}\n", "request",
                        Expansion.in(Path.of("")).confinedTo(Allowed.NOTHING)));

        assertThat(invalid.problems())
                .singleElement()
                .extracting(Problem::message)
                .isEqualTo("a spec that comes this way may not name this variable of the engine's");
    }

    @Test
    void aConfinedSpecMayUseKeysAndKnownHostsOfTheEngineButNotHaveThemWritten() throws Exception {
        Expansion confined = Expansion.in(Path.of("")).confinedTo(Allowed.NOTHING);
        String ssh = "  ssh: {privateKey: /srv/keys/all, knownHosts: /srv/known_hosts%s}\n";

        assertThat(SpecReader.read(SMALLEST + ssh.formatted(""), "request", confined).hosts().get(0).ssh().privateKey())
                .contains("/srv/keys/all");
        InvalidSpec invalid = catchThrowableOfType(InvalidSpec.class,
                () -> SpecReader.read(SMALLEST + ssh.formatted(", hostKeyCheck: accept-new"), "request", confined));
        assertThat(invalid.problems()).singleElement().extracting(Problem::path).isEqualTo("spec.ssh.knownHosts");
    }

    /** Java takes a minute for a number of that many digits. */
    @ParameterizedTest
    @ValueSource(strings = {"port: ", "sudoPassword: ", "unknown: ", "port: 1.", "port: 0x", "port: 1e"})
    void aNumberOfHundredsOfThousandsOfDigitsIsRefusedByItsLength(String key) {
        String text = SMALLEST + "  ssh: {" + key + "7".repeat(400_000) + "}\n";
        assertThat(problems(text).getMessage()).contains("a number longer than 100 characters").hasSizeLessThan(2_000);
    }

    /** Who types a password where it belongs may have typed it elsewhere first. */
    @Test
    void aDeclaredSecretIsShownInNoMessageAboutAnotherField() {
        String canary = "c4n4ry 'pw' \\33";
        String long100 = "x".repeat(95) + canary;
        for (String declared : List.of("sudoPassword: \"c4n4ry 'pw' \\\\33\"", "password: 'c4n4ry ''pw'' \\33'",
                "passphrase: c4n4ry 'pw' \\33", "sudoPassword: \"${env:CANARY}\"")) {
            for (String wrong : List.of("user: \"ops:CANARY\"", "port: \"CANARY\"", "\"CANARY\": 1", "hostKey: \"CANARY\"",
                    "knownHosts: [\"CANARY\"]", "user: \"" + long100 + "\"")) {
                String spec = SMALLEST + "  ssh:\n    " + declared + "\n    "
                        + wrong.replace("CANARY", "c4n4ry 'pw' \\\\33").replace(long100, long100.replace("\\", "\\\\")) + "\n";
                InvalidSpec invalid = catchThrowableOfType(InvalidSpec.class, () -> read(spec, Map.of("CANARY", canary)));
                assertThat(invalid).as(spec).isNotNull();
                assertThat(invalid.getMessage()).as(spec).doesNotContain("c4n4r");
                assertThat(invalid.problems().toString()).as(spec).doesNotContain("c4n4r");
            }
        }
        assertThat(shown(SMALLEST + "  ssh: {sudoPassword: CANARYsudopw33, user: \"ops:CANARYsudopw33\"}\n")).contains("ops:***");
        assertThat(shown(SMALLEST + "  ssh: {password: 12345678, port: 12345678}\n")).doesNotContain("12345678");
        assertThat(shown(SMALLEST + "  ssh: {password: a, user: \"a b\", agnt: true}\n")).as("a short one spoils no text")
                .contains("\"a b\"").contains("not a valid user name").contains("agnt").contains("agent");
    }

    @Test
    void neverShowsASecretNorWhatAnExpansionGave() {
        String canary = "c4n4ry";
        String spec = SMALLEST.replace(
                        "version: 1.20.2",
                        "version: \"${env:CANARY}\", kubeadm: {JoinConfiguration: {discovery: {tlsBootstrapToken:"
                                + " [c4n4ry]}}}")
                + "  ssh: {password: [c4n4ry], passphrase: {a: c4n4ry}, sudoPassword: 0xc4, proxyJump:"
                + " 'ops:c4n4ry@bastion', user: \"${env:CANARY}\", port: \"${env:CANARY}\"}\n";

        InvalidSpec invalid = catchThrowableOfType(InvalidSpec.class, () -> read(spec, Map.of("CANARY", "c4n4ry: x")));

        assertThat(invalid.problems()).hasSizeGreaterThan(5);
        assertThat(invalid.getMessage()).doesNotContain(canary);
        for (String broken : List.of(
                "password: *c4n4ry",
                "password: !c4n4ry x",
                "password: @c4n4ry",
                "password: 'c4n4ry",
                "password: \"\\c4n4ry\"",
                "password: %c4n4ry",
                "password: a: c4n4ry",
                "? [c4n4ry]\n    : x")) {
            assertThat(problems(SMALLEST + "  ssh:\n    " + broken + "\n").getMessage())
                    .as(broken)
                    .doesNotContain(canary);
        }
    }

    @Test
    void hostsOverrideSshValueByValue() throws InvalidSpec {
        Cluster cluster = read(
                """
                apiVersion: caravan/v1
                kind: Cluster
                metadata: {name: demo}
                spec:
                  kubernetes: {version: 1.20.2}
                  ssh: {user: ops, port: 2222, privateKey: ~/keys/all, passphrase: all, hostKeyCheck: accept-new, connectTimeout: 2m, proxyJump: bastion.example.org}
                  hosts:
                    - {name: h1, address: 192.0.2.11, roles: [control-plane]}
                    - {name: h2, address: 192.0.2.12, roles: [worker], ssh: {user: root, sudoPassword: x, proxyJump: none}}
                    - {name: h3, address: 192.0.2.13, roles: [worker], ssh: {privateKey: "", agent: true, proxyJump: {address: b2, user: jump, password: p, proxyJump: "x@b1:23,[2001:db8::5]"}}}
                """);

        SshAccess first = cluster.hosts().get(0).ssh();
        SshAccess second = cluster.hosts().get(1).ssh();
        SshAccess third = cluster.hosts().get(2).ssh();
        assertThat(first.user()).isEqualTo("ops");
        assertThat(first.privateKey()).contains(directory.resolve("keys/all").toString());
        assertThat(first.connectTimeout()).isEqualTo(Duration.ofMinutes(2));
        SshAccess jump = first.proxyJump().orElseThrow().access();
        assertThat(first.proxyJump().orElseThrow().address()).isEqualTo("bastion.example.org");
        assertThat(jump.user()).isEqualTo("ops");
        assertThat(jump.port()).as("a port is not taken over").isEqualTo(22);
        assertThat(jump.privateKey()).isEqualTo(first.privateKey());
        assertThat(jump.passphrase()).isEqualTo(first.passphrase());
        assertThat(second.user()).isEqualTo("root");
        assertThat(second.port()).isEqualTo(2222);
        assertThat(second.proxyJump()).isEmpty();
        assertThat(third.privateKey()).isEmpty();
        SshAccess.Jump last = third.proxyJump().orElseThrow();
        SshAccess.Jump middle = last.access().proxyJump().orElseThrow();
        SshAccess.Jump outermost = middle.access().proxyJump().orElseThrow();
        assertThat(last.access().password()).contains(new Secret("p"));
        assertThat(middle.address()).isEqualTo("2001:db8::5");
        assertThat(middle.access().password())
                .as("a password belongs to one host")
                .isEmpty();
        assertThat(outermost.address()).isEqualTo("b1");
        assertThat(outermost.access().user()).isEqualTo("x");
        assertThat(outermost.access().port()).isEqualTo(23);
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
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
            ''                              | 1:1 : the spec is empty
            'a: b: c'                       | 1:5 : a colon is not expected here
            'a: [b'                         | 1:6 : a quote or a bracket is not closed
            'a: 1\n---\nb: 2'               | 2:1 : a second document begins here
            'a: *b'                         | 1:4 : a value that begins with * is a YAML alias, and this one is not defined
            'kind: Cluster\nkind: Cluster'  | 2:1 kind: key "kind" is here a second time
            'kind: !!binary aaaa'           | 1:7 kind: a YAML tag has no meaning here
            'kind: !mine x'                 | 1:7 kind: a YAML tag has no meaning here
            'kind: 1e999'                   | 1:7 kind: not a finite number: 1e999
            'kind: !!int x'                 | 1:7 kind: a YAML tag has no meaning here
            '? [a]\n: b'                    | 1:3 : a key must be a word, not a map or a list
            """)
    void saysWhatIsWrongWithTheText(String text, String problem) {
        assertThat(shown(text.replace("\\n", "\n"))).contains(problem);
    }

    @Test
    void boundsWhatItReads() throws Exception {
        assertThat(shown("#".repeat(1024 * 1024 + 1))).contains("larger than 1 MiB");
        Path large = Files.writeString(directory.resolve("large.yaml"), "#".repeat(1024 * 1024 + 1));
        assertThat(catchThrowableOfType(InvalidSpec.class, () -> SpecReader.read(large))
                        .getMessage())
                .contains("larger than 1 MiB");
        assertThat(shown("a: &a [*a, *a]")).contains("too many values or is nested too deeply");
        assertThat(shown("[".repeat(5000))).isNotEmpty();
        StringBuilder bomb = new StringBuilder("a0: &a0 [x, x, x, x, x, x, x, x, x]\n");
        for (int i = 1; i < 16; i++) {
            bomb.append("a%d: &a%d [*a%d, *a%d, *a%d]\n".formatted(i, i, i - 1, i - 1, i - 1));
        }
        assertThat(shown(bomb.toString())).contains("too many values or is nested too deeply");
    }

    @Test
    void noTextTakesLongOrTooMuchStackToCheck() {
        for (String text : List.of(
                "a".repeat(60_000),
                "a:".repeat(30_000),
                "a ".repeat(30_000) + "b",
                "a,".repeat(30_000),
                "a:@".repeat(20_000))) {
            String spec = SMALLEST + "  packages: {kubernetes: {baseUrl: \"http://" + text
                    + "\"}}\n  ssh: {proxyJump: \"" + text + "\", user: \"" + text + "\"}\n";

            assertThat(problems(spec).problems())
                    .allMatch(problem -> problem.message().length() < 300)
                    .hasSize(3);
            assertThat(RedactedSpec.of(spec)).isNotEmpty();
        }
        assertThat(problems(SMALLEST + "  " + "k".repeat(500_000) + ": 1\n").getMessage())
                .hasSizeLessThan(300);
        String words = "http://" + "a ".repeat(1000) + "b";
        assertThat(shown(SMALLEST + "  packages: {kubernetes: {baseUrl: \"" + words + "\u00e9\"}}\n"))
                .contains("not a valid repository URL");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "metadata: {name: \"demo\\n\"}",
                "version: \"1.20.2\\n\"",
                "name: \"h1\\n\"",
                "address: \"192.0.2.11\\n\"",
                "podSubnet: \"10.244.0.0/16\\n\", version: 1.20.2",
                "imageRepository: \"r.io/x\\n\", version: 1.20.2",
                "controlPlaneEndpoint: \"a:1\\n\", version: 1.20.2"
            })
    void aLineBreakAtTheEndIsNoPartOfAValue(String written) {
        String key = written.substring(0, written.indexOf(':'));
        String replaced = written.endsWith("1.20.2")
                ? SMALLEST.replace("version: 1.20.2", written)
                : SMALLEST.replaceFirst(
                        "(?<![a-z])" + key + ": ([{][^}]*[}]|[^,}]*)", Matcher.quoteReplacement(written));

        assertThat(replaced).isNotEqualTo(SMALLEST);
        assertThat(problems(replaced).problems()).isNotEmpty();
    }

    @Test
    void saysWhyAFileCannotBeRead() throws Exception {
        assertThat(catchThrowableOfType(InvalidSpec.class, () -> SpecReader.read(directory.resolve("none.yaml")))
                        .getMessage())
                .contains("none.yaml:1:1  there is no such file");
        assertThat(catchThrowableOfType(InvalidSpec.class, () -> SpecReader.read(directory))
                        .getMessage())
                .contains("this is a directory");
        Path latin =
                Files.write(directory.resolve("latin.yaml"), "name: caf\u00e9".getBytes(StandardCharsets.ISO_8859_1));
        assertThat(catchThrowableOfType(InvalidSpec.class, () -> SpecReader.read(latin))
                        .getMessage())
                .contains("not UTF-8");
    }

    @ParameterizedTest
    @ValueSource(strings = {"three-nodes", "containerd", "three-control-planes", "community"})
    void readsTheExamples(String name) throws Exception {
        String text = Files.readString(Path.of("examples", name + ".yaml"));

        Cluster cluster = read(text, Map.of("SUDO_PASSWORD", "correct-horse-battery"));

        assertThat(cluster.hosts()).isNotEmpty();
        assertThat(Relaxations.of(cluster)).isEmpty();
    }

    private Cluster read(String text) throws InvalidSpec {
        return read(text, Map.of());
    }

    private Cluster read(String text, Map<String, String> environment) throws InvalidSpec {
        return SpecReader.read(text, "test", Expansion.in(directory, environment::get, directory));
    }

    private InvalidSpec problems(String text) {
        InvalidSpec invalid = catchThrowableOfType(InvalidSpec.class, () -> read(text));
        assertThat(invalid).as(text).isNotNull();
        return invalid;
    }

    private String shown(String text) {
        return String.join(
                "\n",
                problems(text).problems().stream()
                        .map(problem -> problem.line() + ":" + problem.column() + " " + problem.path() + ": "
                                + problem.message() + (problem.remedy().isEmpty() ? "" : " -> " + problem.remedy()))
                        .toList());
    }
}
