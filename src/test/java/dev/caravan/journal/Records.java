package dev.caravan.journal;

import dev.caravan.history.Attempt;
import dev.caravan.history.Event;
import dev.caravan.history.Occurrence.Note;
import dev.caravan.history.Occurrence.StepProgress;
import dev.caravan.history.RunState;
import java.time.Instant;
import java.util.Optional;

/** Runs and events for tests of the journal. */
final class Records {
    static final Instant AT = Instant.parse("2026-11-23T06:00:12.345Z");

    private Records() {}

    static RunRecord run(String id) {
        return run(id, AT);
    }

    static RunRecord run(String id, Instant at) {
        return new RunRecord(id, "demo", "apply", "command", false, "spec: ***\n", "/specs", RunState.QUEUED, at,
                Optional.empty());
    }

    static Event note(Journal journal, String run, String message) {
        return journal.append(run, new Note(Optional.empty(), message));
    }

    static Event progress(Journal journal, String run, String message) {
        return journal.append(run, new StepProgress(Attempt.of("h1", "step", 1), message));
    }
}
