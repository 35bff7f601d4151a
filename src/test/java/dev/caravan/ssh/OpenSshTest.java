package dev.caravan.ssh;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.ssh.SshException.Kind;
import dev.caravan.testkit.OpenSshServer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** Commands over a real OpenSSH server. */
class OpenSshTest {
    @TempDir
    private static Path directory;

    @RegisterExtension
    static final OpenSshServer server = OpenSshServer.forClass("MaxSessions 3");

    private static SshSessions sessions;
    private static SshTarget target;

    @BeforeAll
    static void start() throws Exception {
        Path key = Shell.keygen(directory.resolve("id"), "ed25519", "");
        server.authorize(key);
        sessions = new SshSessions();
        target = Access.to(server.port()).key(key).loopback();
    }

    @AfterAll
    static void stop() {
        if (sessions != null) {
            sessions.close();
        }
    }

    private static CompletableFuture<SshResult> begin(SshCommand command) {
        return sessions.execute(target, command).toCompletableFuture();
    }

    private static SshResult run(SshCommand command) throws Exception {
        return begin(command).get(30, TimeUnit.SECONDS);
    }

    @Test
    void keepsStandardOutputAndErrorApartAndGivesTheExitStatus() throws Exception {
        SshResult result = run(SshCommand.of("cat; echo oops >&2; exit 7").withStdin("hello\n"));

        assertThat(result.stdoutText()).isEqualTo("hello\n");
        assertThat(result.stderrText()).isEqualTo("oops\n");
        assertThat(result.exitStatus()).isEqualTo(7);
    }

    @Test
    void namesTheSignalThatEndedACommand() throws Exception {
        SshResult result = run(SshCommand.of("kill -KILL $$"));

        assertThat(result.exitStatus()).isEqualTo(-1);
        assertThat(result.signal()).contains("KILL");
    }

    @Test
    void carriesManyWindowsBothWays() throws Exception {
        byte[] bytes = new byte[9_000_001];
        new Random(1).nextBytes(bytes);

        assertThat(run(SshCommand.of("cat").withStdin(bytes)).stdout()).isEqualTo(bytes);
    }

    @Test
    void aCommandThatDoesNotReadItsInputEndsAndGivesItsChannelBack() throws Exception {
        byte[] bytes = new byte[9_000_000];
        for (int i = 0; i < 12; i++) {
            assertThat(run(SshCommand.of("exit 3").withStdin(bytes)).exitStatus()).isEqualTo(3);
        }
    }

    @Test
    void makesDoWithTheChannelsThatTheHostAllows() throws Exception {
        List<CompletableFuture<SshResult>> all = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            all.add(begin(SshCommand.of("sleep 0.02; echo " + i)));
        }

        for (int i = 0; i < 20; i++) {
            assertThat(all.get(i).get(30, TimeUnit.SECONDS).stdoutText()).isEqualTo(i + "\n");
        }
        assertThat(sessions.openConnections()).isEqualTo(1);
    }

    @Test
    void aCommandOverItsTimeLimitFailsAndTheConnectionContinues() throws Exception {
        assertThat(Failing.with(begin(SshCommand.of("sleep 5").withTimeout(Duration.ofMillis(300)))).kind())
                .isEqualTo(Kind.TIMEOUT);
        assertThat(run(SshCommand.of("echo on")).stdoutText()).isEqualTo("on\n");
    }

    @Test
    void aBrokenConnectionFailsItsCommandAndTheNextOneOpensAnother() throws Exception {
        CountDownLatch running = new CountDownLatch(1);
        CompletableFuture<SshResult> lost =
                begin(SshCommand.of("echo ready; sleep 60").withOnStdout(chunk -> running.countDown()));
        assertThat(running.await(20, TimeUnit.SECONDS)).isTrue();

        server.dropConnections();

        assertThat(Failing.with(lost).kind()).isEqualTo(Kind.CONNECTION_LOST);
        assertThat(run(SshCommand.of("echo back")).stdoutText()).isEqualTo("back\n");
    }
}
