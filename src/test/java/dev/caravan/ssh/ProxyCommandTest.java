package dev.caravan.ssh;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.caravan.ssh.SshException.Kind;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Connections that a command carries: a program of this test that copies between its streams and an embedded server. */
class ProxyCommandTest {
    @RegisterExtension
    final EmbeddedServer server = EmbeddedServer.forTest();

    private SshSessions sessions;

    @BeforeEach
    void start() throws Exception {
        sessions = new SshSessions(new SshSessions.Options(5, Duration.ofMillis(300), Optional.empty()));
    }

    @AfterEach
    void stop() throws Exception {
        sessions.close();
    }

    /** Copies in both directions until one of them ends; the program of the tests below. */
    public static final class Relay {
        private Relay() {}

        /** @param port of loopback */
        public static void main(String[] port) throws Exception {
            try (Socket socket = new Socket("127.0.0.1", Integer.parseInt(port[0]))) {
                Thread up = new Thread(() -> copyIn(socket));
                up.setDaemon(true);
                up.start();
                socket.getInputStream().transferTo(System.out);
                System.out.flush();
            }
        }

        private static void copyIn(Socket socket) {
            try {
                InputStream in = System.in;
                in.transferTo(socket.getOutputStream());
                socket.shutdownOutput();
            } catch (IOException e) {
                System.err.println(e);
            }
        }
    }

    private String relay() throws Exception {
        Path classes = Path.of(Relay.class.getProtectionDomain().getCodeSource().getLocation().toURI());
        Path java = Path.of(System.getProperty("java.home"), "bin", "java");
        return "'" + java + "' -XX:TieredStopAtLevel=1 -cp '" + classes + "' '" + Relay.class.getName() + "' " + server.port();
    }

    private CompletableFuture<SshResult> begin(String proxyCommand, SshCommand command) {
        // No such host: whatever arrives went through the command.
        SshTarget target = new SshTarget("192.0.2.1", server.access().proxyCommand(proxyCommand).built());
        return sessions.execute(target, command).toCompletableFuture();
    }

    @Test
    void carriesManyWindowsAndSharesOneConnection() throws Exception {
        byte[] bytes = new byte[5_000_001];
        new Random(5).nextBytes(bytes);
        String command = relay();

        CompletableFuture<SshResult> large = begin(command, SshCommand.of("cat").withStdin(bytes));
        CompletableFuture<SshResult> small = begin(command, SshCommand.of("echo in"));

        assertThat(large.get(60, TimeUnit.SECONDS).stdout()).isEqualTo(bytes);
        assertThat(small.get(60, TimeUnit.SECONDS).stdoutText()).isEqualTo("in\n");
        assertThat(server.connections).hasValue(1);
        await().until(() -> server.mina().getActiveSessions().isEmpty());
        await().until(() -> ProcessHandle.current().children().noneMatch(ProxyCommandTest::isRelay));
    }

    private static boolean isRelay(ProcessHandle process) {
        return process.info().commandLine().filter(line -> line.contains("Relay")).isPresent();
    }

    @Test
    void aCommandThatEndsLosesTheConnection() throws Exception {
        CountDownLatch running = new CountDownLatch(1);
        String command = relay();
        CompletableFuture<SshResult> lost = begin(command,
                SshCommand.of("echo ready; sleep 60").withOnStdout(chunk -> running.countDown()));
        assertThat(running.await(60, TimeUnit.SECONDS)).isTrue();

        ProcessHandle.current().children().filter(ProxyCommandTest::isRelay).forEach(ProcessHandle::destroyForcibly);

        assertThat(Failing.with(lost).kind()).isEqualTo(Kind.CONNECTION_LOST);
        assertThat(begin(command, SshCommand.of("echo back")).get(60, TimeUnit.SECONDS).stdoutText()).isEqualTo("back\n");
    }

    @Test
    void aCommandThatFailsIsQuoted() throws Exception {
        SshException failure = Failing.with(begin("sh -c 'echo no way there >&2; exit 3'", SshCommand.of("true")));

        assertThat(failure.kind()).isEqualTo(Kind.UNREACHABLE);
        assertThat(failure).hasMessageContaining("ProxyCommand").hasMessageContaining("exit status 3: no way there");
    }
}
