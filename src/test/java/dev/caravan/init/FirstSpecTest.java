package dev.caravan.init;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.caravan.init.FirstSpec.FirstHost;
import dev.caravan.spec.Cluster;
import dev.caravan.spec.Host;
import dev.caravan.spec.Role;
import dev.caravan.spec.SpecReader;
import dev.caravan.ssh.SshResult;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What init writes is read by the reader of every other spec. */
class FirstSpecTest {
    private static FirstSpec spec(int controlPlanes, Optional<String> endpoint, String... logins) {
        List<FirstHost> hosts = java.util.stream.IntStream.range(0, logins.length)
                .mapToObj(at -> new FirstHost("n" + (at + 1), Login.parse(logins[at]), at == 0 ? "Rocky Linux 9, 4 CPUs" : "")).toList();
        return new FirstSpec("demo", "1.37.2", controlPlanes, endpoint, "flannel", "community", Optional.empty(), Optional.empty(), hosts);
    }

    private static Cluster read(FirstSpec spec) throws Exception {
        return SpecReader.read(spec.yaml(), "spec.yaml");
    }

    @Test
    void theFirstHostsAreControlPlanesAndTheOthersWorkers() throws Exception {
        Cluster cluster = read(spec(1, Optional.empty(), "root@192.0.2.11", "ops@192.0.2.12:2222", "host.example.org"));

        assertThat(cluster.kubernetes().version()).isEqualTo("1.37.2");
        assertThat(cluster.hosts()).extracting(Host::name).containsExactly("n1", "n2", "n3");
        assertThat(cluster.hosts()).extracting(host -> host.ssh().user() + "@" + host.address() + ":" + host.ssh().port())
                .containsExactly("root@192.0.2.11:22", "ops@192.0.2.12:2222", "root@host.example.org:22");
        assertThat(cluster.hosts().get(0).roles()).containsExactly(Role.CONTROL_PLANE);
        assertThat(cluster.hosts().get(1).roles()).containsExactly(Role.WORKER);
    }

    @Test
    void aSingleHostIsBoth() throws Exception {
        assertThat(read(spec(1, Optional.empty(), "root@192.0.2.11")).hosts().get(0).roles())
                .containsExactlyInAnyOrder(Role.CONTROL_PLANE, Role.WORKER);
    }

    @Test
    void severalControlPlanesHaveAnAddressThatIsKeptOrALoadBalancer() throws Exception {
        String[] three = {"root@192.0.2.11", "root@192.0.2.12", "root@192.0.2.13"};

        assertThat(read(spec(3, Optional.of("192.0.2.10"), three)).kubernetes().endpoint()).isPresent();
        Cluster balanced = read(spec(3, Optional.of("api.example.org:6443"), three));
        assertThat(balanced.kubernetes().endpoint()).isEmpty();
        assertThat(balanced.kubernetes().controlPlaneEndpoint()).isEqualTo("api.example.org:6443");
        assertThat(read(spec(3, Optional.of("fd00::10"), "root@fd00::11", "root@[fd00::12]:22", "root@fd00::13")).kubernetes().endpoint())
                .isPresent();
    }

    @ParameterizedTest
    @CsvSource({"root@10.0.0.1,root,10.0.0.1,-1", "10.0.0.1:2222,,10.0.0.1,2222", "a@[fd00::1]:22,a,fd00::1,22", "fd00::1,,fd00::1,-1",
            "a.b@h1.example.org,a.b,h1.example.org,-1"})
    void aHostIsNamedAsForSsh(String text, String user, String address, int port) {
        Login login = Login.parse(text);
        assertThat(login.user()).isEqualTo(Optional.ofNullable(user));
        assertThat(login.address()).isEqualTo(address);
        assertThat(login.port().orElse(-1)).isEqualTo(port);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "root@", "@h1", "root@h1:99999", "root@h1:x", "-oProxyCommand=x@h1", "root@h 1", "root@h1;reboot",
            "root@-h"})
    void whatIsNoHostIsRefused(String text) {
        assertThatThrownBy(() -> Login.parse(text)).isInstanceOf(IllegalArgumentException.class).hasMessageContaining("\"" + text + "\"");
    }

    private static Seen seen(String answer) {
        return Seen.parse(new SshResult(0, answer.getBytes(StandardCharsets.UTF_8), new byte[0], Optional.empty()));
    }

    @Test
    void aHostIsShownWithItsSystemAndWhatToSeeTo() {
        Seen seen = seen("Last login: yesterday\nname\tweb-1\nsystem\tDebian GNU/Linux 12\ncpus\t4\nmemoryMib\t7950\nfound\tcontainerd\n"
                + "found\tkubelet\nsudo\tpassword\n");

        assertThat(seen.name()).contains("web-1");
        assertThat(seen.remark()).isEqualTo("Debian GNU/Linux 12, 4 CPUs, 7950 MiB");
        assertThat(seen.advice()).containsExactly("it has containerd, kubelet already",
                "sudo asks for a password: set sudoPassword under ssh");
    }

    @Test
    void whatAHostSendsCannotLeaveItsComment() throws Exception {
        Seen seen = seen("name\tx\nsystem\tEvil\u001b[2J\r# \t" + "x".repeat(500) + "\ncpus\t4: {a\n");
        assertThat(seen.remark()).doesNotContain("\u001b", "\r").hasSizeLessThan(200);

        FirstSpec spec = new FirstSpec("demo", "1.37.2", 1, Optional.empty(), "flannel", "community", Optional.empty(), Optional.empty(),
                List.of(new FirstHost("n1", Login.parse("root@192.0.2.11"), seen.remark())));
        assertThat(read(spec).hosts()).hasSize(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"localhost", "Web_1", "", "-x"})
    void aHostNameThatNoNodeCanHaveIsNotTaken(String name) {
        assertThat(seen("name\t" + name + "\ncpus\t1\n").name()).isEmpty();
    }
}
