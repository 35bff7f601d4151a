package dev.caravan.ssh;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.caravan.testkit.OpenSshServer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Keys, agents and jump hosts, with a real OpenSSH server. */
class LoginTest {
    private static final String PASSPHRASE = "open sesame; 'quoted' $(id)";

    @TempDir
    private static Path directory;

    @RegisterExtension
    static final OpenSshServer server = OpenSshServer.forClass("MaxAuthTries 3");

    @RegisterExtension
    static final OpenSshServer second = OpenSshServer.forClass();

    @RegisterExtension
    static final OpenSshServer third = OpenSshServer.forClass();

    /** Knows a CA alone. */
    @RegisterExtension
    static final OpenSshServer trusting = OpenSshServer.forClass(
            () -> List.of("TrustedUserCAKeys " + Shell.keygen(ca(), "ed25519", "") + ".pub"));

    private static SshSessions sessions;

    @BeforeAll
    static void start() throws Exception {
        sessions = new SshSessions();
    }

    @AfterAll
    static void stop() {
        sessions.close();
    }

    private static Path ca() {
        return directory.resolve("ca");
    }

    private static void assertRuns(SshSessions over, SshTarget target) throws Exception {
        assertThat(over.execute(target, SshCommand.of("echo in")).toCompletableFuture()
                .get(30, TimeUnit.SECONDS).stdoutText()).isEqualTo("in\n");
    }

    @ParameterizedTest
    @CsvSource({
        "ed25519, RFC4716", "rsa, RFC4716", "ecdsa, RFC4716", "rsa, PEM", "ecdsa, PEM", "rsa, PKCS8", "ecdsa, PKCS8"
    })
    void takesKeysOfEveryTypeAndFormat(String type, String format) throws Exception {
        Path plain = Shell.keygen(directory.resolve("plain-" + type + format), type, "", "-m", format);
        Path locked = Shell.keygen(directory.resolve("locked-" + type + format), type, PASSPHRASE, "-m", format);
        server.authorize(plain);
        server.authorize(locked);

        assertRuns(sessions, Access.to(server.port()).key(plain).loopback());
        assertRuns(sessions, Access.to(server.port()).key(locked).passphrase(PASSPHRASE).loopback());
    }

    @Test
    void signsWithKeysOfAnAgentAfterTheKeyOfTheSpec() throws Exception {
        Path socket = directory.resolve("agent");
        Process agent = new ProcessBuilder("ssh-agent", "-D", "-a", socket.toString())
                .redirectOutput(ProcessBuilder.Redirect.DISCARD).start();
        try {
            await().until(() -> Files.exists(socket));
            // More keys than the server has patience for (MaxAuthTries 3), so that order matters.
            for (int i = 0; i < 4; i++) {
                addToAgent(socket, Shell.keygen(directory.resolve("stranger" + i), "ed25519", ""));
            }
            Path file = Shell.keygen(directory.resolve("in-file"), "ed25519", "");
            server.authorize(file);
            try (SshSessions withAgent = withAgent(socket)) {
                assertRuns(withAgent, Access.to(server.port()).key(file).agent().loopback());
            }
            try (SshSessions withAgent = withAgent(socket)) {
                SshException failure = Failing.with(withAgent.execute(
                        Access.to(server.port()).agent().loopback(), SshCommand.of("true")).toCompletableFuture());
                assertThat(failure.kind()).isEqualTo(SshException.Kind.AUTHENTICATION);
                assertThat(failure).hasMessageContaining("agent key ssh-ed25519 SHA256:");
            }
            run(socket, "ssh-add", "-q", "-D");
            for (String type : new String[] {"rsa", "ecdsa", "ed25519"}) {
                Path inAgent = Shell.keygen(directory.resolve("in-agent-" + type), type, "");
                addToAgent(socket, inAgent);
                server.authorize(inAgent);
                try (SshSessions withAgent = withAgent(socket)) {
                    assertRuns(withAgent, Access.to(server.port()).agent().loopback());
                }
                run(socket, "ssh-add", "-q", "-D");
            }
        } finally {
            agent.destroy();
        }
    }

    @ParameterizedTest
    @CsvSource({"ed25519", "rsa", "ecdsa"})
    void logsInWithACertificateBesideTheKeyOrInAnAgent(String type) throws Exception {
        Path key = Shell.keygen(directory.resolve("signed-" + type), type, "");
        Path socket = directory.resolve("agent-" + type);
        Process agent = new ProcessBuilder("ssh-agent", "-D", "-a", socket.toString())
                .redirectOutput(ProcessBuilder.Redirect.DISCARD).start();
        try (SshSessions plain = new SshSessions();
                SshSessions withAgent = withAgent(socket)) {
            await().until(() -> Files.exists(socket));
            assertThat(Failing.with(plain.execute(Access.to(trusting.port()).key(key).loopback(), SshCommand.of("true"))
                    .toCompletableFuture()).kind())
                    .as("without a certificate").isEqualTo(SshException.Kind.AUTHENTICATION);
            Shell.run("ssh-keygen", "-q", "-s", ca().toString(), "-I", "test", "-n", System.getProperty("user.name"), key + ".pub");

            assertRuns(plain, Access.to(trusting.port()).key(key).loopback());
            addToAgent(socket, key); // takes the certificate along
            assertRuns(withAgent, Access.to(trusting.port()).agent().loopback());
            server.authorize(key);
            assertRuns(plain, Access.to(server.port()).key(key).loopback());
            assertRuns(withAgent, Access.to(server.port()).agent().loopback());
        } finally {
            agent.destroy();
        }
    }

    private static SshSessions withAgent(Path socket) {
        return new SshSessions(new SshSessions.Options(5, Duration.ofMinutes(1), Optional.of(socket)));
    }

    private static void addToAgent(Path socket, Path key) throws Exception {
        run(socket, "ssh-add", "-q", key.toString());
    }

    private static void run(Path socket, String... words) throws Exception {
        ProcessBuilder builder = new ProcessBuilder(words).redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .redirectError(ProcessBuilder.Redirect.DISCARD);
        builder.environment().putAll(Map.of("SSH_AUTH_SOCK", socket.toString()));
        assertThat(builder.start().waitFor()).isZero();
    }

    @Test
    void goesThroughAChainOfJumpHostsOverTheirPooledConnections() throws Exception {
        Path key = Shell.keygen(directory.resolve("jumper"), "ed25519", "");
        server.authorize(key);
        second.authorize(key);
        third.authorize(key);
        Access first = Access.to(server.port()).key(key);
        Access middle = Access.to(second.port()).key(key).jump("127.0.0.1", first);
        Access last = Access.to(third.port()).key(key).jump("127.0.0.1", middle);

        try (SshSessions fresh = new SshSessions()) {
            assertRuns(fresh, last.loopback());
            assertRuns(fresh, last.user(System.getProperty("user.name")).loopback());
            assertThat(fresh.openConnections()).isEqualTo(3);
            assertRuns(fresh, middle.loopback());
            assertRuns(fresh, first.loopback());
            assertThat(fresh.openConnections()).isEqualTo(3);

            byte[] bytes = new byte[5_000_000];
            new Random(7).nextBytes(bytes);
            assertThat(fresh.execute(last.loopback(), SshCommand.of("cat").withStdin(bytes)).toCompletableFuture()
                    .get(60, TimeUnit.SECONDS).stdout()).isEqualTo(bytes);
        }
    }
}
