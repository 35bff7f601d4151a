package dev.caravan.run;

import dev.caravan.actions.Action;
import dev.caravan.actions.Action.ActionCall;
import dev.caravan.actions.Actions;
import dev.caravan.history.Event;
import dev.caravan.history.ExitStatus;
import dev.caravan.history.Occurrence.RunResumed;
import dev.caravan.history.Occurrence.RunStarted;
import dev.caravan.history.RunState;
import dev.caravan.journal.CancelRequest;
import dev.caravan.journal.Journal;
import dev.caravan.journal.JournalException;
import dev.caravan.journal.RunRecord;
import dev.caravan.spec.Cluster;
import dev.caravan.spec.SpecValues;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;

/**
 * Begins runs, knows those under way, and ends them: the bean {@code runs}. Two runs that share a cluster or a host never go
 * on at the same time. Thread-safe.
 */
public final class Runs {
    private final Workflows workflows;
    private final Journal journal;
    private final boolean rehearsal;
    private final Consumer<Cluster> prepare;
    private final EarlierRuns earlier;
    private final FormerHosts former;
    private final RunClaims claims;
    private final RunsUnderWay underWay;
    private final Execution execution = new Execution(this::forget, this::leave);

    /**
     * How a run ended, or will have.
     *
     * @param state one that has an {@linkplain RunState#exitStatus() exit status}
     */
    public record Outcome(String run, RunState state) {
        public ExitStatus exitStatus() {
            return state.exitStatus().orElseThrow();
        }
    }

    /**
     * @param prepare called for each run that has been let in, before it begins; what it throws keeps the run from beginning
     * @param former  the hosts that left their specs
     */
    public Runs(Workflows workflows, Journal journal, boolean rehearsal, Consumer<Cluster> prepare, FormerHosts former) {
        this.workflows = workflows;
        this.journal = journal;
        this.rehearsal = rehearsal;
        this.prepare = prepare;
        this.former = former;
        this.claims = new RunClaims(journal);
        this.underWay = new RunsUnderWay(workflows, claims, journal);
        this.earlier = new EarlierRuns(workflows, journal, rehearsal);
    }

    /**
     * Begins a run; the workflow runs on other threads. A run of the same spec and action that an engine left unfinished is
     * resumed instead, under its old id; one of another spec or action is ended in favour of this one.
     *
     * @throws Busy        where a run that is under way shares the cluster or a host
     * @throws CannotBegin if no action of that name is loaded any more, the spec does not have a host that it is limited to, or the run
     *                     that it is to roll back cannot be rolled back
     */
    public Run begin(RunOrder order) throws Busy {
        releaseClaims();
        ActionCall call = order.call();
        Action action = call.action();
        order.requirePossible(actions());
        Optional<String> undone = earlier.undone(order.call(), order.cluster());
        List<RunRecord> left = earlier.leftUnfinished(order.cluster(), underWay.ids());
        Optional<RunRecord> same = left.stream()
                .filter(run -> !rehearsal && action.name().equals(earlier.name(run)) && run.spec().equals(order.spec())
                        && call.texts().equals(EarlierRuns.parameters(journal.events(run.id(), 0))))
                .reduce((older, newer) -> newer);
        if (same.isPresent() && undone.isEmpty()) {
            Run resumed = resume(same.get(), order.cluster(), order.by());
            order.key().ifPresent(key -> journal.keepKey(resumed.id(), key));
            return resumed;
        }
        Set<String> rollsBack = new HashSet<>(undone.stream().toList());
        left.forEach(run -> rollsBack.add(run.id()));
        FormerHosts.Known known = former.with(order.cluster(), action, rollsBack, order.confined());
        Run run = new Run(newId(), call, known.cluster(), rehearsal, journal, Past.none(), rollsBack);
        List<UnfinishedStep> unfinished = earlier.unfinished(left, run);
        UnderWay mine = underWay.admit(run);
        try {
            left.forEach(old -> journal.release(old.id()));
            claims.claim(run);
            prepare.accept(known.cluster());
            recordQueued(run, order.of(known.cluster()), rollsBack);
            left.forEach(old -> earlier.supersede(old, run));
            journal.running(run.id());
            run.record(new RunStarted());
            order.relaxed().forEach(line -> run.note(null, line));
            known.notes().forEach(run::note);
        } catch (RuntimeException | Busy e) {
            leave(run);
            throw e;
        }
        start(mine, unfinished);
        return run;
    }

    /* What earlier runs left running on hosts is ended before anything else begins there. */
    private void start(UnderWay mine, List<UnfinishedStep> unfinished) {
        mine.workflow().steps().stop(mine.run(), unfinished).whenComplete((done, failure) -> execution.start(mine));
    }

    /**
     * Begins a run that changes nothing, on the hosts of another one, which waits for its end. It is a run of its own in the journal, and
     * is cancelled with the other.
     *
     * @return how it ended
     */
    public CompletionStage<Outcome> beginWithin(Run outer, ActionCall call) {
        RunRecord around = journal.run(outer.id()).orElseThrow();
        RunOrder order = new RunOrder(outer.cluster(), around.spec(), around.directory(), call, around.source(), List.of(),
                around.confined(), Optional.empty(), Optional.empty());
        Run run = new Run(newId(), call, outer.cluster(), rehearsal, journal, Past.none(), Set.of());
        // Those of an earlier life of the outer run.
        List<RunRecord> left = earlier.leftUnfinished(outer.cluster(), underWay.ids()).stream()
                .filter(old -> actions().find(old.action()).filter(Action::plan).isPresent()).toList();
        UnderWay mine = underWay.within(outer, run);
        try {
            claims.claimItself(run);
            recordQueued(run, order, Set.of());
            left.forEach(old -> earlier.supersede(old, run));
            journal.running(run.id());
            run.record(new RunStarted());
        } catch (RuntimeException e) {
            leave(run);
            throw e;
        }
        if (outer.isCancelled()) {
            run.cancel();
        }
        execution.start(mine);
        return mine.outcome();
    }

