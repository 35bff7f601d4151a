package dev.caravan.inbox;

import dev.caravan.history.Occurrence.RequestedByFile;
import dev.caravan.history.RunState;
import dev.caravan.journal.Journal;
import dev.caravan.run.Run;
import dev.caravan.run.Runs.Outcome;
import dev.caravan.run.Submissions.Submission;
import dev.caravan.spec.RedactedSpec;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Files whose run has ended and that are in the inbox all the same: their result could not be written, or the engine died before it
 * was. Such a file gets its result and no second run. What this process could not write it knows; of an engine before it, or of
 * another that shares the journal, it knows what succeeded. Thread-safe.
 */
final class Worked {
    private static final int REMEMBERED = 10_000;
    private static final int LOOKED_THROUGH = 200;

    private final Journal journal;
    private final Map<Taken, Outcome> unwritten = new LinkedHashMap<>();

    Worked(Journal journal) {
        this.journal = journal;
    }

    /** Enters that the run has begun for that file, unless it did so in an earlier life. */
    void begun(Run run, Taken taken) {
        if (isFor(run.id(), taken)) {
            return;
        }
        run.record(new RequestedByFile(taken.seen().identity(), "asked for by the file " + taken.shown() + " in the inbox"));
    }

    /** Keeps what is still to be written for that file. */
    synchronized void keep(Taken taken, Outcome outcome) {
        unwritten.put(taken, outcome);
        if (unwritten.size() > REMEMBERED) {
            unwritten.remove(unwritten.keySet().iterator().next());
        }
    }

    /** How the run of that very file ended, unchanged as it is since then. */
    Optional<Outcome> outcome(Taken taken, Submission submission) {
        synchronized (this) {
            Outcome known = unwritten.remove(taken);
            if (known != null) {
                return Optional.of(known);
            }
        }
        String spec = RedactedSpec.of(submission.text());
        return journal.runs(LOOKED_THROUGH).stream()
                .filter(run -> run.source().equals(submission.source()) && run.action().equals(submission.action().name()))
                .filter(run -> run.state() == RunState.SUCCEEDED && run.spec().equals(spec) && isFor(run.id(), taken))
                .map(run -> new Outcome(run.id(), run.state()))
                .findFirst();
    }

    private boolean isFor(String run, Taken taken) {
        return journal.events(run, 0).stream()
                .anyMatch(event -> event.as(RequestedByFile.class).filter(request -> request.file().equals(taken.seen().identity()))
                        .isPresent());
    }
}
