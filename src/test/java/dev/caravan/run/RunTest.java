package dev.caravan.run;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.history.Attempt;
import dev.caravan.history.Failure;
import dev.caravan.history.Occurrence.StepEnded;
import dev.caravan.history.StepState;
import dev.caravan.journal.MemoryJournal;
import dev.caravan.spec.Secret;
import dev.caravan.step.StepFailure;
import dev.caravan.testkit.TestClusters;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.AlphaChars;
import net.jqwik.api.constraints.Size;
import net.jqwik.api.constraints.StringLength;
import org.junit.jupiter.api.Test;

class RunTest {
    private final MemoryJournal journal = new MemoryJournal();
    private final Run run = TestRuns.apply(TestClusters.of(1, 1), journal);

    // ---- secrets

    @Test
    void blotsOutThePasswordsOfTheSpecAndWhatIsKeptLater() {
        run.keepSecret(new Secret("abcdef.0123456789abcdef"));

        assertThat(run.redact("log in with correct horse, join with abcdef.0123456789abcdef")).isEqualTo("log in with ***, join with ***");
    }

    @Test
    void aSecretThatIsPartOfAnotherLeavesNothingOfIt() {
        run.keepSecret(new Secret("correct"));
        run.keepSecret(new Secret("correct horse battery"));
        run.keepSecret(new Secret("horse"));

        assertThat(run.redact("correct horse battery; correct horse; horse")).isEqualTo("***; ***; ***");
    }

    /** Shorter ones may be common words, which RedactorTest has. */
    @Property(tries = 200)
    void noSecretIsLeftWhateverTheyAre(@ForAll @Size(max = 5) List<@AlphaChars @StringLength(min = 9, max = 14) String> secrets) {
        secrets.forEach(secret -> run.keepSecret(new Secret(secret)));
        String text = String.join(" ", secrets) + String.join("", secrets);

        assertThat(secrets).noneMatch(run.redact(text)::contains);
    }

    @Test
    void anEmptyPasswordIsNotFoundEverywhere() {
        Run other = TestRuns.apply(TestClusters.read("""
                apiVersion: caravan/v1
                kind: Cluster
                metadata: {name: demo}
                spec:
                  kubernetes: {version: 1.20.2}
                  ssh: {user: root, password: ""}
                  hosts:
                    - {name: h1, address: 192.0.2.1, roles: [control-plane]}
                """), journal);
        other.keepSecret(new Secret(""));
        other.keepSecret(new Secret("yes"));

        assertThat(other.redact("yes, it is")).isEqualTo("yes, it is");
    }

    @Test
    void noSecretIsEnteredHoweverDeepItLies() {
        StepRecorder recorder = new StepRecorder(run, "h1", "os-prepare", 1);
        recorder.ended(StepState.CHANGED, Map.of("password", "correct horse"), "used correct horse");
        recorder.failed(new StepFailure("h1", "os-prepare", "permanent", false, "correct horse", "not correct horse",
                List.of("a correct horse"), null));

        assertThat(journal.all().toString()).doesNotContain("horse");
        StepEnded ended = (StepEnded) journal.all().get(0).occurrence();
        assertThat(ended.message()).isEqualTo("used ***");
        assertThat(ended.outputs()).containsExactly(Map.entry("password", "***"));
        StepEnded failed = (StepEnded) journal.all().get(1).occurrence();
        assertThat(failed.failure()).contains(new Failure("permanent", "not ***", List.of("a ***")));
    }

    // ---- gates and turns

    @Test
    void aGateIsOneAndTheSameForAllAndStaysOpen() {
        CompletableFuture<Void> waiting = run.gates().gate("control-plane");
        run.gates().gate("control-plane").complete(null);

        assertThat(waiting).isCompleted();
        assertThat(run.gates().gate("control-plane")).isCompleted();
        assertThat(run.gates().gate("other")).isNotDone();
    }

    @Test
    void aRehearsalThatIsCancelledIsNotSaidToBeRolledBack() {
        Run rehearsed = new Run("7f3a", TestActions.APPLY.withDefaults(), run.cluster(), true, new MemoryJournal(), Past.none(),
                java.util.Set.of());

        assertThat(Ending.of(rehearsed, new RunCancelled()).message()).contains("nothing to roll back").doesNotContain("rollback");
        assertThat(Ending.of(run, new RunCancelled()).message()).contains("caravan rollback-run " + run.id());
    }

    @Test
    void cancellingLetsNobodyWaitNeitherNowNorLater() {
        CompletableFuture<Void> waiting = run.gates().gate("control-plane");
        run.cancel();

        assertThat(run.isCancelled()).isTrue();
        assertThat(waiting).failsWithin(java.time.Duration.ZERO).withThrowableThat().withCauseInstanceOf(RunCancelled.class);
        assertThat(run.gates().gate("later")).isCompletedExceptionally();
    }

    @Test
    void turnsOfOneKeyComeOneAfterTheOther() {
        CompletionStage<Runnable> first = run.gates().turn("join");
        CompletionStage<Runnable> second = run.gates().turn("join");

        assertThat(run.gates().turn("other").toCompletableFuture()).isCompleted();
        assertThat(second.toCompletableFuture()).isNotDone();
        first.toCompletableFuture().join().run();
        assertThat(second.toCompletableFuture()).isCompleted();
    }

    // ---- failures and attempts

    @Test
    void theFirstFailureOfAHostCounts() {
        run.hostFailed("h2", new NotReached("first"));
        run.hostFailed("h1", new NotReached("second"));
        run.hostFailed("h2", new NotReached("third"));

        assertThat(run.failures().keySet()).containsExactly("h2", "h1");
        assertThat(run.failures().get("h2")).hasMessage("first");
        assertThat(run.hasFailed("h3")).isFalse();
    }

    @Test
    void attemptsAreCountedByHostAndStep() {
        assertThat(run.steps().nextAttempt("h1", "a")).isEqualTo(1);
        assertThat(run.steps().nextAttempt("h1", "a")).isEqualTo(2);
        assertThat(run.steps().nextAttempt("h2", "a")).isEqualTo(1);
        assertThat(run.steps().nextDetachedId()).isEqualTo("7f3a-1").isNotEqualTo(run.steps().nextDetachedId());
    }

    @Test
    void givingUpIsEnteredOnceAndOnlyForWhatMightHavePassed() {
        StepFailure failure = new StepFailure("h1", "os-prepare", "mirror", true, "no answer from correct horse", "try",
                List.of("last", "words"), null);
        run.steps().nextAttempt("h1", "os-prepare");
        run.steps().nextAttempt("h1", "os-prepare");
        run.recordGivenUp(failure);
        run.recordGivenUp(failure);
        run.recordGivenUp(new StepFailure("h1", "os-prepare", "permanent", false, "no", "", List.of(), null));

        assertThat(journal.all()).singleElement().satisfies(event -> {
            assertThat(event.occurrence()).isEqualTo(StepEnded.failed(Attempt.of("h1", "os-prepare", 2), "no answer from ***",
                    new Failure("mirror", "try", List.of("last", "words")), Optional.empty()));
        });
    }

    @Test
    void runsItsCleanupsLastFirstAndOnce() {
        StringBuilder order = new StringBuilder();
        run.atEnd(() -> order.append("a"));
        run.atEnd(() -> order.append("b"));
        run.runCleanups();
        run.runCleanups();

        assertThat(order).hasToString("ba");
    }
}
