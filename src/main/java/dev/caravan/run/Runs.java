package dev.caravan.run;

import dev.caravan.actions.Action;
import dev.caravan.actions.Action.ActionCall;
import dev.caravan.actions.Action.ResumeFrom;
import dev.caravan.actions.Action.Undoes;
import dev.caravan.actions.Actions;
import dev.caravan.actions.InvalidParameters;
import dev.caravan.actions.NoSuchAction;
import dev.caravan.history.Event;
import dev.caravan.history.ExitStatus;
import dev.caravan.history.Occurrence.CancelRequested;
import dev.caravan.history.Occurrence.RunEnded;
import dev.caravan.history.Occurrence.RunQueued;
import dev.caravan.history.Occurrence.RunResumed;
import dev.caravan.history.Occurrence.RunStarted;
import dev.caravan.history.RunHost;
import dev.caravan.history.RunState;
import dev.caravan.journal.Journal;
import dev.caravan.journal.JournalException;
import dev.caravan.journal.RequestKey;
import dev.caravan.journal.RunRecord;
import dev.caravan.spec.Cluster;
import dev.caravan.spec.Host;
import dev.caravan.step.StepFailure;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
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
    private final Map<String, UnderWay> underWay = new ConcurrentHashMap<>();
    /* Runs that are not under way any more, where the journal was not told yet. */
    private final Set<String> toRelease = ConcurrentHashMap.newKeySet();

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
     * What is asked for.
     *
     * @param spec      the spec's text with secrets replaced, for the journal
     * @param directory where the spec's relative paths start
     * @param source    command, inbox or http
     * @param relaxed   what the spec relaxes of what is safe, a line each
     * @param confined  whether the spec's author may not name the engine's files and variables
     * @param key       of the request, where it has one
     */
    public record Order(
            Cluster cluster, String spec, String directory, ActionCall call, String source, List<String> relaxed, boolean confined,
            Optional<RequestKey> key) {
        public Order(Cluster cluster, String spec, String directory, ActionCall call, String source, List<String> relaxed) {
            this(cluster, spec, directory, call, source, relaxed, false, Optional.empty());
        }

        /** The action with the defaults of its parameters. */
        public Order(Cluster cluster, String spec, String directory, Action action, String source, List<String> relaxed) {
            this(cluster, spec, directory, action.withDefaults(), source, relaxed);
        }
    }

    private record UnderWay(Run run, Workflow workflow, CompletableFuture<Outcome> outcome) {}

    /** @param prepare called for each run that has been let in, before it begins; what it throws keeps the run from beginning */
    public Runs(Workflows workflows, Journal journal, boolean rehearsal, Consumer<Cluster> prepare) {
        this.workflows = workflows;
        this.journal = journal;
        this.rehearsal = rehearsal;
        this.prepare = prepare;
    }

    /**
     * Begins a run; the workflow goes on by itself. A run of the same spec and action that an engine left unfinished is gone on
     * with instead, under its old id; one of another spec or action is ended in favour of this one.
     *
     * @throws Busy        where a run that is under way shares the cluster or a host
     * @throws CannotBegin if no action of that name is loaded any more, or the run that it is to roll back cannot be
     */
    public Run begin(Order order) throws Busy {
        releaseClaims();
        ActionCall call = order.call();
        Action action = call.action();
        if (actions().find(action.name()).isEmpty()) {
            throw new CannotBegin("there is no action " + action.name() + " any more: the route files were changed");
        }
        Optional<String> undone = undone(order);
        List<RunRecord> left = leftUnfinished(order.cluster());
        Optional<RunRecord> same = left.stream()
                .filter(run -> !rehearsal && action.name().equals(name(run)) && run.spec().equals(order.spec())
                        && call.texts().equals(parameters(journal.events(run.id(), 0))))
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
            claim(run);
            prepare.accept(order.cluster());
            journal.begin(new RunRecord(run.id(), order.cluster().name(), action.name(), order.source(), rehearsal, order.spec(),
                    order.directory(), RunState.QUEUED, Instant.now().truncatedTo(ChronoUnit.MILLIS), Optional.empty(),
                    order.confined()), order.key());
            run.record(queued(order, rollsBack));
            left.forEach(old -> supersede(old, run));
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
     * Goes on with a run where it stood, whose engine is gone.
     *
     * @param cluster the run's spec, read again
     * @throws Busy        where another engine was quicker, or a run under way shares the cluster or a host
     * @throws CannotBegin if its action is not loaded any more, or has other parameters now
     */
    public Run resume(RunRecord record, Cluster cluster) throws Busy {
        List<Event> events = journal.events(record.id(), 0);
        ActionCall call = call(record, events);
        Run run = new Run(record.id(), call, cluster, rehearsal, journal, Past.of(events, call.action().resumeFrom()), rollsBack(events));
        UnderWay mine = admit(run);
        try {
            claim(run);
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

    private RunQueued queued(Order order, Set<String> rollsBack) {
        Action action = order.call().action();
        List<RunHost> hosts = order.cluster().everyHost().stream()
                .map(host -> new RunHost(host.name(), host.address(), host.roles().stream().map(Object::toString).sorted().toList()))
                .toList();
        return new RunQueued(action.name(), order.cluster().name(), hosts, rehearsal, action.changesHosts(), action.plan(),
                Optional.of(order.cluster().kubernetes().version()), List.copyOf(rollsBack), action.outcome(), order.call().texts());
    }

    /* The run that this one is to roll back, if that is what its action does. */
    private Optional<String> undone(Order order) {
        if (order.call().action().undoes() != Undoes.RUN) {
            return Optional.empty();
        }
        String id = String.valueOf(order.call().parameters().get("run"));
        RunRecord earlier = journal.run(id).filter(run -> run.rehearsal() == rehearsal)
                .orElseThrow(() -> new CannotBegin("the journal has no run " + id + " to roll back"));
        if (!earlier.hasEnded()) {
            throw new CannotBegin("run " + id + " has not ended");
        }
        if (!earlier.cluster().equals(order.cluster().name())) {
            throw new CannotBegin("run " + id + " was of cluster " + earlier.cluster() + ", and the spec is of cluster "
                    + order.cluster().name());
        }
        return Optional.of(id);
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
        return call(run, journal.events(run.id(), 0));
    }

    private ActionCall call(RunRecord run, List<Event> events) {
        try {
            Action action = actions().require(run.action());
            // Runs of earlier versions say which run they roll back in another way.
            return action.undoes() == Undoes.RUN && parameters(events).isEmpty() ? action.withDefaults() : action.call(parameters(events));
        } catch (NoSuchAction | InvalidParameters e) {
            throw new CannotBegin(e.getMessage());
        }
    }

    /* As it is called now. */
    private String name(RunRecord run) {
        return actions().find(run.action()).map(Action::name).orElse(run.action());
    }

    private static Map<String, String> parameters(List<Event> events) {
        return queued(events).map(RunQueued::parameters).orElse(Map.of());
    }

    private static Optional<RunQueued> queued(List<Event> events) {
        return events.stream().flatMap(event -> event.as(RunQueued.class).stream()).findFirst();
    }

    private List<RunRecord> leftUnfinished(Cluster cluster) {
        return journal.orphans().stream()
                .filter(run -> run.rehearsal() == rehearsal && run.cluster().equals(cluster.name()) && !underWay.containsKey(run.id()))
                .toList();
    }

    private static Set<String> rollsBack(List<Event> events) {
        return queued(events).map(RunQueued::rollsBack).map(Set::copyOf).orElse(Set.of());
    }

    private void supersede(RunRecord old, Run by) {
        String message = "was left unfinished when its engine went away, and ended in favour of run " + by.id();
        journal.end(old.id(), new RunEnded(RunState.FAILED, message, Optional.empty(), List.of(), Map.of(), Optional.of(old.action())));
    }

    private UnderWay admit(Run run) throws Busy {
        synchronized (this) {
            refuseIfBusy(run.cluster());
            UnderWay mine = new UnderWay(run, workflows.take(), new CompletableFuture<>());
            underWay.put(run.id(), mine);
            toRelease.remove(run.id());
            return mine;
        }
    }

    private void claim(Run run) throws Busy {
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

    private void leave(Run run) {
        toRelease.add(run.id());
        forget(run);
        releaseClaims();
    }

    /** Lets go of what runs that are not under way here any more had claimed, as far as the journal can be written by now. */
    public synchronized void releaseClaims() {
        for (String id : toRelease) {
            try {
                journal.release(id);
                toRelease.remove(id);
            } catch (JournalException e) {
                LOG.warn("what run {} worked on stays claimed for now: {}", id, e.getMessage());
            }
        }
    }

    private void forget(Run run) {
        UnderWay over = underWay.remove(run.id());
        if (over != null) {
            workflows.release(over.workflow());
        }
    }

    /**
     * Completes when the run has ended; with its outcome, whatever that is. Fails with a {@link JournalException} where the run
     * stands, as the journal did not take an entry.
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
        if (known == null) {
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

    private void refuseIfBusy(Cluster cluster) throws Busy {
        Set<String> addresses = new HashSet<>();
        cluster.everyHost().forEach(host -> addresses.add(host.address()));
        for (UnderWay other : underWay.values()) {
            Cluster theirs = other.run().cluster();
            if (theirs.name().equals(cluster.name())) {
                throw new Busy(other.run().id(), "cluster " + cluster.name() + " is being worked on by run " + other.run().id());
            }
            for (Host host : theirs.everyHost()) {
                if (addresses.contains(host.address())) {
                    throw new Busy(other.run().id(), "host " + host.address() + " is being worked on by run " + other.run().id()
                            + " of cluster " + theirs.name());
                }
            }
        }
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
            mine.workflow().steps().finish(run).toCompletableFuture().orTimeout(60, TimeUnit.SECONDS).whenComplete((cleared, problem) -> {
                template.stop();
                end(mine, failure);
            });
        });
    }

    private void end(UnderWay mine, Throwable failure) {
        Run run = mine.run();
        CamelContext context = mine.workflow().context();
        CompletableFuture<Outcome> outcome = mine.outcome();
        if (failure != null && (context.isStopping() || context.isStopped())) {
            // It did not fail: its engine goes away, and Camel lets nothing go on. Who resumes it goes on where it stands.
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
            run.end(ending);
            leave(run);
            outcome.complete(new Outcome(run.id(), ending.state()));
        } catch (RuntimeException e) {
            // Nobody knows how it ended: it is gone on with as if its engine had gone, once the journal takes entries again.
            leave(run);
            outcome.completeExceptionally(e);
        }
    }
}
