package dev.caravan.ssh;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.spec.SshAccess.HostKeyCheck;
import dev.caravan.ssh.SshException.Kind;
import dev.caravan.testkit.OpenSshServer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Host keys with a real OpenSSH server that has three of them, and a certificate. */
class HostKeyOverTheNetworkTest {
    @TempDir
    private static Path shared;

    @RegisterExtension
    static final OpenSshServer server = OpenSshServer.forClass(HostKeyOverTheNetworkTest::certified);

    private static Access access;

    @TempDir
    private Path directory;

    private Path knownHosts;

    private static List<String> certified() {
        Path certified = Shell.keygen(shared.resolve("certified"), "ed25519", "");
        Path authority = Shell.keygen(shared.resolve("authority"), "ed25519", "");
        Shell.run("ssh-keygen", "-q", "-s", authority.toString(), "-I", "host", "-h", "-n", "127.0.0.1",
                certified + ".pub");
        return List.of("HostKey " + certified, "HostCertificate " + certified + "-cert.pub");
    }

    @BeforeAll
    static void start() throws Exception {
        Path key = Shell.keygen(shared.resolve("id"), "ed25519", "");
        server.authorize(key);
        access = Access.to(server.port()).key(key);
    }

    @BeforeEach
    void name() {
        knownHosts = directory.resolve("known_hosts");
    }

    private static void assertRuns(Access how) throws Exception {
        try (SshSessions sessions = new SshSessions()) {
            assertThat(sessions.execute(how.loopback(), SshCommand.of("echo in")).toCompletableFuture()
                    .get(30, TimeUnit.SECONDS).stdoutText()).isEqualTo("in\n");
        }
    }

    private static Kind refusal(Access how) throws Exception {
        try (SshSessions sessions = new SshSessions()) {
            return Failing.with(sessions.execute(how.loopback(), SshCommand.of("true")).toCompletableFuture()).kind();
        }
    }

    private void know(String prefix, Path key) throws Exception {
        Files.writeString(knownHosts, prefix + "[127.0.0.1]:" + server.port() + " " + Files.readString(key));
    }

    @ParameterizedTest
    @ValueSource(strings = {"rsa", "ecdsa"})
    void oneKnownKeyIsEnoughWhateverTheHostPrefers(String type) throws Exception {
        know("", server.hostKey(type));

        assertRuns(access.knownHosts(knownHosts, HostKeyCheck.STRICT));
    }

    @Test
    void namesThatSshKeygenHashedAreFound() throws Exception {
        know("", server.hostKey("rsa"));
        Shell.run("ssh-keygen", "-q", "-H", "-f", knownHosts.toString());
        assertThat(Files.readString(knownHosts)).startsWith("|1|");

        assertRuns(access.knownHosts(knownHosts, HostKeyCheck.STRICT));
    }

    @ParameterizedTest
    @ValueSource(strings = {"rsa", "ecdsa"})
    void aPinnedFingerprintIsFoundAmongTheHostsKeys(String type) throws Exception {
        String fingerprint = Shell.run("ssh-keygen", "-lf", server.hostKey(type).toString()).split(" ")[1];

        assertRuns(access.hostKey(fingerprint));
        assertRuns(access.hostKey(Files.readString(server.hostKey(type)).trim()));
    }

    @Test
    void aFingerprintThatTheHostDoesNotHaveIsRefused() throws Exception {
        assertThat(refusal(access.hostKey("SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU")))
                .isEqualTo(Kind.CHANGED_HOST_KEY);
    }

    @Test
    void acceptNewWritesWhatOpenSshReads() throws Exception {
        assertRuns(access.knownHosts(knownHosts, HostKeyCheck.ACCEPT_NEW));
        assertRuns(access.knownHosts(knownHosts, HostKeyCheck.STRICT));

        assertThat(Shell.run("ssh-keygen", "-F", "[127.0.0.1]:" + server.port(), "-f", knownHosts.toString()))
                .contains("found");
        assertThat(Files.readAllLines(knownHosts)).hasSize(1);
    }

    @Test
    void aCertificateOfAKnownAuthorityIsEnough() throws Exception {
        know("@cert-authority ", shared.resolve("authority.pub"));

        assertRuns(access.knownHosts(knownHosts, HostKeyCheck.STRICT));
    }

    @Test
    void aCertificateOfAnotherAuthorityIsNot() throws Exception {
        know("@cert-authority ", shared.resolve("id.pub"));

        assertThat(refusal(access.knownHosts(knownHosts, HostKeyCheck.STRICT))).isEqualTo(Kind.UNKNOWN_HOST_KEY);
    }
}