    private static String newId() {
        return UUID.randomUUID().toString().substring(0, 8);
    }

    private void recordQueued(Run run, RunOrder order, Set<String> rollsBack) {
        journal.begin(new RunRecord(run.id(), order.cluster().name(), run.action().name(), order.source(), rehearsal, order.spec(),
                order.directory(), RunState.QUEUED, Instant.now().truncatedTo(ChronoUnit.MILLIS), Optional.empty(), order.confined())
                .begunBy(order.by()),
                order.key());
        if (run.isPlan()) {
            journal.keepValues(run.id(), SpecValues.of(order.cluster()).toString());
        }
        run.record(order.queued(rehearsal, rollsBack));
    }

    /**
     * Resumes a run whose engine is gone.
     *
     * @param cluster the run's spec, read again
     * @param by      who asked for it, where somebody did and that is known
     * @throws Busy        where another engine was quicker, or a run under way shares the cluster or a host
     * @throws CannotBegin if its action is not loaded any more, or has other parameters now
     */
    public Run resume(RunRecord record, Cluster cluster, Optional<String> by) throws Busy {
        List<Event> events = journal.events(record.id(), 0);
        ActionCall call = earlier.call(record, events);
        Set<String> rollsBack = EarlierRuns.rollsBack(events);
        Cluster all = former.with(cluster, call.action(), rollsBack, record.confined()).cluster();
        Run run = new Run(record.id(), call, all, rehearsal, journal, Past.of(events, call.action().resumeFrom()), rollsBack);
        UnderWay mine = underWay.admit(run);
        try {
            claims.claim(run);
            requireUnchanged(record.id(), events);
            prepare.accept(all);
            run.record(new RunResumed(record.action(), "resumed where it was at "
                    + events.stream().map(Event::at).reduce((first, second) -> second).orElse(record.createdAt())
                    + ", as the engine that ran it is gone", by));
            journal.running(run.id());
        } catch (RuntimeException | Busy e) {
            leave(run);
            throw e;
        }
        start(mine, run.past().dropped().stream().map(step -> UnfinishedStep.of(run, step)).toList());
        return run;
    }

    /* Before it was claimed, its engine or a third one may have continued it. */
    private void requireUnchanged(String id, List<Event> known) throws Busy {
        if (!journal.events(id, known.size()).isEmpty()) {
            throw new Busy(id, "run " + id + " has just been worked on by another engine");
        }
    }

    /** The actions that runs can begin with now. */
    public Actions actions() {
        return workflows.actions();
    }

    /**
     * What that run was begun with: its action as it is loaded now, and the recorded values of its parameters.
     *
     * @throws CannotBegin if the action is not loaded any more, or does not take these values now
     */
    ActionCall call(RunRecord run) {
        return earlier.call(run, journal.events(run.id(), 0));
    }

    private void leave(Run run) {
        if (!underWay.isLost(run)) {
            claims.releaseLater(run.id());
        }
        forget(run);
        releaseClaims();
    }

    /** Releases the claims of runs that ended here; tries again those that could not be released before. */
    public void releaseClaims() {
        claims.release();
    }

    private void forget(Run run) {
        underWay.forget(run);
    }

    /**
     * Completes when the run has ended; with its outcome, whatever that is. Fails with a {@link JournalException} if the run
     * is paused, as the journal could not be written; with a {@link dev.caravan.journal.TakenOver} if another engine has it now.
     */
    public CompletionStage<Outcome> outcome(Run run) {
        Optional<UnderWay> known = underWay.find(run.id());
        if (known.isPresent()) {
            return known.get().outcome();
        }
        return journal.run(run.id()).filter(RunRecord::hasEnded)
                .map(record -> CompletableFuture.completedFuture(new Outcome(record.id(), record.state())))
                .orElseGet(() -> CompletableFuture.failedFuture(new JournalException("run " + run.id()
                        + " is paused, as the journal could not be written. The same command resumes it", null)));
    }

    /** Asks a run to stop: steps that are under way end, no further one begins. False where no such run is under way. */
    public boolean cancel(String id) {
        return cancel(id, Optional.empty());
    }

    /** The same. @param by who asks for it, where that is known */
    public boolean cancel(String id, Optional<String> by) {
        return underWay.cancel(id, by);
    }

    /** Cancels those of its runs for which that was asked of another engine. To be called again and again. */
    public void heedCancelRequests() {
        if (underWay.ids().isEmpty()) {
            return;
        }
        for (CancelRequest request : journal.cancelRequests()) {
            if (cancel(request.run(), request.by())) {
                journal.forgetCancelRequest(request.run());
            }
        }
    }

    /** Whether its runs are of simulated hosts. */
    public boolean isRehearsal() {
        return rehearsal;
    }

    /** The runs under way in this process. */
    public Collection<Run> underWay() {
        return underWay.runs();
    }
}
