package dev.caravan.ssh;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.caravan.ssh.SshException.Kind;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.sshd.core.CoreModuleProperties;
import org.apache.sshd.server.Signal;
import org.junit.jupiter.api.Test;

/** Commands over the pool: what they are sent, what they answer, and their limits. */
class PooledCommandsTest extends PoolOverEmbeddedServer {
    @Test
    void keepsStandardOutputAndErrorApartAndGivesTheExitStatus() throws Exception {
        SshResult result = run(SshCommand.of("cat; echo oops >&2; exit 7").withStdin("hello"));

        assertThat(result.stdoutText()).isEqualTo("hello");
        assertThat(result.stderrText()).isEqualTo("oops\n");
        assertThat(result.exitStatus()).isEqualTo(7);
    }

    @Test
    void sendsNothingMoreOnceItMayNot() throws Exception {
        Path ran = directory.resolve("ran");
        SshCommand command = SshCommand.of("cat > '" + ran + ".part'; mv '" + ran + ".part' '" + ran + "'");

        assertThat(begin(command.withCondition(() -> false))).failsWithin(Duration.ofSeconds(30))
                .withThrowableOfType(ExecutionException.class).havingCause().isInstanceOf(SshException.class)
                .satisfies(failure -> assertThat(((SshException) failure).kind()).isEqualTo(SshException.Kind.CONNECTION_LOST));
        assertThat(directory).isEmptyDirectory();

        AtomicInteger asked = new AtomicInteger();
        SshCommand large = SshCommand.of("cat > '" + ran + "'").withStdin(new byte[20_000_000]);
        assertThat(begin(large.withCondition(() -> asked.incrementAndGet() < 5))).failsWithin(Duration.ofSeconds(30))
                .withThrowableOfType(ExecutionException.class);
        assertThat(ran.toFile().length()).as("of its input, if it began at all").isLessThan(20_000_000);
        assertThat(run(SshCommand.of("echo on").withCondition(() -> true)).stdoutText()).isEqualTo("on\n");
    }

    @Test
    void carriesManyWindowsBothWays() throws Exception {
        byte[] bytes = new byte[9_000_001];
        new Random(1).nextBytes(bytes);

        assertThat(run(SshCommand.of("cat").withStdin(bytes)).stdout()).isEqualTo(bytes);
    }

    @Test
    void exchangesNewKeysInMidCommand() throws Exception {
        CoreModuleProperties.REKEY_BYTES_LIMIT.set(server.mina(), 500_000L);
        byte[] bytes = new byte[9_000_001];
        new Random(2).nextBytes(bytes);

        assertThat(run(SshCommand.of("cat").withStdin(bytes)).stdout()).isEqualTo(bytes);
    }

    @Test
    void aCommandThatDoesNotReadItsInputEndsAndGivesItsChannelBack() throws Exception {
        byte[] bytes = new byte[9_000_000];

        for (int i = 0; i < 20; i++) {
            SshResult result = run(SshCommand.of("echo out; exit 3").withStdin(bytes));

            assertThat(result.stdoutText()).isEqualTo("out\n");
            assertThat(result.exitStatus()).isEqualTo(3);
        }
    }

    @Test
    void aCommandOverItsTimeLimitFailsAndTheConnectionContinues() throws Exception {
        SshException failure = Failing.with(begin(SshCommand.of("sleep 60").withTimeout(Duration.ofMillis(200))));

        assertThat(failure.kind()).isEqualTo(Kind.TIMEOUT);
        assertThat(failure.isTransient()).isFalse();
        assertThat(failure).hasMessageContaining("tester@127.0.0.1").hasMessageContaining("200 ms")
                .hasMessageNotContaining("sleep");
        await().until(() -> server.signals.contains(Signal.TERM));
        assertThat(run(SshCommand.of("echo on")).stdoutText()).isEqualTo("on\n");
        assertThat(server.connections).hasValue(1);
    }

    @Test
    void aCommandThatWritesTooMuchFails() throws Exception {
        assertThat(run(SshCommand.of("printf 12345").withMaxOutputBytes(5)).stdoutText()).isEqualTo("12345");

        assertThat(Failing.with(begin(SshCommand.of("printf 123456").withMaxOutputBytes(5))).kind())
                .isEqualTo(Kind.OUTPUT_LIMIT);
        assertThat(Failing.with(begin(SshCommand.of("yes >&2").withMaxOutputBytes(5))).kind())
                .isEqualTo(Kind.OUTPUT_LIMIT);
    }

    @Test
    void outputReachesItsListenerWhileTheCommandRuns() throws Exception {
        Path flag = directory.resolve("flag");
        ByteArrayOutputStream seen = new ByteArrayOutputStream();
        CountDownLatch first = new CountDownLatch(1);
        CompletableFuture<SshResult> running = begin(SshCommand
                .of("echo one; while [ ! -e '" + flag + "' ]; do sleep 0.02; done; echo two")
                .withOnStdout(chunk -> {
                    seen.writeBytes(chunk);
                    first.countDown();
                }));

        assertThat(first.await(20, TimeUnit.SECONDS)).isTrue();
        assertThat(running).isNotDone();
        Files.createFile(flag);

        assertThat(running.get(20, TimeUnit.SECONDS).stdout()).isEmpty();
        assertThat(seen.toString(StandardCharsets.UTF_8)).isEqualTo("one\ntwo\n");
    }

    @Test
    void aListenerThatThrowsFailsItsCommand() {
        IllegalStateException thrown = new IllegalStateException("no room");

        assertThat(begin(SshCommand.of("echo one; sleep 60").withOnStdout(chunk -> {
            throw thrown;
        }))).failsWithin(Duration.ofSeconds(20)).withThrowableThat().withCause(thrown);
    }

    @Test
    void whatFollowsACommandMayBlock() throws Exception {
        CompletableFuture<String> nested = begin(SshCommand.of("echo outer")).thenApply(outer -> {
            try {
                return outer.stdoutText() + run(SshCommand.of("echo inner")).stdoutText();
            } catch (Exception e) {
                throw new AssertionError(e);
            }
        });

        assertThat(nested.get(20, TimeUnit.SECONDS)).isEqualTo("outer\ninner\n");
    }

    @Test
    void commandsAndResultsShowNothingOfWhatTheyHold() {
        SshCommand command = SshCommand.of("echo canary").withStdin("canary");

        assertThat(command.toString()).doesNotContain("canary").contains("6 bytes");
        assertThat(new SshResult(0, "canary".getBytes(StandardCharsets.UTF_8), new byte[0]).toString())
                .doesNotContain("canary");
    }
}
