package dev.caravan.run;

import dev.caravan.journal.Event;
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
    private final Map<String, UnderWay> underWay = new ConcurrentHashMap<>();
    /* Runs that are not under way any more, where the journal was not told yet. */
    private final Set<String> toLetGo = ConcurrentHashMap.newKeySet();

    /** How a run ended, or will have. */
    public record Outcome(String run, String state, int exitStatus) {}

    /**
     * What is asked for.
     *
     * @param spec      the spec's text with secrets replaced, for the journal
     * @param directory where the spec's relative paths start
     * @param source    command, inbox or http
     * @param relaxed   what the spec relaxes of what is safe, a line each
     * @param takesBack the runs that a rollback takes back
     * @param confined  whether the spec's author may not name the engine's files and variables
     * @param key       of the request, where it has one
     */
    public record Order(
            Cluster cluster, String spec, String directory, Action action, String source, List<String> relaxed, Set<String> takesBack, boolean confined,
            Optional<RequestKey> key) {
        public Order(Cluster cluster, String spec, String directory, Action action, String source, List<String> relaxed, Set<String> takesBack) {
            this(cluster, spec, directory, action, source, relaxed, takesBack, false, Optional.empty());
        }

        public Order(Cluster cluster, String spec, String directory, Action action, String source, List<String> relaxed) {
            this(cluster, spec, directory, action, source, relaxed, Set.of());
        }
    }

    private record UnderWay(Run run, Workflow workflow, CompletableFuture<Outcome> outcome) {}

    public Runs(Workflows workflows, Journal journal, boolean rehearsal) {
        this.workflows = workflows;
        this.journal = journal;
        this.rehearsal = rehearsal;
    }

    /**
     * Begins a run; the workflow goes on by itself. A run of the same spec and action that an engine left unfinished is gone on
     * with instead, under its old id; one of another spec or action is ended in favour of this one.
     *
     * @throws Busy where a run that is under way shares the cluster or a host
     */
    public Run begin(Order order) throws Busy {
        letGo();
        List<RunRecord> left = leftUnfinished(order.cluster());
        Optional<RunRecord> same = left.stream()
                .filter(run -> !rehearsal && run.action().equals(order.action().word()) && run.spec().equals(order.spec()))
                .reduce((older, newer) -> newer);
        if (same.isPresent() && order.takesBack().isEmpty()) {
            Run resumed = resume(same.get(), order.cluster());
            order.key().ifPresent(key -> journal.keepKey(resumed.id(), key));
            return resumed;
        }
        Set<String> takesBack = new HashSet<>(order.takesBack());
        left.forEach(run -> takesBack.add(run.id()));
        Run run = new Run(UUID.randomUUID().toString().substring(0, 8), order.action(), order.cluster(), rehearsal, journal, Past.none(), takesBack);
        List<Past> abandoned = left.stream().map(old -> Past.of(journal.events(old.id(), 0))).toList();
        UnderWay mine = enter(run);
        try {
            left.forEach(old -> journal.release(old.id()));
            claim(run);
            journal.begin(new RunRecord(run.id(), order.cluster().name(), order.action().word(), order.source(), rehearsal, order.spec(),
                    order.directory(), "queued", Optional.empty(), Instant.now().truncatedTo(ChronoUnit.MILLIS), Optional.empty(), order.confined()), order.key());
            run.tell(Event.Type.RUN_QUEUED, null, null, 0, "", Map.of(
                    "action", order.action().word(), "cluster", order.cluster().name(), "rehearsal", rehearsal,
                    "hosts", order.cluster().hosts().stream().map(Runs::describe).toList(), "takesBack", List.copyOf(takesBack)));
            left.forEach(old -> supersede(old, run));
            journal.running(run.id());
            run.tell(Event.Type.RUN_STARTED, null, null, 0, "", Map.of());
            order.relaxed().forEach(line -> run.note(null, line));
        } catch (RuntimeException | Busy e) {
            leave(run);
            throw e;
        }
        // What the run before left running on hosts is ended before anything else begins there.
        CompletableFuture<?>[] stopped = abandoned.stream().map(past -> mine.workflow().steps().stop(run, past).toCompletableFuture()).toArray(CompletableFuture[]::new);
        CompletableFuture.allOf(stopped).whenComplete((done, failure) -> start(mine));
        return run;
    }

    /**
     * Goes on with a run where it stood, whose engine is gone.
     *
     * @param cluster the run's spec, read again
     * @throws Busy where another engine was quicker, or a run under way shares the cluster or a host
     */
    public Run resume(RunRecord record, Cluster cluster) throws Busy {
        List<Event> events = journal.events(record.id(), 0);
        Run run = new Run(record.id(), Action.of(record.action()).orElseThrow(), cluster, rehearsal, journal, Past.of(events), takesBack(events));
        UnderWay mine = enter(run);
        try {
            claim(run);
            run.tell(Event.Type.NOTE, null, null, 0, "resumed where it was at "
                    + events.stream().map(Event::at).reduce((first, second) -> second).orElse(record.createdAt())
                    + ", as the engine that ran it is gone", Map.of("resumed", true, "action", record.action()));
            journal.running(run.id());
        } catch (RuntimeException | Busy e) {
            leave(run);
            throw e;
        }
        start(mine);
        return run;
    }

    private List<RunRecord> leftUnfinished(Cluster cluster) {
        return journal.orphans().stream()
                .filter(run -> run.rehearsal() == rehearsal && run.cluster().equals(cluster.name()) && !underWay.containsKey(run.id()))
                .toList();
    }

    private static Set<String> takesBack(List<Event> events) {
        Set<String> ids = new HashSet<>();
        events.stream().filter(event -> event.type() == Event.Type.RUN_QUEUED).forEach(event -> {
            if (event.data().get("takesBack") instanceof Collection<?> runs) {
                runs.forEach(id -> ids.add(String.valueOf(id)));
            }
        });
        return ids;
    }

    private void supersede(RunRecord old, Run by) {
        String message = "was left unfinished when its engine went away, and ended in favour of run " + by.id();
        journal.end(old.id(), "failed", 5, message, Map.of("state", "failed", "exitStatus", 5, "action", old.action()));
    }

    private UnderWay enter(Run run) throws Busy {
        synchronized (this) {
            refuseIfBusy(run.cluster());
            UnderWay mine = new UnderWay(run, workflows.take(), new CompletableFuture<>());
            underWay.put(run.id(), mine);
            toLetGo.remove(run.id());
            return mine;
        }
    }

    private void claim(Run run) throws Busy {
        List<String> names = new ArrayList<>();
        names.add("cluster/" + run.cluster().name());
        run.cluster().hosts().forEach(host -> names.add("host/" + host.address()));
        Optional<String> other = journal.claim(run.id(), names);
        if (other.isPresent()) {
            throw new Busy(other.get(), other.get().equals(run.id())
                    ? "run " + run.id() + " is being worked on by another engine"
                    : "cluster " + run.cluster().name() + " or one of its hosts is being worked on by run " + other.get() + ", in another process");
        }
    }

    private void leave(Run run) {
        toLetGo.add(run.id());
        forget(run);
        letGo();
    }

    /** Lets go of what runs that are not under way here any more had claimed, as far as the journal can be written by now. */
    public synchronized void letGo() {
        for (String id : toLetGo) {
            try {
                journal.release(id);
                toLetGo.remove(id);
            } catch (JournalException e) {
                LOG.warn("what run {} worked on stays claimed for now: {}", id, e.getMessage());
            }
        }
    }

    private void forget(Run run) {
        UnderWay over = underWay.remove(run.id());
        if (over != null) {
            workflows.giveBack(over.workflow());
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
                .map(record -> CompletableFuture.completedFuture(new Outcome(record.id(), record.state(), record.exitStatus().orElse(5))))
                .orElseGet(() -> CompletableFuture.failedFuture(new JournalException("run " + run.id() + " is paused, as the journal could not be written. The same command resumes it", null)));
    }

    /** Asks a run to stop: steps that are under way end, no further one begins. False where no such run is under way. */
    public boolean cancel(String id) {
        UnderWay known = underWay.get(id);
        if (known == null) {
            return false;
        }
        known.run().tell(Event.Type.NOTE, null, null, 0, "asked to stop: the steps under way are let end, no further one begins", Map.of("cancelled", true));
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
        cluster.hosts().forEach(host -> addresses.add(host.address()));
        for (UnderWay other : underWay.values()) {
            Cluster theirs = other.run().cluster();
            if (theirs.name().equals(cluster.name())) {
                throw new Busy(other.run().id(), "cluster " + cluster.name() + " is being worked on by run " + other.run().id());
            }
            for (Host host : theirs.hosts()) {
                if (addresses.contains(host.address())) {
                    throw new Busy(other.run().id(), "host " + host.address() + " is being worked on by run " + other.run().id() + " of cluster " + theirs.name());
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
            run.letGo();
            if (failure instanceof StepFailure step) {
                run.gaveUp(step);
            }
            Ending ending = Ending.of(run, failure);
            run.end(ending);
            leave(run);
            outcome.complete(new Outcome(run.id(), ending.state(), ending.exitStatus()));
        } catch (RuntimeException e) {
            // Nobody knows how it ended: it is gone on with as if its engine had gone, once the journal takes entries again.
            leave(run);
            outcome.completeExceptionally(e);
        }
    }

    private static Map<String, Object> describe(Host host) {
        return Map.of("name", host.name(), "address", host.address(), "roles", host.roles().stream().map(Object::toString).sorted().toList());
    }
}
