package dev.caravan.rehearsal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.caravan.packages.Family;
import dev.caravan.spec.Secret;
import dev.caravan.spec.SshAccess;
import dev.caravan.testkit.Clusters;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class SimulatedHostTest {
    @RegisterExtension
    final Scratch scratch = new Scratch();

    @Test
    void givesBackOutputErrorsStatusAndInputOfACommand() throws IOException {
        try (SimulatedHost host = start(Family.YUM); Connection connection = new Connection(host)) {
            assertThat(connection.run("echo out; echo err >&2; exit 7")).isEqualTo(new Connection.Answer(7, "out\n", "err\n"));
            assertThat(connection.run("cat", "x\0y\n").out()).isEqualTo("x\0y\n");
            assertThat(host.commands()).isEqualTo(2);
            assertThat(connection.hostKey()).isEqualTo(host.hostKey());
        }
    }

    @Test
    void commandsSeeNothingOfThisProcessesEnvironment() throws IOException {
        try (SimulatedHost host = start(Family.YUM); Connection connection = new Connection(host)) {
            Set<String> names = connection.run("env").out().lines().map(line -> line.split("=")[0])
                    .collect(Collectors.toCollection(TreeSet::new));
            // PWD and OLDPWD are the shell's own
            names.removeAll(Set.of("PWD", "OLDPWD", "_", "SHLVL"));
            assertThat(names).containsExactly("CARAVAN_ROOT", "HOME", "LC_ALL", "LOGNAME", "PATH", "TMPDIR", "USER");
        }
    }

    @ParameterizedTest
    @EnumSource(Family.class)
    void isBare(Family family) throws IOException {
        try (SimulatedHost host = start(family); Connection connection = new Connection(host)) {
            String bare = "for c in docker dockerd containerd kubeadm kubelet kubectl crictl ctr python3 perl; do command -v $c; "
                    + "done; true";
            assertThat(connection.run(bare)).isEqualTo(new Connection.Answer(0, "", ""));
            assertThat(connection.run("command -v yum >/dev/null").status() == 0).isEqualTo(family == Family.YUM);
            assertThat(connection.run("command -v apt-get >/dev/null").status() == 0).isEqualTo(family == Family.APT);
            assertThat(connection.run("hostname; uname -m; id -u; sed 1d \"$CARAVAN_ROOT/proc/swaps\" | wc -l").out())
                    .isEqualTo("h1\nx86_64\n0\n1\n");
        }
    }

    @Test
    void refusesOtherKeysAndForwarding() throws IOException {
        try (SimulatedHost host = start(Family.YUM)) {
            ClientKey other = ClientKey.generate(scratch.parent().resolve("other-key"));
            assertThatThrownBy(() -> new Connection(host.address(), "root", other.file()).close()).isInstanceOf(IOException.class);
        }
    }

    @Test
    void sudoAsksForThePasswordOfTheSpecAndHandsTheRestOfTheInputOn() throws IOException {
        try (SimulatedHost host = start(Family.YUM); Connection connection = new Connection(host, "ops")) {
            assertThat(connection.run("id -u; sudo -n id -u").out()).isEqualTo("1000\n0\n");
            host.sudoPassword(Optional.of(new Secret("it's $secret")));
            assertThat(connection.run("sudo -n true").err()).contains("a password is required");
            assertThat(connection.run("sudo -S -p '' sh -c 'id -u; cat'", "it's $secret\nmore\n"))
                    .isEqualTo(new Connection.Answer(0, "0\nmore\n", ""));
            assertThat(connection.run("sudo -S -p '' true", "wrong\n").status()).isEqualTo(1);
            assertThat(contentOf(host.root())).doesNotContain("it's $secret");
        }
    }

    @Test
    void pointsAnAccessToItselfAndKeepsTheRest() throws IOException {
        try (SimulatedHost host = start(Family.YUM)) {
            SshAccess access = host.access(Clusters.ops("x"));
            assertThat(access.port()).isEqualTo(host.address().getPort());
            assertThat(access.hostKey()).contains(host.hostKey());
            assertThat(access.user()).isEqualTo("ops");
            assertThat(access.sudoPassword()).contains(new Secret("x"));
            assertThat(access.hostKeyCheck()).isEqualTo(SshAccess.HostKeyCheck.STRICT);
        }
    }

    @Test
    void cutsTheConnectionOfAStepAndLetsTheStepContinue() throws IOException {
        List<Fault> faults = List.of(Fault.parse("h1:os-prepare:drop"));
        try (SimulatedHost host = SimulatedHost.start("h1", Family.YUM, faults, scratch.directory())) {
            String detached = "read -r line; setsid sh -c 'until [ -e go-on ]; do sleep 0.05; done; "
                    + "echo done > ended' </dev/null >/dev/null 2>&1 & cat; exec sleep 60";
            try (Connection connection = new Connection(host)) {
                assertThat(connection.run(detached, "run-1 os-prepare 0\nan archive").status()).as("status of a cut command").isNull();
                await().untilAsserted(() -> assertThat(connection.isOpen()).isFalse());
            }
            assertThat(host.hasMet(faults.get(0))).isTrue();
            Files.writeString(host.root().resolve("root/go-on"), "");
            await().untilAsserted(() -> assertThat(host.root().resolve("root/ended")).exists());
            try (Connection connection = new Connection(host)) {
                assertThat(connection.run("cat; sleep 0.5", "run-1 os-prepare 17\n").status()).as("the second time").isZero();
            }
        }
    }

    @Test
    void leavesNoProcessBehind() throws IOException {
        SimulatedHost host = start(Family.YUM);
        try (Connection connection = new Connection(host)) {
            connection.run("setsid sh -c 'sleep 300; true' </dev/null >/dev/null 2>&1 & (sleep 300 >/dev/null 2>&1 &)");
            assertThat(Leftovers.find(host.root())).hasSizeGreaterThanOrEqualTo(2);
        } finally {
            host.close();
        }
        assertThat(Leftovers.find(host.root())).isEmpty();
    }

    @Test
    void takesNoDirectoryThatHoldsSomething() throws IOException {
        Files.createDirectories(scratch.directory().resolve("mine"));
        assertThatThrownBy(() -> start(Family.YUM)).isInstanceOf(IOException.class).hasMessageContaining("not empty");
    }

    private SimulatedHost start(Family family) throws IOException {
        return SimulatedHost.start("h1", family, scratch.directory());
    }

    private static String contentOf(Path root) throws IOException {
        try (Stream<Path> files = Files.walk(root)) {
            StringBuilder text = new StringBuilder();
            for (Path file : files.filter(path -> Files.isRegularFile(path, java.nio.file.LinkOption.NOFOLLOW_LINKS)).toList()) {
                text.append(Files.readString(file));
            }
            return text.toString();
        }
    }
}
