package dev.caravan.run;

import dev.caravan.journal.EngineIdentity;
import dev.caravan.journal.Journal;
import dev.caravan.journal.RunFilter;
import dev.caravan.journal.RunRecord;
import dev.caravan.spec.Cluster;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;

/**
 * What a run writes into the lock that it holds on each of its hosts, so that engines which share no journal do not work on one host. The
 * lock itself is in {@code scripts/lib.sh}. Immutable.
 *
 * @param life    how often the run was resumed: an engine that it was taken over from has a smaller number, and is refused
 * @param engine  which process runs it, in words
 * @param earlier runs of the same journal, whose locks this one may take: while it goes on, no engine works on them
 */
public record HostLock(String run, int life, String engine, Instant since, List<String> earlier) {
    /* Locks stay where a host was off at the end of a run; that is rare, and the next run takes them. */
    private static final int EARLIER = 20;

    static HostLock of(String run, int life, Cluster cluster, Journal journal) {
        EngineIdentity engine = EngineIdentity.ofThisProcess();
        return new HostLock(run, life, engine.host() + ", process " + engine.pid(), Instant.now().truncatedTo(ChronoUnit.SECONDS),
                journal.runs(RunFilter.of(cluster.name(), EARLIER)).stream().map(RunRecord::id).filter(id -> !id.equals(run)).toList());
    }
}
