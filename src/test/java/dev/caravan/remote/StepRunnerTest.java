package dev.caravan.remote;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.caravan.history.Occurrence.HostWaiting;
import dev.caravan.history.Occurrence.StepEnded;
import dev.caravan.history.Occurrence.StepRetried;
import dev.caravan.history.Occurrence.StepStarted;
import dev.caravan.history.StepState;
import dev.caravan.journal.JournalException;
import dev.caravan.journal.MemoryJournal;
import dev.caravan.routes.RouteFiles;
import dev.caravan.run.HostSlots;
import dev.caravan.run.Run;
import dev.caravan.run.RunCancelled;
import dev.caravan.run.TestRuns;
import dev.caravan.spec.Cluster;
import dev.caravan.spec.Host;
import dev.caravan.ssh.SshException;
import dev.caravan.ssh.SshSessions;
import dev.caravan.ssh.SshTarget;
import dev.caravan.step.FailureRules;
import dev.caravan.step.StepFailure;
import dev.caravan.step.StepResult;
import dev.caravan.testkit.TestClusters;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Steps end to end: the real runner and SSH, an SSH server in this process, and real shells that run real scripts. */
class StepRunnerTest {
    private static final Duration LONG = Duration.ofMinutes(2);

    @TempDir
    private Path directory;
    private final MemoryJournal journal = new MemoryJournal();
    private final ExecutorService executor = Executors.newFixedThreadPool(4);
    private final SshSessions sessions = new SshSessions();
    private ShellHosts hosts;
    private Run run;

    @BeforeEach
    void scripts() throws IOException {
        Files.createDirectories(directory.resolve("routes/scripts"));
    }

    @AfterEach
    void stop() throws Exception {
        sessions.close();
        hosts.close();
        executor.shutdownNow();
    }

    private void start(int count) throws Exception {
        hosts = ShellHosts.start(count, directory.resolve("hosts"));
        Cluster cluster = TestClusters.of("demo", 1, count - 1, ShellHosts.ADDRESSES, hosts.port(), "");
        run = TestRuns.apply(cluster, journal);
    }

    private StepRunner runner(int hostsAtATime) throws IOException {
        return new StepRunner(new DirectAccess(sessions, SshTarget::of), RouteFiles.with(directory.resolve("routes")),
                FailureRules.read("[]"),
                (any, host) -> Map.of("NODE_NAME", host.name(), "TEST", directory.toString()), new HostSlots(hostsAtATime),
                directory, executor);
    }

    private void script(String step, String text) throws IOException {
        Files.writeString(directory.resolve("routes/scripts/" + step + ".sh"), text);
    }

    private Host host(int number) {
        return run.cluster().hosts().get(number - 1);
    }

    private StepCall order(int host, String step, Duration timeout, String stdin) {
        return new StepCall(run, new StepOrder(run.id(), host(host), host(host), step, step + ".sh", timeout, false, false,
                false, Map.of(), stdin.getBytes(StandardCharsets.UTF_8), StepOrder.Files.NONE));
    }

    private StepCall order(int host, String step) {
        return order(host, step, LONG, "");
    }

    private static StepResult get(java.util.concurrent.CompletionStage<StepResult> result) throws Exception {
        return result.toCompletableFuture().get(60, TimeUnit.SECONDS);
    }

