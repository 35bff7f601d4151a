package dev.caravan.spec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a spec says of its hosts, and of SSH to them. */
class SpecHostsTest extends SpecReading {
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
}
