package dev.caravan.journal;

import static dev.caravan.journal.Records.AT;
import static dev.caravan.journal.Records.note;
import static dev.caravan.journal.Records.run;
import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.history.Event;
import dev.caravan.history.Occurrence.RunEnded;
import dev.caravan.history.RunState;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What is deleted, and what is kept. */
interface DeletionsContract extends OpenedJournal {
    Instant LATER = Instant.now().plus(Duration.ofDays(2));
    Retention NEWEST = new Retention(OptionalInt.of(1), OptionalInt.empty());

    private void ended(String id, int second) {
        journal().begin(run(id, AT.plusSeconds(second)));
        note(journal(), id, "of " + id);
        journal().end(id, RunEnded.of(RunState.SUCCEEDED, ""));
    }

    private List<String> deletable(Retention keep, Instant now) {
        return journal().deletable(keep, now).stream().map(RunRecord::id).toList();
    }

    @Test
    default void aRetentionKeepsTheNewestRunsOfEachClusterAndThoseOfTheLastDays() {
        for (int number = 0; number < 4; number++) {
            ended("a" + number, number);
        }
        RunRecord like = run("b");
        journal().begin(new RunRecord("b", "other", like.action(), like.source(), false, like.spec(), like.directory(), RunState.QUEUED,
                AT, Optional.empty()));
        journal().end("b", RunEnded.of(RunState.SUCCEEDED, ""));

        assertThat(deletable(NEWEST, LATER)).as("oldest first; the only run of a cluster stays").containsExactly("a0", "a1", "a2");
        assertThat(deletable(new Retention(OptionalInt.of(3), OptionalInt.empty()), LATER)).containsExactly("a0");
        assertThat(deletable(new Retention(OptionalInt.empty(), OptionalInt.of(1)), LATER)).as("the newest stays, however old it is")
                .containsExactly("a0", "a1", "a2");
        assertThat(deletable(new Retention(OptionalInt.of(1), OptionalInt.of(3)), LATER)).as("one limit is enough to keep a run").isEmpty();
        assertThat(deletable(new Retention(OptionalInt.of(3), OptionalInt.of(1)), LATER)).containsExactly("a0");
        assertThat(deletable(new Retention(OptionalInt.empty(), OptionalInt.empty()), LATER)).isEmpty();
    }

    @Test
    default void aRunIsDeletedWholeAndOnce() {
        ended("a", 0);
        journal().keepFound("a", "h1", "10.0.0.1", "os-prepare", "file\t/etc/a\tabsent");
        journal().markRolledBack(journal().found("demo", "10.0.0.1"));
        journal().keepKey("a", new RequestKey("deploy-1", "digest-2718"));
        ended("b", 1);

        assertThat(journal().delete("b", NEWEST, LATER)).as("the newest").isFalse();
        assertThat(journal().delete("a", NEWEST, LATER)).isTrue();
        assertThat(journal().delete("a", NEWEST, LATER)).isFalse();
        reopen();
        assertThat(journal().run("a")).isEmpty();
        assertThat(journal().events("a", 0)).isEmpty();
        assertThat(journal().usedKey("deploy-1")).isEmpty();
        assertThat(journal().runs(10)).extracting(RunRecord::id).containsExactly("b");
        assertThat(journal().events("b", 0)).hasSize(2);
        assertThat(journal().deleted(List.of("a", "b", "never"))).containsExactly("a");
        assertThat(journal().deleted(List.of())).isEmpty();
        journal().begin(run("a", AT.plusSeconds(2)));
        assertThat(journal().deleted(List.of("a"))).as("of another run with its id").isEmpty();
    }

    @Test
    default void whatIsNeededIsNotDeleted() {
        ended("found", 0);
        journal().keepFound("found", "h1", "10.0.0.1", "os-prepare", "file\t/etc/a\tabsent");
        journal().begin(run("under-way", AT.plusSeconds(1)));
        ended("claimed", 2);
        assertThat(journal().claim("claimed", Set.of("host/1"))).isEmpty();
        ended("key", 3);
        journal().keepKey("key", new RequestKey("deploy-1", "digest-2718"));
        RunRecord like = run("inbox", AT.plusSeconds(4));
        journal().begin(new RunRecord("inbox", like.cluster(), like.action(), "inbox", false, like.spec(), like.directory(),
                RunState.QUEUED, like.createdAt(), Optional.empty()));
        journal().end("inbox", RunEnded.of(RunState.SUCCEEDED, ""));
        ended("newest", 5);

        assertThat(deletable(NEWEST, Instant.now().plusSeconds(60))).isEmpty();
        for (String run : List.of("found", "under-way", "claimed", "key", "inbox", "newest")) {
            assertThat(journal().delete(run, NEWEST, Instant.now().plusSeconds(60))).as(run).isFalse();
        }
        assertThat(deletable(NEWEST, LATER)).as("a request that is sent again after a day is a new one").containsExactly("key", "inbox");
        journal().release("claimed");
        journal().markRolledBack(journal().found("demo", "10.0.0.1"));
        assertThat(deletable(NEWEST, LATER)).containsExactly("found", "claimed", "key", "inbox");
    }

    @Test
    default void ofSeveralThatDeleteARunOnlyOneDoesWhileOthersContinue() throws Exception {
        for (int number = 0; number < 20; number++) {
            ended("a" + number, number);
        }
        journal().begin(run("under-way", AT.plusSeconds(60)));
        assertThat(journal().claim("under-way", Set.of("cluster/demo"))).isEmpty();
        try (Journal other = Journal.open(place())) {
            ExecutorService threads = Executors.newFixedThreadPool(3);
            List<Callable<Long>> deletions = Stream.of(journal(), other)
                    .<Callable<Long>>map(each -> () -> IntStream.range(0, 20).filter(number -> each.delete("a" + number, NEWEST, LATER))
                            .count()).toList();
            Future<List<Event>> notes = threads.submit(() -> IntStream.range(0, 40)
                    .mapToObj(number -> note(journal(), "under-way", "event " + number)).toList());
            long deleted = 0;
            for (Future<Long> deletion : threads.invokeAll(deletions)) {
                deleted += deletion.get();
            }
            List<Event> noted = notes.get();
            assertThat(deleted).isEqualTo(20);
            assertThat(journal().events("under-way", 0)).isEqualTo(noted).hasSize(40);
            assertThat(other.runs(100)).extracting(RunRecord::id).containsExactly("under-way");
            threads.shutdown();
        }
    }
}
