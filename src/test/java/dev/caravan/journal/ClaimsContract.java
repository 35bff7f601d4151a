package dev.caravan.journal;

import static dev.caravan.journal.Records.AT;
import static dev.caravan.journal.Records.note;
import static dev.caravan.journal.Records.run;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.caravan.history.Occurrence.RunEnded;
import dev.caravan.history.RunState;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Who works on what: claims of runs, and engines that are gone. */
interface ClaimsContract extends OpenedJournal {
    /** An engine that is seen from here as from another machine: only its silence tells that it is gone. */
    EngineIdentity ELSEWHERE = new EngineIdentity("elsewhere", "", 4711, 1);
    Timing IMPATIENT = new Timing(Duration.ofSeconds(20), Duration.ofMillis(100), Duration.ofSeconds(1));

    private Journal open(EngineIdentity engine) {
        return JdbcJournal.open(place().as(engine), database(), IMPATIENT);
    }

    @Test
    default void twoRunsNeverHaveTheSameClusterOrHost() {
        try (Journal other = Journal.open(place())) {
            assertThat(journal().claim("a", Set.of("cluster/demo", "host/10.0.0.1"))).isEmpty();
            assertThat(other.claim("b", Set.of("cluster/other", "host/10.0.0.1"))).contains("a");
            assertThat(other.claim("c", Set.of("cluster/other"))).as("all or none").isEmpty();
            assertThat(journal().claim("d", Set.of("cluster/demo"))).as("of the same engine").contains("a");
            assertThat(journal().claim("a", Set.of("cluster/demo", "host/10.0.0.2"))).as("again, and more").isEmpty();
            assertThat(other.claim("a", Set.of("cluster/demo"))).as("another engine's run").contains("a");
            journal().release("a");
            assertThat(other.claim("b", Set.of("host/10.0.0.1", "host/10.0.0.2"))).isEmpty();
        }
        assertThat(journal().claim("d", Set.of("cluster/other", "host/10.0.0.2"))).as("a closed engine releases").isEmpty();
    }

    @Test
    default void onlyOneOfManyGetsWhatAllWant() throws Exception {
        List<Journal> journals = new ArrayList<>();
        try {
            for (int i = 0; i < 4; i++) {
                journals.add(Journal.open(place()));
            }
            ExecutorService threads = Executors.newFixedThreadPool(4);
            for (int round = 0; round < 5; round++) {
                int number = round;
                CyclicBarrier start = new CyclicBarrier(4);
                List<Callable<Optional<String>>> claims = IntStream.range(0, 4).<Callable<Optional<String>>>mapToObj(i -> () -> {
                    start.await();
                    // Each in another order, all of them with something in common.
                    return journals.get(i).claim("r" + number + "-" + i,
                            i % 2 == 0 ? List.of("host/x" + number, "host/y" + number) : List.of("host/y" + number, "host/x" + number));
                }).toList();
                List<Optional<String>> results = new ArrayList<>();
                for (Future<Optional<String>> claimed : threads.invokeAll(claims)) {
                    results.add(claimed.get());
                }
                int winner = results.indexOf(Optional.<String>empty());
                assertThat(results).filteredOn(Optional::isEmpty).hasSize(1);
                assertThat(results).filteredOn(Optional::isPresent).containsOnly(Optional.of("r" + number + "-" + winner));
            }
            threads.shutdown();
        } finally {
            journals.forEach(Journal::close);
        }
    }

    @Test
    default void whatAnEngineThatIsGoneHadIsFreeAndItsRunCanBeTakenOverOnce() {
        try (Journal crashed = open(EngineIdentity.gone()); Journal second = Journal.open(place())) {
            crashed.begin(run("a"));
            note(crashed, "a", "begun");
            assertThat(crashed.claim("a", Set.of("cluster/demo", "host/1"))).isEmpty();
            assertThat(crashed.claim("b", Set.of("host/2"))).isEmpty();
            assertThat(journal().orphans()).extracting(RunRecord::id).containsExactly("a");

            assertThat(journal().claim("a", Set.of("cluster/demo", "host/1"))).isEmpty();
            assertThat(second.claim("a", Set.of("cluster/demo", "host/1"))).contains("a");
            assertThat(second.claim("c", Set.of("host/2"))).isEmpty();
            assertThat(second.orphans()).isEmpty();
            assertThat(note(journal(), "a", "goes on").seq()).isEqualTo(2);

            assertThatThrownBy(() -> note(crashed, "a", "not gone after all")).isInstanceOf(JournalException.class)
                    .hasMessageContaining("does not belong to this engine any more");
            assertThatThrownBy(() -> crashed.end("a", RunEnded.of(RunState.FAILED, "no answer")))
                    .isInstanceOf(JournalException.class);
            assertThatThrownBy(() -> crashed.keepFound("a", "h1", "1", "step", "file\t/x\tabsent")).isInstanceOf(JournalException.class);
            assertThat(journal().run("a").orElseThrow().hasEnded()).isFalse();
            assertThat(note(journal(), "a", "still").seq()).isEqualTo(3);
            crashed.begin(run("d"));
            assertThat(note(crashed, "d", "it may begin another one").seq()).isEqualTo(1);
        }
    }

