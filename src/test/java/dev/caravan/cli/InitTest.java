package dev.caravan.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.history.ExitStatus;
import dev.caravan.spec.Cluster;
import dev.caravan.spec.SpecReader;
import dev.caravan.ssh.Shell;
import dev.caravan.testkit.OpenSshServer;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** {@code init}, with hosts at which nothing listens, and with a real sshd where there is one. */
class InitTest {
    private final InputStream usualIn = System.in;

    @TempDir
    private Path directory;

    @RegisterExtension
    final Console console = new Console();

    @RegisterExtension
    final OpenSshServer server = OpenSshServer.forTest();

    @AfterEach
    void restore() {
        System.setIn(usualIn);
    }

    private int init(String answers, String... words) {
        System.setIn(new ByteArrayInputStream(answers.getBytes(StandardCharsets.UTF_8)));
        String[] all = java.util.Arrays.copyOf(words, words.length + 1);
        System.arraycopy(words, 0, all, 1, words.length);
        all[0] = "init";
        return CaravanCommand.execute(all);
    }

    private Path file() {
        return directory.resolve("spec.yaml");
    }

    @Test
    void asksAndWritesASpecThatIsValid() throws Exception {
        String answers = "root@127.0.3.1:1 root@127.0.3.2:1 root@127.0.3.3:1\nprod\n1.36\n1.36.3\n3\n127.0.3.9\n\nneither\naliyun\n";

        assertThat(init(answers, "-o", file().toString())).as(console.err()).isZero();

        Cluster cluster = SpecReader.read(file());
        assertThat(cluster.name()).isEqualTo("prod");
        assertThat(cluster.kubernetes().version()).isEqualTo("1.36.3");
        assertThat(cluster.hosts()).hasSize(3).allMatch(host -> host.isControlPlane());
        assertThat(cluster.kubernetes().endpoint()).isPresent();
        assertThat(console.err()).contains("root@127.0.3.1  could not be looked at: ").contains("three numbers, for example 1.37.2")
                .contains("one of community, aliyun");
        assertThat(console.out()).contains("caravan plan -f " + file());
    }

    @Test
    void withYesNothingIsAsked() throws Exception {
        assertThat(init("", "root@127.0.3.1:1", "--yes", "-o", file().toString())).as(console.err()).isZero();

        assertThat(SpecReader.read(file()).name()).isEqualTo("demo");
        assertThat(console.err()).doesNotContain("Name of the cluster");
    }

    @Test
    void aFileThatIsThereStays() throws Exception {
        Files.writeString(file(), "mine");

        assertThat(init("", "root@127.0.3.1:1", "--yes", "-o", file().toString())).isEqualTo(ExitStatus.WRONG.code());
        assertThat(Files.readString(file())).isEqualTo("mine");
        assertThat(console.err()).contains("exists; name another file with -o");
    }

    @Test
    void withoutHostsAndAnswersItSaysWhatIsMissing() {
        assertThat(init("", "-o", file().toString())).isEqualTo(ExitStatus.WRONG.code());
        assertThat(console.err()).contains("name the hosts in the command");
        assertThat(init("", "root@h1;reboot", "--yes")).isEqualTo(ExitStatus.WRONG.code());
        assertThat(console.err()).contains("\"root@h1;reboot\" is no host");
    }

    @Test
    void aHostIsLookedAtOverSsh() throws Exception {
        Path key = Shell.keygen(directory.resolve("id"), "ed25519", "");
        server.authorize(key);
        Path known = directory.resolve("known_hosts");
        Files.writeString(known, "[127.0.0.1]:" + server.port() + " " + Files.readString(server.hostKey("ed25519")));

        assertThat(init("", System.getProperty("user.name") + "@127.0.0.1:" + server.port(), "--yes", "-o", file().toString(),
                "--ssh-key", key.toString(), "--known-hosts", known.toString())).as(console.err()).isZero();

        assertThat(console.err()).containsPattern("127.0.0.1  .+, [0-9]+ CPUs, [0-9]+ MiB");
        assertThat(SpecReader.read(file()).hosts().get(0).ssh().privateKey()).contains(key.toString());
    }
}
