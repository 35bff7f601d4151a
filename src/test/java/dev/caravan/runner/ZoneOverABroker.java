package dev.caravan.runner;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.caravan.packages.Family;
import dev.caravan.rehearsal.Scratch;
import dev.caravan.rehearsal.SimulatedHost;
import dev.caravan.remote.DirectAccess;
import dev.caravan.remote.HostAccess;
import dev.caravan.remote.HostOrder;
import dev.caravan.spec.Host;
import dev.caravan.spec.Role;
import dev.caravan.spec.SshAccess;
import dev.caravan.ssh.SshException;
import dev.caravan.ssh.SshResult;
import dev.caravan.ssh.SshSessions;
import dev.caravan.ssh.SshTarget;
import dev.caravan.testkit.Clusters;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * Orders over a real broker to a runner that reaches a host over SSH, whose shell is a real one. The script counts how often it ran.
 */
abstract class ZoneOverABroker {
    static final Duration LONG = Duration.ofMinutes(5);
    static final String ID = "7f3a-1";
    static final String SECRET = "correct-horse-battery-staple";
    private static final String MARK = "caravan-log\n";
    static final String SLOW = "echo ran >> \"$CARAVAN_ROOT/runs\"; read -r word; echo \"begun $word\"\n"
            + "until [ -e \"$CARAVAN_ROOT/go\" ]; do sleep 0.05; done; echo done\n"
            + "printf 'secret\\ttoken\\t%s\\n' \"$word\" >> \"$CARAVAN_RESULT\"\n";

    @RegisterExtension
    final Scratch scratch = new Scratch();

    Path directory;
    TestBroker broker;
    SimulatedHost simulated;
    Host host;
    private final SshSessions sessions = new SshSessions();
    private final List<AutoCloseable> closed = new ArrayList<>();

    abstract TestBroker startBroker(Path place) throws Exception;

    @BeforeEach
    void start() throws Exception {
        directory = scratch.parent();
        broker = startBroker(directory.resolve("broker"));
        simulated = SimulatedHost.start("h1", Family.APT, directory.resolve("host"));
        host = new Host("h1", "127.0.0.1", List.of(), Set.of(Role.WORKER), Clusters.root(), Map.of(), List.of(), Host.State.PRESENT,
                "site-a");
        new KeyFiles(directory.resolve("engine")).make("engine");
        new KeyFiles(directory.resolve("runner")).make("site-a");
        Files.copy(directory.resolve("engine/engine.pub"), directory.resolve("runner/engine.pub"));
        Files.copy(directory.resolve("runner/site-a.pub"), directory.resolve("engine/site-a.pub"));
    }

    @AfterEach
    void stop() throws Exception {
        Collections.reverse(closed);
        for (AutoCloseable each : closed) {
            each.close();
        }
        sessions.close();
        simulated.close();
        broker.close();
    }

    private RunnerSettings settings(String side, int port, Duration patience) {
        Map<String, String> properties = new HashMap<>(broker.settings(port));
        return new RunnerSettings(properties.get(RunnerSettings.ORDERS), properties.get(RunnerSettings.EVENTS), directory.resolve(side),
                new Timing(Duration.ofSeconds(1), patience), properties);
    }

    ZonedAccess engine() throws Exception {
        return engine(LONG);
    }

    ZonedAccess engine(Duration patience) throws Exception {
        ZonedAccess engine = ZonedAccess.start(new DirectAccess(sessions, this::target), this::target,
                settings("engine", broker.port(), patience));
        closed.add(engine);
        return engine;
    }

    Runner runner() throws Exception {
        return runner(broker.port());
    }

    Runner runner(int port) throws Exception {
        Runner runner = Runner.start("site-a", settings("runner", port, LONG));
        closed.add(runner);
        return runner;
    }

    private SshTarget target(Host any) {
        SshAccess access = simulated.access(any.ssh());
        return new SshTarget("127.0.0.1", access);
    }

    static HostOrder slow(long known) {
        return new HostOrder.Launch(ID, "slow", known, List.of(), Map.of("CARAVAN_STEP", "slow"), SLOW, Map.of(),
                (SECRET + "\n").getBytes(StandardCharsets.UTF_8), 60_000);
    }

    /** What a host said while an order was carried out, in all attempts at it. */
    static final class Heard implements HostAccess.Listener {
        private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        private String before = "";
        final List<String> waits = new CopyOnWriteArrayList<>();
        final List<SshException> lost = new CopyOnWriteArrayList<>();

        @Override
        public synchronized void output(byte[] chunk) {
            bytes.writeBytes(chunk);
        }

        @Override
        public void waits(String what) {
            waits.add(what);
        }

        private synchronized long again() {
            String whole = log();
            before = whole.substring(0, whole.lastIndexOf('\n') + 1);
            bytes.reset();
            return before.length();
        }

        synchronized String log() {
            String all = bytes.toString(StandardCharsets.UTF_8);
            int at = all.indexOf(MARK);
            return before + (at < 0 ? "" : all.substring(at + MARK.length()));
        }
    }

    /** Gives an order and, as the error handler of a route does, gives it again where it was lost: on a busy machine that may be. */
    CompletableFuture<SshResult> give(ZonedAccess engine, Function<Long, HostOrder> order, Heard heard) {
        CompletableFuture<SshResult> result = new CompletableFuture<>();
        attempt(engine, order, heard, result);
        return result;
    }

    private void attempt(ZonedAccess engine, Function<Long, HostOrder> order, Heard heard, CompletableFuture<SshResult> result) {
        engine.execute(host, order.apply(heard.again()), heard).whenComplete((done, failure) -> {
            Throwable cause = failure instanceof CompletionException ? failure.getCause() : failure;
            if (cause instanceof SshException ssh && ssh.kind() == SshException.Kind.CONNECTION_LOST) {
                heard.lost.add(ssh);
                attempt(engine, order, heard, result);
            } else if (failure != null) {
                result.completeExceptionally(cause);
            } else {
                result.complete(done);
            }
        });
    }

    static SshResult get(CompletableFuture<SshResult> result) throws Exception {
        return result.get(LONG.toSeconds(), TimeUnit.SECONDS);
    }

    SshResult done(ZonedAccess engine, HostOrder order) throws Exception {
        return get(give(engine, known -> order, new Heard()));
    }

    SshResult cleared(ZonedAccess engine) throws Exception {
        return done(engine, new HostOrder.Clear("", List.of(ID)));
    }

    static void awaitLost(Heard heard) {
        await().atMost(LONG).until(() -> !heard.lost.isEmpty());
        assertThat(heard.lost.get(0)).hasMessageContaining("the connection to the runner of zone site-a was lost");
    }

    void awaitBegun(Heard heard) {
        await().atMost(LONG).until(() -> heard.log().contains("begun"));
    }

    void release() throws Exception {
        Files.createFile(simulated.root().resolve("go"));
    }

    void ranOnce() throws Exception {
        assertThat(Files.readString(simulated.root().resolve("runs"))).isEqualTo("ran\n");
    }

    static void succeeded(SshResult result) {
        assertThat(result.stderrText()).contains("caravan-result 0").contains("secret\ttoken\t" + SECRET).contains("caravan-end");
    }
}
