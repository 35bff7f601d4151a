package dev.caravan.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.history.Attempt;
import dev.caravan.history.Occurrence.RunEnded;
import dev.caravan.history.Occurrence.StepStarted;
import dev.caravan.history.RunState;
import dev.caravan.history.RunView;
import dev.caravan.http.RunFolds.Folded;
import dev.caravan.journal.MemoryJournal;
import dev.caravan.journal.RunRecord;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a run that is asked for again costs. */
class RunFoldsTest {
    private final MemoryJournal journal = new MemoryJournal();
    private final RunFolds folds = new RunFolds(journal);

    @BeforeEach
    void begin() {
        for (int number = 0; number < 10; number++) {
            journal.begin(new RunRecord("run" + number, "demo", "apply", "http", false, "{}", "", RunState.QUEUED, Instant.now(),
                    Optional.empty()));
        }
    }

    private void step(String run, String host) {
        journal.append(run, new StepStarted(Attempt.of(host, "facts", 1), Optional.empty()));
    }

    @Test
    void anEventIsReadOnceHoweverOftenItsRunIsAskedFor() {
        journal.append("run0", new StepStarted(Attempt.of("h1", "facts", 1), Optional.empty()));
        assertThat(folds.of("run0").seq()).isEqualTo(1);
        step("run0", "h2");
        for (int i = 0; i < 20; i++) {
            assertThat(folds.of("run0").view().hosts()).hasSize(2);
        }
        assertThat(journal.read()).isEqualTo(2);
        journal.end("run0", RunEnded.of(RunState.SUCCEEDED, ""));
        assertThat(folds.of("run0").view().state()).isEqualTo(RunState.SUCCEEDED);
        assertThat(folds.of("run0").seq()).isEqualTo(3);
        assertThat(journal.read()).isEqualTo(3);
    }

    @Test
    void itIsWhatAllItsEventsTogetherSay() {
        for (String host : List.of("h1", "h2")) {
            step("run0", host);
            folds.of("run0");
        }
        journal.end("run0", RunEnded.of(RunState.FAILED, "why"));
        Folded folded = folds.of("run0");
        assertThat(folded.view()).isEqualTo(RunView.of(journal.events("run0", 0)));
        assertThat(folded.seq()).isEqualTo(3);
    }

    @Test
    void aRunWithoutEventsHasNone() {
        assertThat(folds.of("run1").seq()).isZero();
    }

    @Test
    void onlySoManyAreKept() {
        for (int number = 0; number < 10; number++) {
            step("run" + number, "h1");
            folds.of("run" + number);
        }
        folds.of("run9");
        assertThat(journal.read()).as("kept").isEqualTo(10);
        folds.of("run0");
        assertThat(journal.read()).as("read again").isEqualTo(11);
    }
}
