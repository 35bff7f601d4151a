package dev.caravan.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.history.Event;
import dev.caravan.history.Occurrence.StepRetried;
import dev.caravan.history.Occurrence.StepStarted;
import dev.caravan.history.RunState;
import dev.caravan.run.Run;
import dev.caravan.spec.Cluster;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** Faults of the link, while h2 is in the middle of a step. */
class FaultsTest extends FaultRuns {
    @Test
    void aStepIsResumedAfterItsLinkWasReset() throws Exception {
        try (Engine engine = engine(journal)) {
            Run run = inMidStep(engine);
            link.reset();
            awaitRetry(run);
            go.complete(null);
            succeedsWithEachStepOnce(engine, run);
            tells(retry(run), "the connection broke while a command ran (", GOES_ON);
        }
    }

    @Test
    void aHalfOpenLinkIsNoticedAndTheStepResumed() throws Exception {
        try (Engine engine = engine(journal)) {
            Run run = inMidStep(engine);
            link.goSilent();
            awaitRetry(run);
            go.complete(null);
            succeedsWithEachStepOnce(engine, run);
            tells(retry(run), "the connection broke while a command ran (Got 3 heartbeat requests without reply", GOES_ON);
        }
    }

    @Test
    void aStepIsResumedAfterItsLinkWasCutForAWhile() throws Exception {
        try (Engine engine = engine(journal)) {
            Run run = inMidStep(engine);
            link.cut();
            // lost, then not reached either
            awaitRetries(run, 2);
            go.complete(null);
            link.heal();
            succeedsWithEachStepOnce(engine, run);
            tells(retry(run), "the connection broke while a command ran", GOES_ON);
            tells(retries(run).get(1), "no SSH server answered within 3 s", "Check what listens on port " + link.port());
        }
    }

    @Test
    void aLinkThatIsCutForGoodEndsTheRunWithWhatToLookAt() throws Exception {
        try (Engine engine = engine(journal)) {
            Run run = inMidStep(engine);
            link.cut();
            assertThat(outcome(engine, run).state()).as(() -> events(run)).isEqualTo(RunState.FAILED);
            tells(failure(run), "no SSH server answered within 3 s", "Check what listens on port " + link.port());
            ends(run, "no SSH server answered within 3 s", "Check what listens on port " + link.port());
            onceEach(run);
            assertThat(retries(run)).hasSize(4).allSatisfy(retry -> assertThatThePauseWasKept(run, retry));
        }
    }

    @Test
    void whatStepsLeftIsRemovedAlthoughTheLinkBreaksOnceAtTheEnd() throws Exception {
        AtomicInteger asked = new AtomicInteger();
        try (Engine engine = engine(journal)) {
            Run run = inMidStep(engine);
            hosts.beforeClearing(host -> {
                if (host.equals("h2") && asked.getAndIncrement() == 0) {
                    resetLink();
                }
            });
            go.complete(null);
            succeedsWithEachStepOnce(engine, run);
            assertThat(asked).as(() -> events(run)).hasValue(2);
            assertThat(events(run)).doesNotContain("could not remove");
        } finally {
            hosts.beforeClearing(host -> { });
        }
    }

    private void resetLink() {
        try {
            link.reset();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The script on the host goes on without its connection; its changes become known when the host is reached again. */
    @Test
    void whatAStepChangedWhoseHostWasNotReachedAnyMoreIsRolledBackByALaterRun() throws Exception {
        Cluster cluster = cluster();
        try (Engine engine = engine(journal)) {
            Run run = inMidStep(engine, cluster);
            link.cut();
            assertThat(outcome(engine, run).state()).as(() -> events(run)).isEqualTo(RunState.FAILED);
            Run unreachable = engine.runs().begin(order(cluster));
            assertThat(outcome(engine, unreachable).state()).as(() -> events(unreachable)).isNotEqualTo(RunState.SUCCEEDED);
            go.complete(null);
            link.heal();
            Run back = engine.runs().begin(rollback(cluster, run));
            assertThat(outcome(engine, back).state()).as(() -> events(back)).isEqualTo(RunState.SUCCEEDED);
            assertThat(callsOnH2(back)).as(() -> events(back)).containsSubsequence("undo-" + STEP, "undo-package-repository");
            assertThat(journal.found(cluster.name(), cluster.hosts().get(1).address())).isEmpty();
        }
    }

    private void assertThatThePauseWasKept(Run run, Event retry) {
        int pause = (int) retry.as(StepRetried.class).flatMap(StepRetried::pause).orElseThrow().toMillis();
        Event next = journal.events(run.id(), 0).stream()
                .filter(event -> event.is(StepStarted.class) && event.host().equals(retry.host())
                        && event.step().equals(retry.step()))
                .filter(event -> event.attempt() == retry.attempt() + 1)
                .findFirst().orElseThrow();
        int doubled = retry.attempt() - 1; // each from the one before, which may be a fifth shorter or longer, as may this one
        assertThat((double) pause).isBetween(15 * Math.pow(1.6, doubled), 25 * Math.pow(2.4, doubled));
        // clocks have their grain
        assertThat(Duration.between(retry.at(), next.at()).toMillis()).isGreaterThanOrEqualTo(pause - 1);
    }

    @Test
    void aSlowLinkIsNoFault() throws Exception {
        try (Engine engine = engine(journal)) {
            Run run = inMidStep(engine);
            link.delay(Duration.ofMillis(30));
            go.complete(null);
            succeedsWithEachStepOnce(engine, run);
            assertThat(journal.all(StepRetried.class)).noneMatch(retried -> retried.step().equals(STEP));
        }
    }

    @Test
    void aChangedHostKeyIsNotTriedAgain() throws Exception {
        try (Engine engine = engine(journal)) {
            Run run = inMidStep(engine);
            pinnedKey = Optional.of("SHA256:" + "A".repeat(43));
            link.reset();
            assertThat(outcome(engine, run).state()).as(() -> events(run)).isEqualTo(RunState.FAILED);
            // the one that the reset cost; on a busy machine an earlier login may have taken too long
            assertThat(journal.all(StepRetried.class)).as(() -> events(run)).filteredOn(retried -> retried.step().equals(STEP)).hasSize(1);
            String pinned = "SHA256:" + "A".repeat(43);
            tells(failure(run), "`hostKey` pins " + pinned, "correct `hostKey`");
            ends(run, "`hostKey` pins " + pinned, "correct `hostKey`");
            onceEach(run);
        }
    }
}
