package dev.caravan.journal;

import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/** Runs by their ids, which may be cut short. */
public final class RunIds {
    private static final int NAMED = 5;

    private RunIds() {}

    /** There is no such run, or more than one; the message says which, as a part of a sentence. */
    public static final class NotFound extends Exception {
        private final transient List<String> candidates;

        private NotFound(String message, List<String> candidates) {
            super(message);
            this.candidates = List.copyOf(candidates);
        }

        /** Some of the runs that may be meant; empty if there is none. */
        public List<String> candidates() {
            return candidates;
        }
    }

    /**
     * The run whose id this is, or else the only one whose id begins so.
     *
     * @throws NotFound if there is none, or more than one
     */
    public static RunRecord find(Journal journal, String id) throws NotFound {
        Optional<RunRecord> exact = journal.run(id);
        if (exact.isPresent()) {
            return exact.get();
        }
        List<RunRecord> found = id.isEmpty() ? List.of() : journal.runs(RunFilter.beginning(id, NAMED + 1));
        if (found.size() == 1) {
            return found.get(0);
        }
        List<String> ids = found.stream().map(RunRecord::id).limit(NAMED).toList();
        throw new NotFound(found.isEmpty() ? "the journal has no run " + id : id + " may be "
                + ids.stream().collect(Collectors.joining(", ")) + (found.size() > NAMED ? " and others" : "")
                + "; give more of the id", ids);
    }
}
