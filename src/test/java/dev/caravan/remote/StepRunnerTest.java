package dev.caravan.remote;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.caravan.history.Occurrence.StepEnded;
import dev.caravan.history.Occurrence.StepRetried;
import dev.caravan.history.Occurrence.StepStarted;
import dev.caravan.history.StepState;
import dev.caravan.step.StepFailure;
import dev.caravan.step.StepResult;
import java.nio.file.Files;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** What becomes of a step: its result, its failures, and a link that drops. */
class StepRunnerTest extends StepsOverSsh {
    @Test
    void whatNeverReachedItsHostIsNotSaidToContinueThere() throws Exception {
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

    /** What stops others is declared by its route, whatever the name of the step is. */
    @Test
    void aStepThatStopsOthersStopsThoseThatMayStillRunOnItsHost() throws Exception {
        start(1);
        script("slow", "echo $$ > \"$TEST/pid\"\ntouch \"$TEST/begun\"\nsleep 1000\n");
        script("undo-look", "echo looked\n");
        script("mend", "echo mended\n");
        StepRunner runner = runner(5);
        CompletableFuture<StepResult> slow = runner.run(order(1, "slow")).toCompletableFuture();
        awaitFile("begun");
        hosts.breakConnections();
        failure(slow, StepFailure.class);
        ProcessHandle running = ProcessHandle.of(Long.parseLong(file("pid").strip())).orElseThrow();

        get(runner.run(order(1, "undo-look")));
        assertThat(running.isAlive()).isTrue();

        StepOrder mend = order(1, "mend").order();
        get(runner.run(new StepCall(run, new StepOrder(mend.run(), mend.host(), mend.at(), mend.step(), mend.script(), mend.timeout(),
                false, false, false, true, Map.of(), mend.stdin(), mend.files()))));
        await().atMost(Duration.ofSeconds(30)).until(() -> !running.isAlive());
        runner.finish(run, true).toCompletableFuture().get(30, TimeUnit.SECONDS);
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
}
