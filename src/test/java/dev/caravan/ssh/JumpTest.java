package dev.caravan.ssh;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.caravan.spec.SshAccess.HostKeyCheck;
import dev.caravan.ssh.SshException.Kind;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.sshd.common.config.keys.PublicKeyEntry;
import org.apache.sshd.core.CoreModuleProperties;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** Hosts behind a jump host, over embedded servers. */
class JumpTest {
    @TempDir
    private Path directory;

    @RegisterExtension
    final EmbeddedServer jump = EmbeddedServer.forTest();

    @RegisterExtension
    final EmbeddedServer server = EmbeddedServer.forTest();

    private SshSessions sessions;

    @BeforeEach
    void start() throws Exception {
        // One handshake at a time: waiting for the jump host's must not keep its own from beginning.
        sessions = new SshSessions(new SshSessions.Options(1, Duration.ofMillis(300), Optional.empty()));
    }

    @AfterEach
    void stop() throws Exception {
        sessions.close();
    }

    private Access behindJump() {
        return server.access().jump("127.0.0.1", jump.access());
    }

    private CompletableFuture<SshResult> begin(Access access, SshCommand command) {
        return sessions.execute(access.loopback(), command).toCompletableFuture();
    }

    @Test
    void manyHostsGoThroughOneConnectionOfTheJumpHost() throws Exception {
        List<CompletableFuture<SshResult>> all = new ArrayList<>();
        for (int i = 0; i < 12; i++) {
            all.add(begin(behindJump().user("user" + i), SshCommand.of("echo in")));
        }
        for (CompletableFuture<SshResult> each : all) {
            assertThat(each.get(60, TimeUnit.SECONDS).stdoutText()).isEqualTo("in\n");
        }

        assertThat(jump.connections).hasValue(1);
        assertThat(server.connections).hasValue(12);
        assertThat(jump.commands).hasValue(0);
    }

    @Test
    void bothKeysAreCheckedUnderTheNamesOfTheSpec() throws Exception {
        Path known = directory.resolve("known_hosts");
        String ofJump = "[127.0.0.1]:" + jump.port() + " " + PublicKeyEntry.toString(jump.hostKey());
        String ofServer = "[localhost]:" + server.port() + " " + PublicKeyEntry.toString(server.hostKey());
        Access strict = server.access().knownHosts(known, HostKeyCheck.STRICT)
                .jump("127.0.0.1", jump.access().knownHosts(known, HostKeyCheck.STRICT));
        SshTarget target = new SshTarget("localhost", strict.built());

        Files.write(known, List.of(ofJump));
        SshException unknown = Failing.with(
                sessions.execute(target, SshCommand.of("true")).toCompletableFuture());
        Files.write(known, List.of(ofJump, ofServer));

        assertThat(unknown.kind()).isEqualTo(Kind.UNKNOWN_HOST_KEY);
        assertThat(unknown).hasMessageStartingWith("tester@localhost:" + server.port());
        assertThat(server.commands).hasValue(0);
        assertThat(sessions.execute(target, SshCommand.of("echo in")).toCompletableFuture()
                .get(20, TimeUnit.SECONDS).stdoutText()).isEqualTo("in\n");
    }

    @Test
    void carriesManyWindowsAndNewKeysOnTheWay() throws Exception {
        CoreModuleProperties.REKEY_BYTES_LIMIT.set(jump.mina(), 1_000_000L);
        CoreModuleProperties.REKEY_BYTES_LIMIT.set(server.mina(), 700_000L);
        byte[] bytes = new byte[9_000_001];
        new Random(3).nextBytes(bytes);

        assertThat(begin(behindJump(), SshCommand.of("cat").withStdin(bytes)).get(60, TimeUnit.SECONDS).stdout())
                .isEqualTo(bytes);
    }

    @Test
    void losingTheJumpHostLosesWhatRanBehindIt() throws Exception {
        CountDownLatch running = new CountDownLatch(1);
        CompletableFuture<SshResult> lost = begin(behindJump(),
                SshCommand.of("echo ready; sleep 60").withOnStdout(chunk -> running.countDown()));
        assertThat(running.await(20, TimeUnit.SECONDS)).isTrue();

        jump.dropConnections();

        assertThat(Failing.with(lost).kind()).isEqualTo(Kind.CONNECTION_LOST);
        assertThat(begin(behindJump(), SshCommand.of("echo back")).get(20, TimeUnit.SECONDS).stdoutText())
                .isEqualTo("back\n");
    }

    @Test
    void theJumpHostsConnectionIsKeptWhileItIsNeededAndClosedAfterwards() throws Exception {
        assertThat(begin(behindJump(), SshCommand.of("sleep 1; echo in")).get(20, TimeUnit.SECONDS).stdoutText())
                .isEqualTo("in\n");

        await().until(() -> server.mina().getActiveSessions().isEmpty());
        await().until(() -> jump.mina().getActiveSessions().isEmpty());
        assertThat(sessions.openConnections()).isZero();
    }
}
