package dev.caravan.http;

import dev.caravan.history.Event;
import dev.caravan.history.Requesters;
import dev.caravan.history.RunFold;
import dev.caravan.history.RunView;
import dev.caravan.history.Shows;
import dev.caravan.journal.Journal;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The states of the runs that were asked for last. They are kept, so that only events that came since then are read from the journal.
 * Thread-safe.
 */
final class RunFolds {
    /** A run of a thousand hosts takes about 10 MB. */
    private static final int KEPT = 8;

    private final Journal journal;
    private final Map<String, Kept> newest = new LinkedHashMap<>(KEPT, 0.75f, true);

    /**
     * @param parameters the values of the action's parameters, by name
     * @param shows      what the run says about its cluster
     * @param requesters who asked for it, and for what became of it
     * @param seq        the number of the last event that it takes into account; 0 for none
     */
    record Folded(RunView view, Map<String, String> parameters, Shows shows, Requesters requesters, long seq) {}

    RunFolds(Journal journal) {
        this.journal = journal;
    }

    /** The state of that run now. */
    Folded of(String run) {
        return kept(run).now(journal, run);
    }

    private Kept kept(String run) {
        synchronized (newest) {
            Kept kept = newest.computeIfAbsent(run, any -> new Kept());
            if (newest.size() > KEPT) {
                newest.remove(newest.keySet().iterator().next());
            }
            return kept;
        }
    }

    private static final class Kept {
        private final RunFold fold = new RunFold();
        private long seq;

        synchronized Folded now(Journal journal, String run) {
            for (Event event : journal.events(run, seq)) {
                fold.accept(event);
                seq = event.seq();
            }
            return new Folded(fold.view(), fold.parameters(), fold.shows(), fold.requesters(), seq);
        }
    }
}
