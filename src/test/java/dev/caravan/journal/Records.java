package dev.caravan.journal;

import java.time.Instant;
import java.util.Map;
import java.util.Optional;

/** Runs and events for tests of the journal. */
final class Records {
    static final Instant AT = Instant.parse("2026-11-23T06:00:12.345Z");

    private Records() {}

    static RunRecord run(String id) {
        return run(id, AT);
    }

    static RunRecord run(String id, Instant at) {
        return new RunRecord(id, "demo", "apply", "command", false, "spec: ***\n", "/specs", "queued", Optional.empty(), at,
                Optional.empty());
    }

    static Event note(Journal journal, String run, String message) {
        return journal.append(run, Event.Type.NOTE, null, null, 0, message, Map.of());
    }

    static Event progress(Journal journal, String run, String message) {
        return journal.append(run, Event.Type.STEP_PROGRESS, "h1", "step", 1, message, Map.of());
    }
}
