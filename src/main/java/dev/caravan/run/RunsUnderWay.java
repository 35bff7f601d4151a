package dev.caravan.run;

import dev.caravan.history.Occurrence.CancelRequested;
import dev.caravan.journal.Journal;
import dev.caravan.journal.TakenOver;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The runs that this process works on. Thread-safe. */
final class RunsUnderWay {
    private static final Logger LOG = LoggerFactory.getLogger(RunsUnderWay.class);

    private final Workflows workflows;
    private final RunClaims claims;
    private final Map<String, UnderWay> all = new ConcurrentHashMap<>();
    /* Runs that other engines may have taken over, as long as a route of this process still has them. */
    private final Map<String, UnderWay> lost = new ConcurrentHashMap<>();

    RunsUnderWay(Workflows workflows, RunClaims claims, Journal journal) {
        this.workflows = workflows;
        this.claims = claims;
        journal.listenForLoss(this::lose);
    }

    Collection<Run> runs() {
        return all.values().stream().map(UnderWay::run).toList();
    }

    Set<String> ids() {
        return all.keySet();
    }

    Optional<UnderWay> find(String id) {
        return Optional.ofNullable(all.get(id));
    }

    /** Lets in a run within another one that was let in. */
    UnderWay within(Run outer, Run run) {
        UnderWay mine = all.get(outer.id()).around(run);
        all.put(run.id(), mine);
        return mine;
    }

    /** @throws Busy if a run of this process shares the cluster or a host */
    UnderWay admit(Run run) throws Busy {
        if (lost.containsKey(run.id())) {
            throw new Busy(run.id(), "run " + run.id() + " was taken over by another engine, and its last step here has not ended yet");
        }
        try {
            return enter(run);
        } catch (Busy busy) {
            UnderWay other = all.get(busy.getOther());
            if (other != null && !other.awaitRelease()) {
                throw busy;
            }
            return enter(run);
        }
    }

    private synchronized UnderWay enter(Run run) throws Busy {
        RunClaims.refuseIfBusy(run.cluster(), all.values().stream().filter(UnderWay::isItself).map(UnderWay::run).toList());
        UnderWay mine = new UnderWay(run, workflows.take());
        all.put(run.id(), mine);
        claims.keep(run.id());
        return mine;
    }

    /** It is not under way here any more. */
    void forget(Run run) {
        UnderWay over = all.get(run.id());
        boolean isLost = over == null || over.run() != run;
        if (isLost) {
            over = lost.remove(run.id());
        } else {
            all.remove(run.id());
        }
        if (over != null) {
            if (over.isItself()) {
                workflows.release(over.workflow());
            }
            over.release();
        }
    }

    /* Of what its routes still do, nothing reaches a host or the journal. */
    private void lose(String id) {
        UnderWay mine = all.remove(id);
        if (mine != null) {
            lost.put(id, mine);
            LOG.warn("run {} of cluster {} is left to other engines, as this one was silent for too long", id, mine.run().cluster().name());
            TakenOver why = new TakenOver(id);
            mine.run().leave(why);
            mine.release();
            mine.outcome().completeExceptionally(why);
        }
    }

    /** Whether that run was taken over from this engine. */
    boolean isLost(Run run) {
        return Optional.ofNullable(lost.get(run.id())).filter(mine -> mine.run() == run).isPresent();
    }

    /** Asks a run to stop. False where no such run is under way here. @param by who asks for it, where that is known */
    boolean cancel(String id, Optional<String> by) {
        UnderWay known = all.get(id);
        if (known == null || known.isEnding()) {
            return false;
        }
        known.run().record(new CancelRequested("asked to stop: running steps may finish, no new step starts", by));
        known.run().cancel();
        List.copyOf(all.values()).stream().filter(each -> each.isWithin(id)).map(each -> each.run().id())
                .forEach(within -> cancel(within, by));
        return true;
    }
}
