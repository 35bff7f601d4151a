package dev.caravan.run;

import dev.caravan.journal.Journal;
import dev.caravan.spec.Cluster;

/** Runs for tests of what takes part in one. */
public final class TestRuns {
    private TestRuns() {}

    public static Run apply(Cluster cluster, Journal journal) {
        return new Run("7f3a", TestActions.APPLY.withDefaults(), cluster, false, journal, Past.none(), java.util.Set.of());
    }

    public static Run plan(Cluster cluster, Journal journal) {
        return new Run("7f3a", TestActions.PLAN.withDefaults(), cluster, false, journal, Past.none(), java.util.Set.of());
    }
}