    @Test
    default void anEngineElsewhereIsGoneWhenItIsSilentForLong() {
        try (Journal elsewhere = open(ELSEWHERE); Journal here = open(EngineIdentity.ofThisProcess())) {
            elsewhere.begin(run("a"));
            assertThat(elsewhere.claim("a", Set.of("host/1"))).isEmpty();
            long until = System.nanoTime() + Duration.ofSeconds(2).toNanos();
            await().pollInterval(Duration.ofMillis(100)).until(() -> {
                assertThat(here.claim("b", Set.of("host/1"))).as("it gives signs of life").contains("a");
                return System.nanoTime() > until;
            });
        }
        Journal silent = JdbcJournal.open(place().as(ELSEWHERE), database(),
                new Timing(Duration.ofSeconds(20), Duration.ofHours(1), Duration.ofSeconds(1)));
        try (silent; Journal here = open(EngineIdentity.ofThisProcess())) {
            assertThat(silent.claim("c", Set.of("host/1"))).isEmpty();
            await().until(() -> here.claim("d", Set.of("host/1")).isEmpty());
            assertThat(here.orphans()).extracting(RunRecord::id).containsExactly("a");
            silent.begin(run("e"));
            assertThatThrownBy(() -> note(silent, "c", "it wakes up")).isInstanceOf(JournalException.class);
            assertThat(here.claim("d", Set.of("host/1"))).isEmpty();
        }
    }

    @Test
    default void anEngineHearsThatItsRunMayBeAnothersAndHasItNoMore() throws Exception {
        try (Journal crashed = open(EngineIdentity.gone())) {
            List<String> lost = new CopyOnWriteArrayList<>();
            try (AutoCloseable listening = crashed.listenForLoss(lost::add)) {
                crashed.begin(run("a"));
                assertThat(crashed.isOwn("a")).as("it is not claimed").isFalse();
                assertThat(crashed.claim("a", Set.of("host/1"))).isEmpty();
                await().until(() -> crashed.isOwn("a"));
                assertThat(journal().isOwn("a")).isFalse();

                assertThat(journal().claim("a", Set.of("host/1"))).isEmpty();
                await().until(() -> lost.equals(List.of("a")));
                assertThat(crashed.isOwn("a")).isFalse();
                await().until(() -> journal().isOwn("a"));
                assertThatThrownBy(() -> note(crashed, "a", "it comes back")).isInstanceOf(TakenOver.class);
                journal().end("a", RunEnded.of(RunState.FAILED, "no answer"));
                assertThat(journal().isOwn("a")).isFalse();
                assertThatThrownBy(() -> note(crashed, "a", "after the end")).isInstanceOf(TakenOver.class);
                assertThat(listening).isNotNull();
            }
        }
    }

    @Test
    default void aRequestToCancelStaysUntilItIsForgottenOrTheRunHasEnded() {
        journal().begin(run("a"));
        try (Journal other = Journal.open(place())) {
            other.askToCancel("a", Optional.of("anna"));
            other.askToCancel("a", Optional.empty());
            assertThat(journal().cancelRequests()).containsExactly(new CancelRequest("a", Optional.of("anna")));
            journal().forgetCancelRequest("a");
            assertThat(journal().cancelRequests()).isEmpty();

            other.askToCancel("a", Optional.empty());
            assertThat(journal().cancelRequests()).containsExactly(new CancelRequest("a", Optional.empty()));
            journal().end("a", RunEnded.of(RunState.FAILED, "no answer"));
            other.askToCancel("a", Optional.empty());
            assertThat(journal().cancelRequests()).isEmpty();
        }
    }

    @Test
    default void aRunWithoutAClaimIsAnOrphanUntilItHasEnded() {
        journal().begin(run("a"));
        journal().begin(run("b", AT.plusSeconds(1)));
        assertThat(journal().claim("b", Set.of("host/1"))).isEmpty();
        assertThat(journal().orphans()).extracting(RunRecord::id).containsExactly("a");
        journal().end("a", RunEnded.of(RunState.FAILED, "no answer"));
        assertThat(journal().orphans()).isEmpty();
        reopen();
        assertThat(journal().orphans()).as("its engine was closed").extracting(RunRecord::id).containsExactly("b");
    }
}