    private static <T extends Throwable> T failure(java.util.concurrent.CompletionStage<StepResult> result, Class<T> type) {
        try {
            throw new AssertionError("it did not fail: " + get(result));
        } catch (ExecutionException e) {
            assertThat(SshException.beneath(e.getCause())).isInstanceOf(type);
            return type.cast(SshException.beneath(e.getCause()));
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }

    private String file(String name) throws IOException {
        return Files.readString(directory.resolve(name));
    }

    private void awaitFile(String name) {
        await().atMost(Duration.ofSeconds(30)).until(() -> Files.exists(directory.resolve(name)));
    }

    private void release(String name) throws IOException {
        Files.createFile(directory.resolve(name));
    }

    private static String waitFor(String name) {
        return "until [ -e \"$TEST/" + name + "\" ]; do sleep 0.02; done\n";
    }

    @Test
    void whatNeverReachedItsHostIsNotSaidToGoOnThere() throws Exception {
        start(1);
        script("slow", "touch \"$TEST/started\"\n" + waitFor("go"));
        hosts.close();
        StepRunner runner = runner(5);

        StepFailure refused = failure(runner.run(order(1, "slow")), StepFailure.class);
        assertThat(refused.getKind()).isEqualTo("unreachable");
        assertThat(refused.getRemedy()).startsWith("This step started nothing on the host.");
        assertThat(failure(runner.run(order(1, "slow")), StepFailure.class).getRemedy()).isEqualTo(refused.getRemedy());
    }

    @Test
    void manyStepsGoOverOneConnection() throws Exception {
        start(1);
        script("greet", ". \"$CARAVAN_LIB/lib.sh\"\nsay \"greeting $NODE_NAME\"\necho \"input: $(cat)\"\nif change 'say hello'; then :; "
                + "fi\noutput greeting 'hello, world'\n");
        StepRunner runner = runner(5);
        StepResult result = null;
        for (int round = 0; round < 10; round++) {
            result = get(runner.run(order(1, "greet", LONG, "from stdin")));
        }

        assertThat(result.state()).isEqualTo(StepState.CHANGED);
        assertThat(result.changes()).containsExactly("say hello");
        assertThat(result.output("greeting")).isEqualTo("hello, world");
        assertThat(hosts.connections).hasValue(1);
        assertThat(sessions.openConnections()).isEqualTo(1);
        assertThat(file("logs/7f3a/h1/greet.log")).contains("== greeting h1\n").contains("input: from stdin\n");
        assertThat(journal.all(StepEnded.class)).hasSize(10);
        assertThat(hosts.root(host(1)).resolve("run/caravan").toFile().list()).as("a directory and its link: earlier steps were removed")
                .hasSize(2);

        runner.finish(run, true).toCompletableFuture().get(30, TimeUnit.SECONDS);
        assertThat(hosts.root(host(1)).resolve("run/caravan")).doesNotExist();
    }

    @Test
    void aLinkThatDropsInMidStepLosesNothingAndRunsTheScriptOnce() throws Exception {
        start(1);
        script("slow", "echo ran >> \"$TEST/runs\"\necho one; printf 'tw'; touch \"$TEST/begun\"\n" + waitFor("go")
                + "echo o; echo three\n");
        StepRunner runner = runner(5);
        CompletableFuture<StepResult> first = runner.run(order(1, "slow")).toCompletableFuture();
        await().atMost(Duration.ofSeconds(30)).until(() -> Files.exists(directory.resolve("logs/7f3a/h1/slow.log"))
                && Files.exists(directory.resolve("begun")));
        hosts.breakConnections();

        StepFailure lost = failure(first, StepFailure.class);
        assertThat(lost.getKind()).isEqualTo("connection");
        assertThat(lost.getRemedy()).startsWith("The step may still run on its host");
        assertThat(lost.isTransient()).isTrue();
        CompletableFuture<StepResult> second = runner.run(order(1, "slow")).toCompletableFuture();
        release("go");

        assertThat(get(second).state()).isEqualTo(StepState.OK);
        assertThat(file("logs/7f3a/h1/slow.log")).isEqualTo("one\ntwo\nthree\n");
        assertThat(file("runs")).isEqualTo("ran\n");
        assertThat(hosts.connections).hasValue(2);
        assertThat(journal.all(StepStarted.class)).extracting(started -> started.detached().orElseThrow().id())
                .containsExactly("7f3a-1", "7f3a-1");
        assertThat(journal.all(StepRetried.class)).hasSize(1);
    }

    @Test
    void aStepThatEndedWhileTheLinkWasDownGivesItsResultAfterwards() throws Exception {
        start(1);
        script("slow", ". \"$CARAVAN_LIB/lib.sh\"\necho ran >> \"$TEST/runs\"; touch \"$TEST/begun\"\n" + waitFor("go")
                + "if change 'do it'; then :; fi\ntrap 'touch \"$TEST/done\"' EXIT\n");
        StepRunner runner = runner(5);
        CompletableFuture<StepResult> first = runner.run(order(1, "slow")).toCompletableFuture();
        awaitFile("begun");
        hosts.breakConnections();
        failure(first, StepFailure.class);
        release("go");
        awaitFile("done");

        assertThat(get(runner.run(order(1, "slow"))).changes()).containsExactly("do it");
        assertThat(file("runs")).isEqualTo("ran\n");
    }

    @Test
    void theTimeLimitStopsTheStep() throws Exception {
        start(1);
        script("endless", "echo $$ > \"$TEST/pid\"\necho 'waiting for Godot'\nsleep 1000\n");
        StepRunner runner = runner(5);
        StepFailure failure = failure(runner.run(order(1, "endless", Duration.ofSeconds(2), "")), StepFailure.class);

        assertThat(failure.getKind()).isEqualTo("timeout");
        assertThat(failure.isTransient()).isFalse();
        assertThat(failure.getMessage()).contains("not done after 2 s");
        assertThat(failure.getLastWords()).containsExactly("waiting for Godot");
        long pid = Long.parseLong(file("pid").strip());
        await().atMost(Duration.ofSeconds(30)).until(() -> ProcessHandle.of(pid).map(ProcessHandle::isAlive).orElse(false),
                alive -> !alive);
        runner.finish(run, true).toCompletableFuture().get(30, TimeUnit.SECONDS);
        assertThat(hosts.root(host(1)).resolve("run/caravan")).doesNotExist();
    }

    @Test
    void aFailedScriptIsReportedInItsOwnWords() throws Exception {
        start(1);
        script("sad", ". \"$CARAVAN_LIB/lib.sh\"\necho 'it rains'\nfail 'no sun' 'Wait for summer.'\n");
        script("sadder", "echo first; echo last; exit 3\n");
        script("later", ". \"$CARAVAN_LIB/lib.sh\"\nfail_for_now 'not yet'\n");
        StepRunner runner = runner(5);

        StepFailure sad = failure(runner.run(order(1, "sad")), StepFailure.class);
        assertThat(sad.getMessage()).isEqualTo("no sun");
        assertThat(sad.getRemedy()).isEqualTo("Wait for summer.");
        assertThat(sad.getLastWords()).startsWith("it rains");
        assertThat(failure(runner.run(order(1, "sadder")), StepFailure.class).getMessage()).isEqualTo("last");
        StepFailure later = failure(runner.run(order(1, "later")), StepFailure.class);
        assertThat(later.isTransient()).isTrue();
        assertThat(later.getKind()).isEqualTo("not-yet");
        assertThat(failure(runner.run(order(1, "missing")), StepFailure.class).getMessage()).contains("missing.sh");
        assertThat(failure(runner.run(order(1, "missing")), StepFailure.class).isTransient()).isFalse();
    }

    @Test
    void secretsOfTheRunNeverReachLogOrJournalOrFailure() throws Exception {
        start(1);
        script("leak", ". \"$CARAVAN_LIB/lib.sh\"\ncat; echo\nsay 'using correct horse'\nif change 'set correct horse'; then :; "
                + "fi\nfail 'correct horse refused'\n");
        StepFailure failure = failure(runner(5).run(order(1, "leak", LONG, "correct horse")), StepFailure.class);

        assertThat(failure.getMessage()).isEqualTo("*** refused");
        assertThat(failure.getLastWords().toString()).doesNotContain("horse");
        assertThat(file("logs/7f3a/h1/leak.log")).doesNotContain("horse");
        assertThat(journal.all().toString()).doesNotContain("horse");
    }

    @Test
    void aSharedStepRunsOnceForAllWhoAskAndAgainWhenItFailed() throws Exception {
        start(3);
        script("mint", ". \"$CARAVAN_LIB/lib.sh\"\necho ran >> \"$TEST/runs\"\n[ -e \"$TEST/works\" ] || fail broken\n"
                + "output number \"$(wc -l < \"$TEST/runs\")\"\n");
        StepRunner runner = runner(5);
        failure(runner.shared(order(1, "mint"), LONG), StepFailure.class);
        release("works");
        List<CompletableFuture<StepResult>> all = new ArrayList<>();
        for (int host = 1; host <= 3; host++) {
            all.add(runner.shared(order(1, "mint"), LONG).toCompletableFuture());
        }

        for (CompletableFuture<StepResult> each : all) {
            assertThat(get(each).output("number").strip()).isEqualTo("2");
        }
        assertThat(get(runner.shared(order(1, "mint"), LONG)).output("number").strip()).isEqualTo("2");
        assertThat(get(runner.shared(order(1, "mint"), Duration.ofNanos(1))).output("number").strip()).as("too old").isEqualTo("3");
    }

    @Test
    void stepsOfOneWordRunOneAtATime() throws Exception {
        start(4);
        script("join", "mkdir \"$TEST/lock\" || exit 1\nsleep 0.05\nrmdir \"$TEST/lock\"\n");
        StepRunner runner = runner(5);
        List<CompletableFuture<StepResult>> all = new ArrayList<>();
        for (int host = 1; host <= 4; host++) {
            all.add(runner.inTurn(order(host, "join"), "control-plane-join").toCompletableFuture());
        }

        for (CompletableFuture<StepResult> each : all) {
            assertThat(get(each).state()).isEqualTo(StepState.OK);
        }
    }

    /** Two hosts and one slot. */
    private record Line(CompletableFuture<StepResult> underWay, CompletableFuture<StepResult> waiting) {}

    /** h1 is at a step until {@code go}, and h2 is to begin the same one. */
    private Line line() throws Exception {
        start(2);
        script("slow", "echo \"$NODE_NAME\" >> \"$TEST/runs\"\ntouch \"$TEST/begun\"\n" + waitFor("go"));
        StepRunner runner = runner(1);
        CompletableFuture<StepResult> first = runner.run(order(1, "slow")).toCompletableFuture();
        awaitFile("begun");
        return new Line(first, runner.run(order(2, "slow")).toCompletableFuture());
    }

    @Test
    void whoWaitsForASlotSaysSo() throws Exception {
        Line line = line();
        release("go");
        get(line.underWay());
        get(line.waiting());

        assertThat(journal.all(HostWaiting.class)).containsExactly(
                new HostWaiting(Optional.of("h2"), "waits for its turn: slow (1 host at a time)", OptionalInt.of(1)));
    }

    @Test
    void whoWaitsForASlotWhenTheRunIsCancelledDoesNotBegin() throws Exception {
        Line line = line();
        run.cancel();
        release("go");

        assertThat(get(line.underWay()).state()).as("what is under way ends").isEqualTo(StepState.OK);
        failure(line.waiting(), RunCancelled.class);
        assertThat(file("runs")).isEqualTo("h1\n");
    }

    @Test
    void aJournalThatCannotBeWrittenKeepsNoSlot() throws Exception {
        start(2);
        script("quick", ":\n");
        StepRunner runner = runner(1);
        journal.fillDisk();
        failure(runner.run(order(1, "quick")), JournalException.class);
        journal.makeRoom();

        // The run that met it stands from then on; another one finds the slot free.
        run = TestRuns.apply(run.cluster(), journal);
        assertThat(get(runner.run(order(2, "quick"))).state()).isEqualTo(StepState.OK);
    }

    @Tag("long")
    @Test
    void aHundredHostsTenAtATimeNeedFewThreads() throws Exception {
        start(100);
        script("count", "mkdir \"$TEST/running/$NODE_NAME\"\nls \"$TEST/running\" | wc -l >> \"$TEST/counts\"\nsleep 0.02\n"
                + "ls \"$TEST/running\" | wc -l >> \"$TEST/counts\"\nrmdir \"$TEST/running/$NODE_NAME\"\n");
        Files.createDirectories(directory.resolve("running"));
        StepRunner runner = runner(10);
        AtomicInteger mostThreads = new AtomicInteger();
        journal.listen(event -> mostThreads.accumulateAndGet(clientThreads(), Math::max));
        List<CompletableFuture<StepResult>> all = new ArrayList<>();
        for (int host = 1; host <= 100; host++) {
            all.add(runner.run(order(host, "count")).toCompletableFuture());
        }

        for (CompletableFuture<StepResult> each : all) {
            assertThat(get(each).state()).isEqualTo(StepState.OK);
        }
        List<Integer> counts = file("counts").lines().map(String::strip).map(Integer::valueOf).toList();
        assertThat(counts).hasSize(200).allSatisfy(count -> assertThat(count).isBetween(1, 10));
        assertThat(hosts.connections).hasValue(100);
        assertThat(mostThreads.get()).as("threads of the engine's side").isPositive().isLessThan(50);
    }

    /** Those of SSH's client and of the executor; the server's and the test's are not counted. */
    private static int clientThreads() {
        return (int) Thread.getAllStackTraces().keySet().stream().map(Thread::getName)
                .filter(name -> name.startsWith("caravan") || name.contains("SshClient") || name.startsWith("pool-")).count();
    }
}
