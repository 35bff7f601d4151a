package dev.caravan.journal;

import static dev.caravan.journal.Records.AT;
import static dev.caravan.journal.Records.run;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.caravan.history.Event;
import dev.caravan.history.ExitStatus;
import dev.caravan.history.Occurrence.RunEnded;
import dev.caravan.history.RunState;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Runs, from their beginning to their end, and how they are listed. */
interface RunsContract extends OpenedJournal {
    @Test
    default void aRequestsKeyIsKeptWithItsRunAndNamesNoOther() throws Exception {
        RequestKey key = new RequestKey("deploy-1", "digest-2718");
        journal().begin(run("a"), Optional.of(key));
        journal().begin(run("b"));
        journal().keepKey("b", new RequestKey("deploy-2", "digest-2719"));
        assertThatThrownBy(() -> journal().begin(run("c"), Optional.of(key))).isInstanceOf(JournalException.class);
        reopen();
        assertThat(journal().usedKey("deploy-1")).contains(new RequestKey.Used(key, "a"));
        assertThat(journal().usedKey("deploy-2").map(RequestKey.Used::run)).contains("b");
        assertThat(journal().usedKey("deploy-3")).isEmpty();
        assertThat(journal().run("c")).as("whole or not at all").isEmpty();
    }

    @Test
    default void whatTellsTheValuesOfASpecIsKeptEncrypted() {
        journal().begin(run("with"));
        journal().begin(run("without"));
        journal().keepValues("with", "spec.backup.passphrase 0815");
        reopen();
        assertThat(journal().values("with")).contains("spec.backup.passphrase 0815");
        assertThat(journal().values("without")).isEmpty();
        assertThat(journal().values("none")).isEmpty();
    }

    @Test
    default void whetherASpecIsConfinedIsKept() {
        RunRecord free = run("a");
        journal().begin(free);
        journal().begin(new RunRecord("b", free.cluster(), free.action(), "http", false, free.spec(), free.directory(), RunState.QUEUED,
                AT, Optional.empty(), true));
        reopen();
        assertThat(journal().run("a").orElseThrow().confined()).isFalse();
        assertThat(journal().run("b").orElseThrow().confined()).isTrue();
    }

    @Test
    default void whoBeganARunIsKeptWhereThatIsKnown() {
        journal().begin(run("a").begunBy(Optional.of("ann")));
        journal().begin(run("b"));
        reopen();
        assertThat(journal().run("a").orElseThrow().begunBy()).contains("ann");
        assertThat(journal().runs(RunFilter.newest(9))).extracting(RunRecord::begunBy)
                .containsExactly(Optional.of("ann"), Optional.empty());
    }

    @Test
    default void aRunGoesFromQueuedToItsEnd() {
        journal().begin(run("a", AT));
        assertThat(journal().run("a").orElseThrow().hasEnded()).isFalse();
        journal().running("a");
        assertThat(journal().run("a").orElseThrow().state()).isEqualTo(RunState.RUNNING);
        journal().end("a", RunEnded.of(RunState.FAILED, "no answer"));
        reopen();

        RunRecord ended = journal().run("a").orElseThrow();
        assertThat(ended.state()).isEqualTo(RunState.FAILED);
        assertThat(ended.exitStatus()).contains(ExitStatus.FAILED);
        assertThat(journal().events("a", 0)).extracting(Event::occurrence).containsExactly(RunEnded.of(RunState.FAILED, "no answer"));
        assertThat(ended.hasEnded()).isTrue();
        assertThat(ended.endedAt().orElseThrow()).isAfter(AT);
        assertThat(journal().run("b")).isEmpty();
    }

    @Test
    default void listsTheNewestRunsFirst() {
        journal().begin(run("a", AT));
        journal().begin(run("c", AT.plusMillis(2)));
        journal().begin(run("b", AT.plusMillis(1)));

        assertThat(journal().runs(2)).extracting(RunRecord::id).containsExactly("c", "b");
        assertThat(journal().runs(100)).hasSize(3);
    }

    @Test
    default void listsTheRunsThatMeetAFilterFromAnyPlaceOn() {
        for (int i = 0; i < 6; i++) {
            // Two of them begin in the same moment.
            journal().begin(new RunRecord("r" + i, i % 2 == 0 ? "even" : "odd", i < 3 ? "apply" : "plan", "command", false, "{}", "/",
                    RunState.QUEUED, AT.plusMillis(i == 3 ? 2 : i), Optional.empty()));
        }
        journal().running("r2");
        assertThat(listed(RunFilter.newest(9))).containsExactly("r5", "r4", "r2", "r3", "r1", "r0");
        assertThat(listed(RunFilter.of("even", 2))).containsExactly("r4", "r2");
        assertThat(listed(new RunFilter(Optional.empty(), Optional.of(RunState.QUEUED), Optional.of("even"), Optional.of("apply"),
                Optional.of(AT), Optional.empty(), 9))).containsExactly("r0");
        assertThat(listed(new RunFilter(Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty(), Optional.of(
                AT.plusMillis(2)), Optional.of(RunFilter.Before.of(AT.plusMillis(5))), 9))).containsExactly("r4", "r2", "r3");
        assertThat(listed(RunFilter.beginning("r", 2))).containsExactly("r5", "r4");
        assertThat(listed(RunFilter.beginning("r2", 9))).containsExactly("r2");
        assertThat(listed(RunFilter.beginning("%", 9))).isEmpty();
        assertThatThrownBy(() -> RunIds.find(journal(), "r")).isInstanceOf(RunIds.NotFound.class)
                .hasMessage("r may be r5, r4, r2, r3, r1 and others; give more of the id");
        assertThatThrownBy(() -> RunIds.find(journal(), "x")).hasMessage("the journal has no run x");
        assertThat(listed(before(RunFilter.Before.of(journal().run("r2").orElseThrow())))).containsExactly("r3", "r1", "r0");
        assertThat(listed(before(RunFilter.Before.of(journal().run("r3").orElseThrow())))).containsExactly("r1", "r0");
        assertThat(listed(before(RunFilter.Before.of(AT.plusMillis(2))))).containsExactly("r1", "r0");
        assertThat(journal().clusters(9)).containsExactly("odd", "even");
        assertThat(journal().clusters(1)).containsExactly("odd");
        assertThat(journal().hasRuns(false)).isTrue();
        assertThat(journal().hasRuns(true)).isFalse();
    }

    private static RunFilter before(RunFilter.Before place) {
        return new RunFilter(Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty(),
                Optional.of(place), 9);
    }

    private List<String> listed(RunFilter filter) {
        return journal().runs(filter).stream().map(RunRecord::id).toList();
    }
}
