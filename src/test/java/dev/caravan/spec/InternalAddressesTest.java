package dev.caravan.spec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class InternalAddressesTest {
    private static final String DUAL = ", podSubnet: '10.244.0.0/16,fd00:244::/48', serviceSubnet: '10.96.0.0/16,fd00:96::/112'";

    private static String spec(String kubernetes, String first, String second, String network) {
        return """
                apiVersion: caravan/v1
                kind: Cluster
                metadata: {name: demo}
                spec:
                  kubernetes: {version: 1.34.4%s}
                  hosts:
                    - {name: h1, address: 203.0.113.11, internalAddress: %s, roles: [control-plane]}
                    - {name: h2, address: h2.example.org, internalAddress: %s, roles: [worker]}
                %s
                """.formatted(kubernetes, first, second, network);
    }

    private static Cluster read(String text) {
        try {
            return SpecReader.read(text, "test");
        } catch (InvalidSpec e) {
            throw new AssertionError(e.getMessage(), e);
        }
    }

    private static List<String> said(String text) {
        InvalidSpec invalid = catchThrowableOfType(InvalidSpec.class, () -> SpecReader.read(text, "test"));
        return invalid.problems().stream().map(problem -> problem.message() + " -> " + problem.remedy()).toList();
    }

    @Test
    void theClusterUsesItAndSshDoesNot() {
        Cluster cluster = read(spec("", "10.0.0.11", "10.0.0.12", ""));

        assertThat(cluster.hosts()).extracting(Host::address).containsExactly("203.0.113.11", "h2.example.org");
        assertThat(cluster.hosts()).extracting(Host::nodeAddress).containsExactly("10.0.0.11", "10.0.0.12");
        assertThat(cluster.kubernetes().controlPlaneEndpoint()).isEqualTo("10.0.0.11:6443");
        assertThat(cluster.names()).contains("203.0.113.11", "10.0.0.11");
    }

    @Test
    void theAddressOfTheServicesFirstFamilyIsThePrimaryOne() {
        Cluster ipv4First = read(spec(DUAL, "'FD00:0::11, 10.0.0.11'", "'10.0.0.12,fd00::12'", "  network: {cni: bridge}"));
        Cluster ipv6First = read(spec(", podSubnet: 'fd00:244::/48,10.244.0.0/16', serviceSubnet: 'fd00:96::/112,10.96.0.0/16'",
                "'10.0.0.11,fd00::11'", "'10.0.0.12,fd00::12'", "  network: {cni: bridge}"));

        assertThat(ipv4First.hosts().get(0).internalAddresses()).containsExactly("10.0.0.11", "fd00::11");
        assertThat(ipv6First.hosts().get(0).internalAddresses()).containsExactly("fd00::11", "10.0.0.11");
        assertThat(ipv6First.kubernetes().controlPlaneEndpoint()).isEqualTo("[fd00::11]:6443");
    }

    @Test
    void whereAllInternalAddressesAreIpv6SoAreTheNetworks() {
        Cluster cluster = read(spec("", "'fd00::11'", "'fd00::12'", "  network: {cni: bridge}"));

        assertThat(cluster.kubernetes().podSubnet()).isEqualTo("fd00:10:244::/56");
        assertThat(cluster.kubernetes().serviceSubnet()).isEqualTo("fd00:10:96::/112");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            10.0.0.11               | 10.0.0.11    | two hosts have the address 10.0.0.11 -> the other one is on line 7
            10.0.0.11               | 203.0.113.11 | two hosts have the address 203.0.113.11 -> the other one is on line 7
            10.0.0.300              | 10.0.0.12    | not an IP address, or one of each family: "10.0.0.300" -> for example 10.0.0.11
            '10.0.0.11,10.0.1.11'   | 10.0.0.12    | takes one address, or an IPv4 and an IPv6 one -> for example
            127.0.0.1               | 10.0.0.12    | 127.0.0.1 is no address by which other hosts reach this one -> write
            'fe80::1'               | 10.0.0.12    | fe80::1 is no address by which other hosts reach this one -> write
            10.244.1.1              | 10.0.0.12    | the address lies inside podSubnet 10.244.0.0/16 -> take another podSubnet
            'fd00::11'              | 10.0.0.12    | the API server would be at an IPv6 address, and serviceSubnet 10.96.0.0/12 is IPv4 -> write
            10.0.0.11               | 'fd00::12'   | the address is IPv6, and podSubnet has no IPv6 network -> give the host's IPv4 address as
            """)
    void whatCannotBeIsRefused(String first, String second, String problem) {
        assertThat(said(spec("", quoted(first), quoted(second), ""))).anySatisfy(one -> assertThat(one).startsWith(problem));
    }

    private static String quoted(String address) {
        return "'" + address.replace("'", "") + "'";
    }

    @Test
    void aVirtualAddressIsNoHostsOwnAndNeedsNoMoreThanInternalAddresses() {
        assertThat(said(spec(", endpoint: {vip: 10.0.0.12}", "10.0.0.11", "10.0.0.12", ""))).containsExactly(
                "vip is the address of a host -> write a free address of the hosts' network");
        assertThat(read(spec(", endpoint: {vip: 10.0.0.10}", "10.0.0.11", "10.0.0.12", "")).kubernetes().endpoint())
                .as("although an address is a name").isPresent();
    }

    @Test
    void aControlPlaneWhoseInternalAddressIsTheEndpointCannotLeave() {
        String text = spec(", controlPlaneEndpoint: '10.0.0.11:6443'", "10.0.0.11", "10.0.0.12", "")
                .replace("[control-plane]", "[control-plane], state: absent").replace("[worker]", "[control-plane]");

        assertThat(said(text)).anySatisfy(one -> assertThat(one).startsWith("h1 cannot leave: its address is the cluster's"));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            {cni: bridge, interface: eth1}                     | cni bridge has no use for an interface
            {cni: none, interface: eth1}                       | network.interface is for flannel and calico, and cni is none
            {cni: cilium, manifest: cilium.yaml, interface: e} | network.interface is for the released manifests of flannel and calico
            """)
    void anInterfaceThatNothingWouldUseIsRefused(String network, String problem) {
        assertThat(said(spec("", "10.0.0.11", "10.0.0.12", "  network: " + network)))
                .anySatisfy(one -> assertThat(one).startsWith(problem));
    }

    @Test
    void flannelWithBothFamiliesNeedsTheInterface() {
        assertThat(said(spec(DUAL, "'10.0.0.11,fd00::11'", "'10.0.0.12,fd00::12'", ""))).singleElement().asString()
                .startsWith("with two pod networks and an internalAddress, flannel must be told the hosts' interface -> ");
        assertThat(read(spec(DUAL, "'10.0.0.11,fd00::11'", "'10.0.0.12,fd00::12'", "  network: {interface: eth1}")).network()
                .networkInterface()).contains("eth1");
    }

    @ParameterizedTest
    @CsvSource({"h2.example.org, true", "ip-10-0-0-12.ec2.internal, true", "h2..example.org, false", "h2., false", "h2.-a, false",
        "abcdefghij.abcdefghij.abcdefghij.abcdefghij.abcdefghij.abcdefghij, false"})
    void aNodeNameMayHaveDots(String name, boolean valid) {
        String text = spec("", "10.0.0.11", "10.0.0.12", "").replace("name: h2,", "name: " + name + ",");

        if (valid) {
            assertThat(read(text).hosts().get(1).name()).isEqualTo(name);
        } else {
            assertThat(said(text)).singleElement().asString().startsWith("not a valid node name: \"" + name + "\"");
        }
    }

    @ParameterizedTest
    @CsvSource({"2001:DB8:0:0::11, 2001:db8::11", "0:0:1:0:0:0:0:1, 0:0:1::1", "::, ::", "1:0:2:3:4:5:6:7, 1:0:2:3:4:5:6:7",
        "fd00:0:0:1::, fd00:0:0:1::", "192.0.2.1, 192.0.2.1", "h1.example.org, h1.example.org"})
    void anAddressHasOneForm(String written, String form) {
        assertThat(IpAddress.canonical(written)).isEqualTo(form);
    }
}
