package dev.caravan.run;

import dev.caravan.journal.Journal;
import dev.caravan.journal.JournalException;
import dev.caravan.spec.Cluster;
import dev.caravan.spec.Host;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Claims of clusters and hosts in the journal, so that no two runs work on one of them. Thread-safe. */
final class RunClaims {
    private static final Logger LOG = LoggerFactory.getLogger(RunClaims.class);

    private final Journal journal;
    /* Of runs that ended here, whose claims are still in the journal. */
    private final Set<String> toRelease = ConcurrentHashMap.newKeySet();

    RunClaims(Journal journal) {
        this.journal = journal;
    }

    /** The claims of this run are needed again. */
    void keep(String run) {
        toRelease.remove(run);
    }

    void releaseLater(String run) {
        toRelease.add(run);
    }

    /** @throws Busy if one of these runs shares the cluster or a host */
    static void refuseIfBusy(Cluster cluster, Collection<Run> underWay) throws Busy {
        Set<String> addresses = new HashSet<>();
        cluster.everyHost().forEach(host -> addresses.add(host.address()));
        for (Run other : underWay) {
            Cluster theirs = other.cluster();
            if (theirs.name().equals(cluster.name())) {
                throw new Busy(other.id(), "cluster " + cluster.name() + " is being worked on by run " + other.id());
            }
            for (Host host : theirs.everyHost()) {
                if (addresses.contains(host.address())) {
                    throw new Busy(other.id(), "host " + host.address() + " is being worked on by run " + other.id()
                            + " of cluster " + theirs.name());
                }
            }
        }
    }

    /** @throws Busy if a run of another process has the cluster or a host */
    void claim(Run run) throws Busy {
        List<String> names = new ArrayList<>();
        names.add("cluster/" + run.cluster().name());
        run.cluster().everyHost().forEach(host -> names.add("host/" + host.address()));
        Optional<String> other = journal.claim(run.id(), names);
        if (other.isPresent()) {
            throw new Busy(other.get(), other.get().equals(run.id())
                    ? "run " + run.id() + " is being worked on by another engine"
                    : "cluster " + run.cluster().name() + " or one of its hosts is being worked on by run " + other.get()
                            + ", in another process");
        }
    }

    /** Claims no cluster: the run is within another one, which has it. So it counts as worked on. */
    void claimItself(Run run) {
        journal.claim(run.id(), List.of("run/" + run.id()));
    }

    /** Releases the claims of ended runs, as far as the journal can be written. */
    synchronized void release() {
        for (String id : toRelease) {
            try {
                journal.release(id);
                toRelease.remove(id);
            } catch (JournalException e) {
                LOG.warn("what run {} worked on stays claimed for now: {}", id, e.getMessage());
            }
        }
    }
}
