package dev.caravan.facts;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FactsTest {

    @Test
    void readsABareYumHost() {
        Facts facts = RecordedFacts.parse("yum-fresh");

        assertThat(facts.system()).isEqualTo(
                new Facts.OperatingSystem("centos", "7", "rhel fedora", "yum", "6.18.44", "systemd", "enforcing", 1, ""));
        assertThat(facts.machine().cpus()).isEqualTo(2);
        assertThat(facts.machine().memoryMib()).isEqualTo(24105);
        assertThat(facts.machine().identity()).contains(new Facts.Identity("machine-id", "709a4140c51040cc8b69f3ec6eb45713"));
        assertThat(facts.disks()).contains(new Facts.Disk("/run", "/run", 12053, 12053)).hasSize(4);
        assertThat(facts.interfaces()).containsExactly(
                new Facts.NetworkInterface("eth0", "02:1a:b0:00:00:0e", "up", Optional.empty(), List.of("10.77.0.14/24")));
        assertThat(facts.listening()).contains(new Facts.Listener("0.0.0.0", 22, 132, "sshd"));
        assertThat(facts.reach()).containsExactly(
                new Facts.Reach("10.77.0.19", 6443, "h9", Facts.Outcome.OPEN),
                new Facts.Reach("10.77.0.18", 10250, "h8", Facts.Outcome.REFUSED));
        assertThat(facts.joined()).isFalse();
        assertThat(facts.initialised()).isFalse();
        assertThat(facts.kubeletVersion()).isEmpty();
        assertThat(facts.podCidr()).isEmpty();
        assertThat(facts.swap()).isEmpty();
        assertThat(facts.firewalls()).isEmpty();
    }

    @Test
    void readsABareAptHost() {
        Facts facts = RecordedFacts.parse("apt-fresh");

        assertThat(facts.family()).isEqualTo("apt");
        assertThat(facts.system().id()).isEqualTo("debian");
        assertThat(facts.system().idLike()).isEmpty();
        assertThat(facts.system().selinux()).isEqualTo("absent");
    }

    @Test
    void readsWhatTheKernelHas() {
        Map<String, String> outputs = RecordedFacts.bareHost(1);
        outputs.put("cgroupController", "cpu\nmemory");
        outputs.put("moduleMissing", "br_netfilter");
        outputs.put("linkAddresses", "eth0 10.77.0.11,2001:db8::1\nbr0 192.0.2.1");
        outputs.put("machineId", "0fd7e79f4a4c4dbc99b8b502e2d00794");
        Facts facts = Facts.parse(outputs, RecordedFacts.NOW, RecordedFacts.NOW);

        assertThat(facts.kernel()).isEqualTo(new Facts.Kernel(List.of("cpu", "memory"), List.of("br_netfilter")));
        assertThat(facts.families().all()).containsExactlyInAnyOrder("10.77.0.11", "2001:db8::1", "192.0.2.1");
        assertThat(facts.machine().machineId()).contains("0fd7e79f4a4c4dbc99b8b502e2d00794");
    }

    @Test
    void readsAControlPlane() {
        Facts facts = RecordedFacts.parse("yum-control-plane");

        assertThat(facts.joined()).isTrue();
        assertThat(facts.initialised()).isTrue();
        assertThat(facts.kubeletVersion()).isEqualTo("1.20.2");
        assertThat(facts.caHash()).isEqualTo("sha256:48ca5392bbae71db6b975552709c4d4a8f56999fe014a1f856fc586194029365");
        assertThat(facts.nodeName()).isEqualTo("h9");
        assertThat(facts.kubernetes().apiServer()).contains("https://10.77.0.19:6443");
        assertThat(facts.podCidr()).isEqualTo("10.244.0.0/24");
        assertThat(facts.runtimes().installed()).containsExactly(
                new Facts.ContainerRuntime("docker", "20.10.24", true), new Facts.ContainerRuntime("containerd", "1.6.20", true));
        assertThat(facts.runtimes().sockets()).contains("/run/dockershim.sock", "/run/containerd/containerd.sock");
        assertThat(facts.listening()).contains(new Facts.Listener("*", 6443, 1429, "kube-apiserver"));
    }

    @Test
    void aWorkerHasJoinedButWasNotInitialised() {
        Facts facts = RecordedFacts.parse("yum-worker");

        assertThat(facts.joined()).isTrue();
        assertThat(facts.initialised()).isFalse();
        assertThat(facts.nodeName()).isEqualTo("h10");
    }

    @Test
    void theClockIsKnownUpToTheRoundTrip() {
        Instant sent = Instant.parse("2026-11-23T06:00:00Z");
        Facts.Clock clock = new Facts.Clock(sent.plusSeconds(62), sent, sent.plusSeconds(4));

        assertThat(clock.offset()).isEqualTo(Duration.ofSeconds(60));
        assertThat(clock.uncertainty()).isEqualTo(Duration.ofSeconds(2));
    }

    @Test
    void knowsTheOtherFamilysAddressOnTheSameInterface() {
        Map<String, String> outputs = RecordedFacts.bareHost(1);
        outputs.put("linkAddresses", "eth0 10.77.0.11,10.77.0.99\nbr0 192.0.2.11,2001:db8::11,2001:db8::aaaa\neth1 2001:db8:1::1");
        outputs.put("advertised", "br0 1");

        AddressFamilies families = Facts.parse(outputs, RecordedFacts.NOW, RecordedFacts.NOW).families();

        assertThat(families.besides("192.0.2.11")).contains("2001:db8::11");
        assertThat(families.besides("2001:DB8:0:0::11")).as("in another notation").contains("192.0.2.11");
        assertThat(families.besides("10.77.0.11")).isEmpty();
        assertThat(families.has("2001:db8:1::1")).isTrue();
        assertThat(families.has("198.51.100.1")).isFalse();
        assertThat(families.has("h1.example.org")).isFalse();
        assertThat(families.advertised()).containsExactly(new AddressFamilies.Advertised("br0", 1));
        assertThat(RecordedFacts.parse("yum-fresh").families().links()).as("of an older recording").isEmpty();
    }

    @Test
    void aProcessNameMayHoldSpaces() {
        Map<String, String> outputs = RecordedFacts.bareHost(1);
        outputs.put("listening", "* 6443 71 my own server\n[::1] 80 - -");

        assertThat(Facts.parse(outputs, RecordedFacts.NOW, RecordedFacts.NOW).listening()).containsExactly(
                new Facts.Listener("*", 6443, 71, "my own server"), new Facts.Listener("[::1]", 80, 0, ""));
    }

    @ParameterizedTest
    @ValueSource(strings = {"clock", "kernel", "architecture", "cpus", "memoryMib", "hostname"})
    void saysWhichOutputIsMissing(String name) {
        Map<String, String> outputs = RecordedFacts.bareHost(1);
        outputs.remove(name);

        assertThatThrownBy(() -> Facts.parse(outputs, RecordedFacts.NOW, RecordedFacts.NOW))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("the step facts gave no output " + name);
    }

    @ParameterizedTest
    @ValueSource(strings = {"clock", "cpus", "disk", "interface", "listening", "reach", "runtime"})
    void saysWhichOutputCannotBeRead(String name) {
        Map<String, String> outputs = RecordedFacts.bareHost(1);
        outputs.put(name, "nonsense");

        assertThatThrownBy(() -> Facts.parse(outputs, RecordedFacts.NOW, RecordedFacts.NOW))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("output " + name + " that cannot be read");
    }

    @Test
    void aClockThatIsNoTimeIsRefusedAtOnceAndNotRepeatedInFull() {
        for (String clock : List.of("9".repeat(10_000_000), "1e999999999", "1e-999999999", "-1")) {
            Map<String, String> outputs = RecordedFacts.bareHost(1);
            outputs.put("clock", clock);

            assertThatThrownBy(() -> Facts.parse(outputs, RecordedFacts.NOW, RecordedFacts.NOW))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageStartingWith("the step facts gave an output clock that cannot be read: " + clock.substring(0, 2))
                    .satisfies(failure -> assertThat(failure.getMessage().length()).isLessThan(300));
        }
    }
}
