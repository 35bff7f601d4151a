package dev.caravan.runner;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.caravan.packages.Family;
import dev.caravan.rehearsal.Scratch;
import dev.caravan.rehearsal.SimulatedHost;
import dev.caravan.remote.DirectAccess;
import dev.caravan.remote.HostOrder;
import dev.caravan.ssh.SshException;
import dev.caravan.ssh.SshSessions;
import dev.caravan.ssh.SshTarget;
import dev.caravan.testkit.Clusters;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** An engine's and a runner's side of a zone, with a wire that loses the runner's answers to hellos after the first one. */
class ZoneLinkTest {
    private static final Timing TIMING = new Timing(Duration.ofSeconds(3), Duration.ofMinutes(5));
    private static final Duration LONG = Duration.ofMinutes(2);
    private static final String SCRIPT = "while [ -e \"$CARAVAN_ROOT/talk\" ]; do echo line; sleep 0.5; done\n"
            + "until [ -e \"$CARAVAN_ROOT/go\" ]; do sleep 0.5; done\n";

    @RegisterExtension
    final Scratch scratch = new Scratch();

    @Test
    @Tag("long")
    void aRunnerThatStillSpeaksOfItsOrdersIsThere() throws Exception {
        ScheduledExecutorService threads = Executors.newScheduledThreadPool(4);
        ExecutorService sender = Executors.newSingleThreadExecutor();
        try (SimulatedHost host = SimulatedHost.start("h1", Family.APT, scratch.parent().resolve("host"));
                SshSessions sessions = new SshSessions()) {
            AtomicReference<ZoneLink> engine = new AtomicReference<>();
            AtomicBoolean answered = new AtomicBoolean();
            RunnerSide runner = new RunnerSide("runner", "/root", new DirectAccess(sessions, at -> {
                throw new IllegalStateException("reached by its target");
            }), (name, said) -> {
                if (!(said instanceof Message.Alive) || answered.compareAndSet(false, true)) {
                    threads.execute(() -> engine.get().received(said));
                }
            }, threads);
            ZoneSender toZone = new ZoneSender("site-a", said -> runner.received("engine", said), sender);
            engine.set(new ZoneLink("site-a", "session", toZone, TIMING, threads));
            threads.scheduleWithFixedDelay(engine.get()::tick, 0, TIMING.beat().toMillis(), TimeUnit.MILLISECONDS);

            Files.createFile(host.root().resolve("talk"));
            StringBuffer log = new StringBuffer();
            CompletableFuture<?> order = engine.get().execute(new SshTarget("127.0.0.1", host.access(Clusters.root())),
                    new HostOrder.Launch("7f3a-1", "talk", 0, List.of(), Map.of("CARAVAN_STEP", "talk"), SCRIPT, Map.of(), new byte[0],
                            LONG.toMillis()), chunk -> log.append(new String(chunk, StandardCharsets.UTF_8))).toCompletableFuture();
            await().atMost(LONG).until(() -> log.indexOf("line") >= 0);
            assertThat(answered).isTrue();

            await().during(TIMING.silence().multipliedBy(2)).atMost(LONG).until(() -> !order.isDone());

            Files.delete(host.root().resolve("talk"));
            await().atMost(LONG).until(order::isDone);
            assertThat(order.handle((done, failure) -> failure instanceof CompletionException ? failure.getCause() : failure).join())
                    .isInstanceOfSatisfying(SshException.class,
                            lost -> assertThat(lost.kind()).isEqualTo(SshException.Kind.CONNECTION_LOST))
                    .asString().contains("does not answer");
            Files.createFile(host.root().resolve("go"));
        } finally {
            threads.shutdownNow();
            sender.shutdownNow();
        }
    }
}
