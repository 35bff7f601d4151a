package dev.caravan.ssh;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.spec.SshAccess.HostKeyCheck;
import dev.caravan.ssh.SshException.Kind;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.time.Duration;
import org.apache.sshd.common.config.keys.KeyUtils;
import org.apache.sshd.common.config.keys.PublicKeyEntry;
import org.junit.jupiter.api.Test;

/** Each way a connection can fail has its own kind and message, and runs nothing. */
class ErrorsTest extends PoolOverEmbeddedServer {
    /** The failure of a command that must not have been run. */
    private SshException failure(SshTarget target) throws Exception {
        SshException failure = Failing.with(
                sessions.execute(target, SshCommand.of("echo canary").withStdin("canary")).toCompletableFuture());
        assertThat(server.commands).hasValue(0);
        assertThat(failure).hasMessageStartingWith(target.toString()).hasMessageNotContaining("canary");
        return failure;
    }

    private SshException failure(Access access) throws Exception {
        return failure(access.loopback());
    }

    @Test
    void aPortThatNobodyListensOn() throws Exception {
        int port;
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = socket.getLocalPort();
        }

        SshException failure = failure(Access.to(port).password("x"));

        assertThat(failure.kind()).isEqualTo(Kind.REFUSED);
        assertThat(failure.isTransient()).isTrue();
    }

    @Test
    void noClassIsNamed() {
        assertThat(Failures.reason(new IOException("org.apache.Some: java.net.NoRouteToHostException: No route to host")))
                .isEqualTo("No route to host");
        assertThat(Failures.reason(new IOException("java.nio.channels.ClosedChannelException: "))).isEqualTo("IOException");
        assertThat(Failures.reason(new IOException("sshd said: Bye"))).isEqualTo("sshd said: Bye");
    }

    @Test
    void aServerThatSaysNothing() throws Exception {
        try (ServerSocket socket = new ServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
            SshException failure = failure(
                    Access.to(socket.getLocalPort()).password("x").connectTimeout(Duration.ofMillis(300)));

            assertThat(failure.kind()).isEqualTo(Kind.UNREACHABLE);
            assertThat(failure.isTransient()).isTrue();
            assertThat(failure).hasMessageContaining("no SSH server answered").hasMessageContaining("300 ms");
        }
    }

    @Test
    void aServerThatHangsUp() throws Exception {
        assertThat(failureAfter("").kind()).isEqualTo(Kind.UNREACHABLE);
    }

    /** As sshd does that has more logins under way than its MaxStartups. */
    @Test
    void aServerThatHangsUpOnAFewConnectionsIsAskedAgain() throws Exception {
        try (FaultyLink link = new FaultyLink(server.port())) {
            link.refuse(3);

            SshTarget target = Access.to(link.port()).user("tester").password(EmbeddedServer.PASSWORD).loopback();

            assertThat(sessions.execute(target, SshCommand.of("true")).toCompletableFuture().get().exitStatus()).isZero();
            assertThat(link.refusals()).isZero();
        }
    }

    @Test
    void aServerThatIsNoSshServer() throws Exception {
        SshException failure = failureAfter("SSH-1.5-ancient\r\n");

        assertThat(failure.kind()).isEqualTo(Kind.PROTOCOL);
        assertThat(failure.isTransient()).isFalse();
    }

    private SshException failureAfter(String greeting) throws Exception {
        try (ServerSocket socket = new ServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
            // The client may ask again.
            Thread thread = new Thread(() -> {
                while (!socket.isClosed()) {
                    try (var connection = socket.accept()) {
                        connection.getOutputStream().write(greeting.getBytes(StandardCharsets.US_ASCII));
                        connection.shutdownOutput();
                        connection.getInputStream().readAllBytes();
                    } catch (IOException e) {
                        // the client hung up first, or the test is over
                    }
                }
            });
            thread.start();
            return failure(Access.to(socket.getLocalPort()).password("x"));
        }
    }

    @Test
    void aNameThatDoesNotExist() throws Exception {
        SshException failure = failure(new SshTarget("no-such-host.invalid", Access.to(22).built()));

        assertThat(failure.kind()).isEqualTo(Kind.NAME_RESOLUTION);
        assertThat(failure.isTransient()).isFalse();
    }

    @Test
    void aWrongPassword() throws Exception {
        SshException failure = failure(Access.to(server.port()).user("tester").password("hunter2"));

        assertThat(failure.kind()).isEqualTo(Kind.AUTHENTICATION);
        assertThat(failure.isTransient()).isFalse();
        assertThat(failure).hasMessageContaining("Tried: password").hasMessageNotContaining("hunter2");
    }

    @Test
    void nothingToLogInWith() throws Exception {
        assertThat(failure(Access.to(server.port()).user("tester")))
                .hasMessageContaining("Tried: nothing").hasMessageContaining("privateKey");
    }

    @Test
    void aKeyThatTheHostDoesNotTake() throws Exception {
        KeyPair authorized = KeyUtils.generateKeyPair("ecdsa-sha2-nistp256", 256);
        server.acceptKey(authorized.getPublic());
        Path key = Shell.keygen(directory.resolve("id"), "ed25519", "");
        String fingerprint = Shell.run("ssh-keygen", "-lf", key + ".pub").split(" ")[1];

        SshException failure = failure(Access.to(server.port()).key(key));

        assertThat(failure.kind()).isEqualTo(Kind.AUTHENTICATION);
        assertThat(failure).hasMessageContaining("key ssh-ed25519 " + fingerprint)
                .hasMessageContaining("authorized_keys");
    }

    @Test
    void aKeyFileThatIsNotThere() throws Exception {
        SshException failure = failure(Access.to(server.port()).key(directory.resolve("missing")));

        assertThat(failure.kind()).isEqualTo(Kind.PRIVATE_KEY);
        assertThat(failure.isTransient()).isFalse();
        assertThat(failure).hasMessageContaining("missing").hasMessageContaining("does not exist");
    }

    @Test
    void aKeyFileThatIsNoKey() throws Exception {
        Path file = Files.writeString(directory.resolve("id"), "not a key\n");

        assertThat(failure(Access.to(server.port()).key(file)).kind()).isEqualTo(Kind.PRIVATE_KEY);
    }

    @Test
    void aWrongOrMissingPassphrase() throws Exception {
        for (String format : new String[] {"RFC4716", "PEM", "PKCS8"}) {
            Path key = Shell.keygen(directory.resolve("id-" + format), "ecdsa", "the right one", "-m", format);

            SshException wrong = failure(Access.to(server.port()).key(key).passphrase("hunter2"));
            SshException missing = failure(Access.to(server.port()).key(key));

            assertThat(wrong.kind()).isEqualTo(Kind.PRIVATE_KEY);
            assertThat(wrong).hasMessageContaining("passphrase").hasMessageNotContaining("hunter2");
            assertThat(missing.kind()).isEqualTo(Kind.PRIVATE_KEY);
            assertThat(missing).hasMessageContaining("without a passphrase");
        }
    }

    @Test
    void anUnknownHostKey() throws Exception {
        SshException failure = failure(server.access().knownHosts(directory.resolve("none"), HostKeyCheck.STRICT));

        assertThat(failure.kind()).isEqualTo(Kind.UNKNOWN_HOST_KEY);
        assertThat(failure).hasMessageContaining(HostKeys.fingerprint(server.hostKey()));
    }

    @Test
    void aChangedHostKeyEvenWhereNewOnesAreAccepted() throws Exception {
        KeyPair old = KeyUtils.generateKeyPair("ecdsa-sha2-nistp256", 256);
        Path file = Files.writeString(directory.resolve("known_hosts"),
                "[127.0.0.1]:" + server.port() + " " + PublicKeyEntry.toString(old.getPublic()) + "\n");

        SshException failure = failure(server.access().knownHosts(file, HostKeyCheck.ACCEPT_NEW));

        assertThat(failure.kind()).isEqualTo(Kind.CHANGED_HOST_KEY);
        assertThat(failure.isTransient()).isFalse();
        assertThat(failure).hasMessageContaining(HostKeys.fingerprint(server.hostKey()))
                .hasMessageContaining(HostKeys.fingerprint(old.getPublic()));
    }

    @Test
    void aPinThatIsNotTheHostsKey() throws Exception {
        KeyPair other = KeyUtils.generateKeyPair("ecdsa-sha2-nistp256", 256);

        assertThat(failure(server.access().hostKey(HostKeys.fingerprint(other.getPublic()))).kind())
                .isEqualTo(Kind.CHANGED_HOST_KEY);
        assertThat(failure(server.access().hostKey(PublicKeyEntry.toString(other.getPublic()))).kind())
                .isEqualTo(Kind.CHANGED_HOST_KEY);
    }

    @Test
    void aJumpHostThatCannotReachTheHost() throws Exception {
        int closed;
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            closed = socket.getLocalPort();
        }

        SshException failure = failure(Access.to(closed).password("x").jump("127.0.0.1", server.access()));

        assertThat(failure.kind()).isEqualTo(Kind.UNREACHABLE);
        assertThat(failure).hasMessageContaining("jump host tester@127.0.0.1:" + server.port());
    }

    @Test
    void aJumpHostWhoseKeyIsUnknown() throws Exception {
        Access jump = server.access().knownHosts(directory.resolve("none"), HostKeyCheck.STRICT);

        SshException failure = failure(Access.to(1).password("x").jump("127.0.0.1", jump));

        assertThat(failure.kind()).isEqualTo(Kind.UNKNOWN_HOST_KEY);
        assertThat(failure).hasMessageContaining("the jump host cannot be used");
    }

    @Test
    void aFailedConnectionIsTriedAgainByTheNextCommand() throws Exception {
        server.accept((user, password, session) -> false);
        assertThat(failure(server.access()).kind()).isEqualTo(Kind.AUTHENTICATION);
        assertThat(sessions.openConnections()).isZero();

        server.accept((user, password, session) -> true);

        assertThat(sessions.execute(server.target(), SshCommand.of("true")).toCompletableFuture().get().exitStatus())
                .isZero();
    }
}
