package dev.caravan.spec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.caravan.spec.Cluster.Cni;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a spec says of the API server's endpoint, of networks and their address families. */
class SpecNetworkTest extends SpecReading {
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
    @CsvSource(delimiter = '|', textBlock = """
            {vip: 192.0.2.200, nodeLocal: true} | an endpoint is a vip or nodeLocal
            {port: 8443}                        | an endpoint is a vip or nodeLocal
            {vip: 192.0.2.11}                   | vip is the address of a host
            {vip: api.example.org}              | vip is not an IP address
            {vip: 192.0.2.200, port: 6443}      | the API server itself listens on port 6443
            {nodeLocal: true, port: 6443}       | the API server itself listens on port 6443
            """)
    void refusesContradictoryEndpoints(String endpoint, String message) {
        String spec = SMALLEST.replace("{version: 1.20.2}", "{version: 1.20.2, endpoint: " + endpoint + "}");
        InvalidSpec invalid = catchThrowableOfType(InvalidSpec.class, () -> read(spec));
        assertThat(invalid).isNotNull();
        assertThat(invalid.problems()).extracting(Problem::message).containsExactly(message);
    }

    /** A port that the spec gives to the API server is the one that haproxy cannot have. */
    @ParameterizedTest
    @CsvSource({"6443, 7443, ''", "7443, 7443, 'write another port for haproxy, such as 8443'",
        "'', 8443, 'write another port for haproxy, such as 8444'"})
    void thePortOfTheApiServerIsNotThatOfItsEndpoint(String port, String bindPort, String remedy) throws InvalidSpec {
        String spec = SMALLEST.replace("{version: 1.20.2}", "{version: 1.20.2, endpoint: {nodeLocal: true"
                + (port.isEmpty() ? "" : ", port: " + port) + "}, kubeadm: {InitConfiguration: {localAPIEndpoint: {bindPort: " + bindPort
                + "}}}}");
        if (remedy.isEmpty()) {
            assertThat(read(spec).kubernetes().controlPlaneEndpoint()).isEqualTo("127.0.0.1:" + port);
        } else {
            assertThat(catchThrowableOfType(InvalidSpec.class, () -> read(spec)).problems()).singleElement()
                    .satisfies(problem -> assertThat(problem.remedy()).isEqualTo(remedy));
        }
    }

    @Test
    void refusesTwoEndpointsAndNamesBehindAVip() {
        String spec = SMALLEST.replace("{version: 1.20.2}", "{version: 1.20.2, controlPlaneEndpoint: \"192.0.2.9:6443\", "
                + "endpoint: {vip: 192.0.2.200}}").replace("192.0.2.11", "h1.example.org");
        assertThat(catchThrowableOfType(InvalidSpec.class, () -> read(spec)).problems()).extracting(Problem::message).containsExactly(
                "there is a controlPlaneEndpoint as well", "with a vip, the address of each host must be an IP address");
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
}
