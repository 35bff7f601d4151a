package dev.caravan.run;

import dev.caravan.actions.Action;
import dev.caravan.actions.Action.ActionCall;
import dev.caravan.actions.Action.ResumeFrom;
import dev.caravan.actions.Actions;
import dev.caravan.history.Event;
import dev.caravan.history.ExitStatus;
import dev.caravan.history.Occurrence.CancelRequested;
import dev.caravan.history.Occurrence.RunEnded;
import dev.caravan.history.Occurrence.RunResumed;
import dev.caravan.history.Occurrence.RunStarted;
import dev.caravan.history.RunState;
import dev.caravan.journal.Journal;
import dev.caravan.journal.JournalException;
import dev.caravan.journal.RunRecord;
import dev.caravan.spec.Cluster;
import dev.caravan.step.StepFailure;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.apache.camel.CamelContext;
import org.apache.camel.Exchange;
import org.apache.camel.ProducerTemplate;
import org.apache.camel.support.DefaultExchange;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Begins runs, knows those under way, and ends them: the bean {@code runs}. Two runs that share a cluster or a host never go
 * on at the same time. Thread-safe.
 */
public final class Runs {
    /** The route that a run is sent to. */
    private static final String WORKFLOW = "direct:run";

    private static final Logger LOG = LoggerFactory.getLogger(Runs.class);

    private final Workflows workflows;
    private final Journal journal;
    private final boolean rehearsal;
    private final Consumer<Cluster> prepare;
    private final EarlierRuns earlier;
    private final Map<String, UnderWay> underWay = new ConcurrentHashMap<>();
    private final RunClaims claims;

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

    /** @param prepare called for each run that has been let in, before it begins; what it throws keeps the run from beginning */
    public Runs(Workflows workflows, Journal journal, boolean rehearsal, Consumer<Cluster> prepare) {
        this.workflows = workflows;
        this.journal = journal;
        this.rehearsal = rehearsal;
        this.prepare = prepare;
        this.claims = new RunClaims(journal);
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
        List<RunRecord> left = earlier.leftUnfinished(order.cluster(), underWay.keySet());
        Optional<RunRecord> same = left.stream()
                .filter(run -> !rehearsal && action.name().equals(earlier.name(run)) && run.spec().equals(order.spec())
                        && call.texts().equals(EarlierRuns.parameters(journal.events(run.id(), 0))))
                .reduce((older, newer) -> newer);
        if (same.isPresent() && undone.isEmpty()) {
            Run resumed = resume(same.get(), order.cluster());
            order.key().ifPresent(key -> journal.keepKey(resumed.id(), key));
            return resumed;
        }
        Set<String> rollsBack = new HashSet<>(undone.stream().toList());
        left.forEach(run -> rollsBack.add(run.id()));
        Run run = new Run(UUID.randomUUID().toString().substring(0, 8), call, order.cluster(), rehearsal, journal, Past.none(), rollsBack);
        List<Past> abandoned = left.stream()
                .map(old -> Past.of(journal.events(old.id(), 0),
                        actions().find(old.action()).map(Action::resumeFrom).orElse(ResumeFrom.STEP))).toList();
        UnderWay mine = admit(run);
        try {
            left.forEach(old -> journal.release(old.id()));
            claims.claim(run);
            prepare.accept(order.cluster());
            journal.begin(new RunRecord(run.id(), order.cluster().name(), action.name(), order.source(), rehearsal, order.spec(),
                    order.directory(), RunState.QUEUED, Instant.now().truncatedTo(ChronoUnit.MILLIS), Optional.empty(),
                    order.confined()), order.key());
            run.record(order.queued(rehearsal, rollsBack));
            left.forEach(old -> earlier.supersede(old, run));
            journal.running(run.id());
            run.record(new RunStarted());
            order.relaxed().forEach(line -> run.note(null, line));
        } catch (RuntimeException | Busy e) {
            leave(run);
            throw e;
        }
        // What the run before left running on hosts is ended before anything else begins there.
        CompletableFuture<?>[] stopped = abandoned.stream().map(past -> mine.workflow().steps().stop(run, past).toCompletableFuture())
                .toArray(CompletableFuture[]::new);
        CompletableFuture.allOf(stopped).whenComplete((done, failure) -> start(mine));
        return run;
    }

