package dev.caravan.runner;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.caravan.digest.Sha256;
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
import java.util.Arrays;
import java.util.Base64;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * Orders over a real broker to a runner that reaches a host over SSH, whose shell is a real one: what becomes of a step where broker,
 * runner or engine fail. The script counts how often it ran.
 */
abstract class RunnersOverABroker {
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
    private SimulatedHost simulated;
    private Host host;
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

    private ZonedAccess engine(Duration patience) throws Exception {
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

    private SshResult done(ZonedAccess engine, HostOrder order) throws Exception {
        return get(give(engine, known -> order, new Heard()));
    }

    private SshResult cleared(ZonedAccess engine) throws Exception {
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

    @Test
    void aStepRunsInItsZoneAndNothingSecretIsInTheClearOnTheBroker() throws Exception {
        ZonedAccess engine = engine();
        Heard heard = new Heard();
        CompletableFuture<SshResult> result = give(engine, RunnersOverABroker::slow, heard);
        assertThat(heard.waits).containsExactly("waits for a runner of zone site-a");
        runner();
        awaitBegun(heard);
        release();

        succeeded(get(result));
        assertThat(heard.log()).isEqualTo("begun " + SECRET + "\ndone\n");
        ranOnce();
        assertThat(cleared(engine).succeeded()).isTrue();
        assertThat(simulated.root().resolve("run/caravan")).doesNotExist();

        assertThat(broker.seen()).hasSizeGreaterThan(5).extracting(TestBroker.Seen::address)
                .contains("caravan.orders.site-a", "topic.caravan.events");
        String base64 = Base64.getEncoder().encodeToString(SECRET.getBytes(StandardCharsets.UTF_8)).substring(0, 20);
        assertThat(broker.seen()).allSatisfy(each -> assertThat(each.text() + each.all())
                .doesNotContain(SECRET, base64, "begun", "CARAVAN_STEP", simulated.clientKey().toString(), ID));
    }

    @Test
    void filesOfStepsGoOverTheBrokerInPieces() throws Exception {
        ZonedAccess engine = engine();
        runner();
        byte[] content = new byte[engine.largestPiece(host)];
        new Random(9).nextBytes(content);
        done(engine, new HostOrder.Piece(HostOrder.Move.WRITE, ID, 0, content.length, "-", content, 60_000));
        SshResult complete = done(engine, new HostOrder.Piece(HostOrder.Move.COMPLETE, ID, 0, 0, Sha256.hex(content), new byte[0], 60_000));
        assertThat(complete.stdoutText()).endsWith("same\n");
        byte[] read = done(engine, new HostOrder.Piece(HostOrder.Move.READ, ID, 0, content.length, "-", new byte[0], 60_000)).stdout();
        assertThat(Arrays.copyOfRange(read, read.length - content.length, read.length)).isEqualTo(content);
    }

    /* A step that prints the first five characters of its library, and how many it has. */
    private String sourced(ZonedAccess engine, String id, String library) throws Exception {
        Heard heard = new Heard();
        get(give(engine, known -> new HostOrder.Launch(id, "look", known, List.of(), Map.of("CARAVAN_STEP", "look"),
                "cut -c 1-5 \"$CARAVAN_LIB/lib.sh\"; wc -c < \"$CARAVAN_LIB/lib.sh\"\n", Map.of("lib.sh", library), new byte[0], 60_000),
                heard));
        return heard.log();
    }

    private long largeOrders() throws Exception {
        return broker.seen().stream().filter(each -> each.address().equals("caravan.orders.site-a"))
                .filter(each -> each.text().length() > 10_000).count();
    }

    @Test
    void aLibraryIsSentOnceToEachRunner() throws Exception {
        byte[] random = new byte[50_000];
        new Random(5).nextBytes(random);
        String library = Base64.getEncoder().encodeToString(random) + "\n";
        String said = library.substring(0, 5) + "\n" + library.length() + "\n";
        ZonedAccess engine = engine();
        Runner first = runner();
        for (int n = 1; n <= 5; n++) {
            assertThat(sourced(engine, "7f3a-" + n, library)).isEqualTo(said);
        }
        assertThat(largeOrders()).isEqualTo(1);
        first.close();
        runner();
        assertThat(sourced(engine, "7f3a-6", library)).isEqualTo(said);
        assertThat(sourced(engine(), "8b21-1", library)).isEqualTo(said);
        assertThat(largeOrders()).as("another runner, and another engine").isEqualTo(3);
    }

    @Test
    void aRunnerAsksForWhatItForgot() throws Exception {
        ZonedAccess engine = engine();
        runner();
        int size = 7 << 20;
        int n = 0;
        // Three are more than it keeps.
        for (String letter : List.of("a", "b", "c", "a")) {
            assertThat(sourced(engine, "7f3a-" + ++n, letter.repeat(size - 1) + "\n")).isEqualTo(letter.repeat(5) + "\n" + size + "\n");
        }
    }

    @Test
    void messagesThatComeTwiceAndInAnotherOrderHaveNoFurtherEffect() throws Exception {
        ZonedAccess engine = engine();
        runner();
        Heard heard = new Heard();
        CompletableFuture<SshResult> result = give(engine, RunnersOverABroker::slow, heard);
        awaitBegun(heard);
        List<TestBroker.Seen> early = new ArrayList<>(broker.seen());
        Collections.shuffle(early, new Random(7));
        broker.sendAgain(early);
        broker.sendAgain(early);
        release();
        succeeded(get(result));
        assertThat(heard.log()).isEqualTo("begun " + SECRET + "\ndone\n");

        cleared(engine);
        List<TestBroker.Seen> all = new ArrayList<>(broker.seen());
        Collections.shuffle(all, new Random(8));
        broker.sendAgain(all);
        // What was sent before is worked on by now: the queue is in order.
        Heard other = new Heard();
        get(give(engine, known -> new HostOrder.Launch("7f3a-2", "slow", known, List.of(), Map.of("CARAVAN_STEP", "slow"), "echo other\n",
                Map.of(), new byte[0], 60_000), other));
        assertThat(other.log()).isEqualTo("other\n");
        assertThat(simulated.root().resolve("run/caravan/" + ID)).as("the step that was cleared is not started again").doesNotExist();
        ranOnce();
    }

    @Test
    void twoEnginesAtOnceUseOneRunnerAndEachHearsItsOwnSteps() throws Exception {
        ZonedAccess one = engine();
        ZonedAccess two = engine();
        runner();
        Heard first = new Heard();
        CompletableFuture<SshResult> slow = give(one, RunnersOverABroker::slow, first);
        awaitBegun(first);
        Heard second = new Heard();
        get(give(two, known -> new HostOrder.Launch("8b21-1", "quick", known, List.of(), Map.of("CARAVAN_STEP", "quick"), "echo other\n",
                Map.of(), new byte[0], 60_000), second));
        assertThat(second.log()).isEqualTo("other\n");
        release();
        succeeded(get(slow));
        assertThat(first.log()).isEqualTo("begun " + SECRET + "\ndone\n");
        ranOnce();
    }

    @Tag("long")
    @Test
    void anotherRunnerFindsTheStepOfOneThatDied() throws Exception {
        ZonedAccess engine = engine();
        Runner first = runner();
        Heard heard = new Heard();
        CompletableFuture<SshResult> result = give(engine, RunnersOverABroker::slow, heard);
        awaitBegun(heard);
        List<TestBroker.Seen> before = broker.seen();
        first.close();
        runner();
        awaitLost(heard);
        release();
        succeeded(get(result));
        assertThat(heard.log()).isEqualTo("begun " + SECRET + "\ndone\n");
        cleared(engine);
        broker.sendAgain(before);
        cleared(engine);
        assertThat(simulated.root().resolve("run/caravan/" + ID)).as("orders for the dead runner start nothing").doesNotExist();
        ranOnce();
    }

    @Tag("long")
    @Test
    void anotherEngineFindsTheStepOfOneThatDiedWhoseOrdersAreOver() throws Exception {
        ZonedAccess dead = engine();
        runner();
        Heard heard = new Heard();
        give(dead, RunnersOverABroker::slow, heard);
        awaitBegun(heard);
        List<TestBroker.Seen> before = broker.seen();
        dead.close();
        ZonedAccess engine = engine();
        Heard again = new Heard();
        CompletableFuture<SshResult> second = give(engine, RunnersOverABroker::slow, again);
        release();
        succeeded(get(second));
        assertThat(again.log()).isEqualTo("begun " + SECRET + "\ndone\n");
        cleared(engine);
        broker.sendAgain(before);
        cleared(engine);
        assertThat(simulated.root().resolve("run/caravan/" + ID)).doesNotExist();
        ranOnce();
    }

    @Tag("long")
    @Test
    void aBrokerThatIsStartedAgainLosesNoStep() throws Exception {
        ZonedAccess engine = engine();
        runner();
        Heard heard = new Heard();
        CompletableFuture<SshResult> result = give(engine, RunnersOverABroker::slow, heard);
        awaitBegun(heard);
        broker.stop();
        awaitLost(heard);
        release();
        broker.begin();
        succeeded(get(result));
        assertThat(heard.log()).isEqualTo("begun " + SECRET + "\ndone\n");
        ranOnce();
    }

    @Test
    void aZoneWithoutARunnerIsNamedWithWhatToDo() throws Exception {
        ZonedAccess engine = engine(Duration.ofSeconds(1));
        assertThat(give(engine, RunnersOverABroker::slow, new Heard())).failsWithin(LONG).withThrowableOfType(ExecutionException.class)
                .havingCause().isInstanceOf(HostAccess.NoRunner.class).withMessage("no runner of zone site-a answers")
                .satisfies(why -> assertThat(((HostAccess.NoRunner) why).remedy())
                        .startsWith("Start it on a machine in that zone: caravan runner --zone site-a."));
    }
}
