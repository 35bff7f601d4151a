package dev.caravan.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.caravan.history.RunState;
import dev.caravan.journal.Journal;
import dev.caravan.journal.JournalPlace;
import dev.caravan.run.Busy;
import dev.caravan.run.Run;
import dev.caravan.run.RunOrder;
import dev.caravan.run.TestActions;
import dev.caravan.spec.Cluster;
import dev.caravan.ssh.SshSessions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Faults of engines, of the engine's disk, and of people, while h2 is in the middle of a step. */
class EngineFaultsTest extends FaultRuns {
    /** The run is rolled back by an engine that never heard of the step's end, and never asks for it. */
    @Test
    void whatAStepChangedWhoseEngineDiedIsRolledBackByAnotherOne() throws Exception {
        Cluster cluster = cluster();
        SshSessions sessions = new SshSessions();
        MortalJournal mortal = new MortalJournal(journal, sessions::close);
        Run run;
        try (Engine dying = Engines.start(options(), mortal, sessions)) {
            run = inMidStep(dying, cluster);
            mortal.die();
            go.complete(null);
            assertThat(dying.runs().outcome(run).toCompletableFuture()).failsWithin(LIMIT_SECONDS, TimeUnit.SECONDS);
        }
        try (Engine engine = engine(journal)) {
            Run reset = engine.runs().begin(new RunOrder(cluster, "spec", "", TestActions.RESET, "command", List.of()));
            assertThat(outcome(engine, reset).state()).as(() -> events(reset)).isEqualTo(RunState.SUCCEEDED);
            assertThat(callsOnH2(reset)).as(() -> events(reset)).containsSubsequence("undo-" + STEP, "undo-package-repository");
        }
    }

    @Test
    void aSecondEngineOnTheSameJournalIsRefusedWithTheFirstOnesRun() throws Exception {
        JournalPlace place = JournalPlace.in(directory.resolve("two"));
        Cluster cluster = cluster();
        Journal first = Journal.open(place);
        Journal second = Journal.open(place);
        try (Engine one = engine(first); Engine other = engine(second)) {
            Run run = inMidStep(one, cluster);
            assertThatThrownBy(() -> other.runs().begin(order(cluster)))
                    .isInstanceOfSatisfying(Busy.class, busy -> assertThat(busy.getOther()).isEqualTo(run.id()))
                    .hasMessageContaining("cluster " + cluster.name()).hasMessageContaining(run.id())
                    .hasMessageContaining("in another process");
            go.complete(null);
            assertThat(outcome(one, run).state()).isEqualTo(RunState.SUCCEEDED);
            onceEach(run);
        }
    }

    @Test
    void ofFiveTriggersAtOnceOneBeginsAndFourAreRefusedWithItsId() throws Exception {
        Cluster cluster = cluster();
        ExecutorService five = Executors.newFixedThreadPool(5);
        try (Engine engine = engine(journal)) {
            List<Future<Run>> asked = new ArrayList<>();
            for (int i = 0; i < 5; i++) {
                asked.add(five.submit(() -> engine.runs().begin(order(cluster))));
            }
            List<Run> begun = new ArrayList<>();
            List<Busy> refused = new ArrayList<>();
            for (Future<Run> each : asked) {
                try {
                    begun.add(each.get(LIMIT_SECONDS, TimeUnit.SECONDS));
                } catch (ExecutionException e) {
                    assertThat(e.getCause()).isInstanceOf(Busy.class);
                    refused.add((Busy) e.getCause());
                }
            }
            assertThat(begun).hasSize(1);
            Run run = begun.get(0);
            assertThat(refused).hasSize(4).allSatisfy(busy -> {
                assertThat(busy.getOther()).isEqualTo(run.id());
                assertThat(busy).hasMessageContaining(cluster.name()).hasMessageContaining(run.id());
            });
            go.complete(null);
            succeedsWithEachStepOnce(engine, run);
        } finally {
            five.shutdownNow();
        }
    }

    @Test
    void aFullDiskOfTheEngineEndsTheRunAndWithRoomAgainItIsResumed() throws Exception {
        Cluster cluster = cluster();
        try (Engine engine = engine(journal)) {
            Run run = inMidStep(engine, cluster);
            journal.fillDisk();
            go.complete(null);
            assertThatThrownBy(() -> outcome(engine, run)).hasMessageContaining("journal");

            assertThat(journal.isClaimed(run.id())).isTrue();
            journal.makeRoom();
            engine.runs().releaseClaims();
            assertThat(journal.isClaimed(run.id())).isFalse();
            Run again = engine.runs().begin(order(cluster));
            assertThat(again.id()).isEqualTo(run.id());
            succeedsWithEachStepOnce(engine, again);
        }
    }

    @Test
    void anEntryThatIsRefusedOnceEndsNothingAndLosesNothing() throws Exception {
        Cluster cluster = cluster();
        try (Engine engine = engine(journal)) {
            Run run = inMidStep(engine, cluster);
            int before = journal.refused();
            journal.fillDisk();
            go.complete(null);
            await().atMost(LIMIT_SECONDS, TimeUnit.SECONDS).until(() -> journal.refused() > before);
            journal.makeRoom();
            assertThatThrownBy(() -> outcome(engine, run)).hasMessageContaining("is paused");
            assertThat(journal.run(run.id()).orElseThrow().hasEnded()).isFalse();

            Run again = engine.runs().begin(order(cluster));
            assertThat(again.id()).isEqualTo(run.id());
            succeedsWithEachStepOnce(engine, again);
        }
    }
}