    /**
     * Resumes a run whose engine is gone.
     *
     * @param cluster the run's spec, read again
     * @throws Busy        where another engine was quicker, or a run under way shares the cluster or a host
     * @throws CannotBegin if its action is not loaded any more, or has other parameters now
     */
    public Run resume(RunRecord record, Cluster cluster) throws Busy {
        List<Event> events = journal.events(record.id(), 0);
        ActionCall call = earlier.call(record, events);
        Run run = new Run(record.id(), call, cluster, rehearsal, journal, Past.of(events, call.action().resumeFrom()),
                EarlierRuns.rollsBack(events));
        UnderWay mine = admit(run);
        try {
            claims.claim(run);
            prepare.accept(cluster);
            run.record(new RunResumed(record.action(), "resumed where it was at "
                    + events.stream().map(Event::at).reduce((first, second) -> second).orElse(record.createdAt())
                    + ", as the engine that ran it is gone"));
            journal.running(run.id());
        } catch (RuntimeException | Busy e) {
            leave(run);
            throw e;
        }
        start(mine);
        return run;
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

    private UnderWay admit(Run run) throws Busy {
        try {
            return enter(run);
        } catch (Busy busy) {
            UnderWay other = underWay.get(busy.getOther());
            if (other != null && !other.awaitRelease()) {
                throw busy;
            }
            return enter(run);
        }
    }

    private UnderWay enter(Run run) throws Busy {
        synchronized (this) {
            RunClaims.refuseIfBusy(run.cluster(), underWay());
            UnderWay mine = new UnderWay(run, workflows.take());
            underWay.put(run.id(), mine);
            claims.keep(run.id());
            return mine;
        }
    }

    private void leave(Run run) {
        claims.releaseLater(run.id());
        forget(run);
        releaseClaims();
    }

    /** Releases the claims of runs that ended here; tries again those that could not be released before. */
    public void releaseClaims() {
        claims.release();
    }

    private void forget(Run run) {
        UnderWay over = underWay.remove(run.id());
        if (over != null) {
            workflows.release(over.workflow());
            over.release();
        }
    }

    /**
     * Completes when the run has ended; with its outcome, whatever that is. Fails with a {@link JournalException} if the run
     * is paused, as the journal could not be written.
     */
    public CompletionStage<Outcome> outcome(Run run) {
        UnderWay known = underWay.get(run.id());
        if (known != null) {
            return known.outcome();
        }
        return journal.run(run.id()).filter(RunRecord::hasEnded)
                .map(record -> CompletableFuture.completedFuture(new Outcome(record.id(), record.state())))
                .orElseGet(() -> CompletableFuture.failedFuture(new JournalException("run " + run.id()
                        + " is paused, as the journal could not be written. The same command resumes it", null)));
    }

    /** Asks a run to stop: steps that are under way end, no further one begins. False where no such run is under way. */
    public boolean cancel(String id) {
        UnderWay known = underWay.get(id);
        if (known == null || known.isEnding()) {
            return false;
        }
        known.run().record(new CancelRequested("asked to stop: running steps may finish, no new step starts"));
        known.run().cancel();
        return true;
    }

    /** Whether its runs are of simulated hosts. */
    public boolean isRehearsal() {
        return rehearsal;
    }

    /** The runs under way in this process. */
    public Collection<Run> underWay() {
        return underWay.values().stream().map(UnderWay::run).toList();
    }

    private void start(UnderWay mine) {
        Run run = mine.run();
        CamelContext context = mine.workflow().context();
        Exchange exchange = new DefaultExchange(context);
        exchange.setVariable(Variables.RUN, run);
        exchange.setVariable(Variables.CLUSTER, run.cluster());
        exchange.setVariable(Variables.PARAMETERS, run.parameters());
        ProducerTemplate template = context.createProducerTemplate();
        template.asyncSend(WORKFLOW, exchange).whenComplete((done, broken) -> {
            Throwable failure = broken != null ? broken : done.getException();
            CompletionStage<Void> finished = mine.workflow().steps().finish(run, !isLeft(context, failure));
            finished.toCompletableFuture().orTimeout(60, TimeUnit.SECONDS).whenComplete((cleared, problem) -> {
                template.stop();
                end(mine, failure);
            });
        });
    }

    /* It did not fail: its engine is stopping. It is resumed later. */
    private static boolean isLeft(CamelContext context, Throwable failure) {
        return failure != null && (context.isStopping() || context.isStopped());
    }

    private void end(UnderWay mine, Throwable failure) {
        Run run = mine.run();
        CompletableFuture<Outcome> outcome = mine.outcome();
        if (isLeft(mine.workflow().context(), failure)) {
            forget(run);
            outcome.completeExceptionally(failure);
            return;
        }
        try {
            run.runCleanups();
            if (failure instanceof StepFailure step) {
                run.gaveUp(step);
            }
            RunEnded ending = Ending.of(run, failure);
            mine.ends();
            run.end(ending);
            forget(run);
            outcome.complete(new Outcome(run.id(), ending.state()));
        } catch (RuntimeException e) {
            // How it ended is not recorded: it is resumed as if its engine had gone, once the journal can be written.
            leave(run);
            outcome.completeExceptionally(e);
        }
    }
}
