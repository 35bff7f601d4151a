package dev.caravan.remote;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.caravan.journal.MemoryJournal;
import dev.caravan.routes.RouteFiles;
import dev.caravan.run.HostSlots;
import dev.caravan.run.Run;
import dev.caravan.run.TestRuns;
import dev.caravan.spec.Host;
import dev.caravan.ssh.SshResult;
import dev.caravan.ssh.SshSessions;
import dev.caravan.ssh.SshTarget;
import dev.caravan.step.FailureRules;
import dev.caravan.testkit.TestClusters;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** At its end a run clears away what its steps left on the hosts, on no more hosts at a time than steps run on. */
class ClearingTest {
    private static final Duration LONG = Duration.ofMinutes(5);
    private static final int HOSTS = 6;
    private static final int AT_A_TIME = 2;

    @TempDir
    private Path directory;

    @RegisterExtension
    final ShellHosts hosts = ShellHosts.forTest();

    /** Keeps orders to clear away waiting until the test lets one pass. */
    private static final class Held implements HostAccess {
        private final HostAccess access;
        private final Queue<Runnable> waiting = new ConcurrentLinkedQueue<>();
        private final AtomicInteger passed = new AtomicInteger();

        private Held(HostAccess access) {
            this.access = access;
        }

        @Override
        public CompletionStage<SshResult> execute(Host at, HostOrder order, Listener listener) {
            if (!(order instanceof HostOrder.Clear)) {
                return access.execute(at, order, listener);
            }
            CompletableFuture<Void> gate = new CompletableFuture<>();
            waiting.add(() -> gate.complete(null));
            return gate.thenCompose(open -> access.execute(at, order, listener)).whenComplete((done, failure) -> passed.incrementAndGet());
        }

        @Override
        public int largestPiece(Host at) {
            return access.largestPiece(at);
        }
    }

    @Test
    void noMoreHostsAtATimeThanStepsRunOn() throws Exception {
        Files.createDirectories(directory.resolve("routes/scripts"));
        Files.writeString(directory.resolve("routes/scripts/look.sh"), "echo here\n");
        ExecutorService executor = Executors.newFixedThreadPool(4);
        try (SshSessions sessions = new SshSessions()) {
            hosts.start(HOSTS, directory.resolve("hosts"));
            Run run = TestRuns.apply(TestClusters.of("demo", 1, HOSTS - 1, ShellHosts.ADDRESSES, hosts.port(), ""), new MemoryJournal());
            Held access = new Held(new DirectAccess(sessions, SshTarget::of));
            StepRunner runner = new StepRunner(access, RouteFiles.with(directory.resolve("routes")), FailureRules.read("[]"),
                    (any, host) -> Map.of(), new HostSlots(AT_A_TIME), directory, executor);
            for (Host host : run.cluster().hosts()) {
                runner.run(new StepCall(run, new StepOrder(run.id(), host, host, "look", "look.sh", LONG, false, false, false, false,
                        Map.of(), new byte[0], StepOrder.Files.NONE))).toCompletableFuture().get(1, TimeUnit.MINUTES);
            }

            CompletableFuture<Void> finished = runner.finish(run, true).toCompletableFuture();
            for (int cleared = 0; cleared < HOSTS; cleared++) {
                int expected = Math.min(AT_A_TIME, HOSTS - cleared);
                await().atMost(Duration.ofSeconds(30)).until(() -> access.waiting.size() >= expected);
                assertThat(access.waiting).hasSize(expected);
                assertThat(finished).isNotDone();
                int before = access.passed.get();
                access.waiting.remove().run();
                await().atMost(Duration.ofSeconds(30)).until(() -> access.passed.get() > before);
            }
            finished.get(1, TimeUnit.MINUTES);
        } finally {
            executor.shutdownNow();
        }
    }
}
