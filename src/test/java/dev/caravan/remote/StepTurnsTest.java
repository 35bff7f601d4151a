package dev.caravan.remote;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.history.Occurrence.HostWaiting;
import dev.caravan.history.StepState;
import dev.caravan.journal.JournalException;
import dev.caravan.run.RunCancelled;
import dev.caravan.run.TestRuns;
import dev.caravan.step.StepFailure;
import dev.caravan.step.StepResult;
import java.nio.file.Files;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Steps that wait for others: shared ones, those of one word, and hosts without a slot. */
class StepTurnsTest extends StepsOverSsh {
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
