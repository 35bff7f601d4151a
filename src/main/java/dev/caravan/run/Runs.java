package dev.caravan.run;

import dev.caravan.journal.Event;
import dev.caravan.journal.Journal;
import dev.caravan.journal.RunRecord;
import dev.caravan.spec.Cluster;
import dev.caravan.spec.Host;
import dev.caravan.step.StepFailure;
import dev.caravan.step.StepRunner;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Collection;
import java.util.HashMap;
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

/**
 * Begins runs, knows those under way, and ends them: the bean {@code runs}. Two runs that share a cluster or a host never go
 * on at the same time. Thread-safe.
 */
public final class Runs {
    /** The route that a run is sent to. */
    private static final String WORKFLOW = "direct:run";

    private final CamelContext context;
    private final Journal journal;
    private final StepRunner steps;
    private final boolean rehearsal;
    private final Map<String, UnderWay> underWay = new ConcurrentHashMap<>();

    /** How a run ended, or will have. */
    public record Outcome(String run, String state, int exitStatus) {}

    /**
     * What is asked for.
     *
     * @param spec      the spec's text with secrets replaced, for the journal
     * @param directory where the spec's relative paths start
     * @param source    command, inbox or http
     * @param relaxed   what the spec relaxes of what is safe, a line each
     */
    public record Order(Cluster cluster, String spec, String directory, Action action, String source, List<String> relaxed) {}

    private record UnderWay(Run run, CompletableFuture<Outcome> outcome) {}

    public Runs(CamelContext context, Journal journal, StepRunner steps, boolean rehearsal) {
        this.context = context;
        this.journal = journal;
        this.steps = steps;
        this.rehearsal = rehearsal;
    }

    /**
     * Begins a run; the workflow goes on by itself.
     *
     * @throws Busy where a run that is under way shares the cluster or a host
     */
    public Run begin(Order order) throws Busy {
        Run run = new Run(UUID.randomUUID().toString().substring(0, 8), order.action(), order.cluster(), rehearsal, journal);
        CompletableFuture<Outcome> outcome = new CompletableFuture<>();
        synchronized (this) {
            refuseIfBusy(order.cluster());
            underWay.put(run.id(), new UnderWay(run, outcome));
        }
        try {
            journal.begin(new RunRecord(run.id(), order.cluster().name(), order.action().word(), order.source(), rehearsal, order.spec(),
                    order.directory(), "queued", Optional.empty(), Instant.now().truncatedTo(ChronoUnit.MILLIS), Optional.empty()));
            run.tell(Event.Type.RUN_QUEUED, null, null, 0, "", Map.of(
                    "action", order.action().word(), "cluster", order.cluster().name(), "rehearsal", rehearsal,
                    "hosts", order.cluster().hosts().stream().map(Runs::describe).toList()));
            journal.running(run.id());
            run.tell(Event.Type.RUN_STARTED, null, null, 0, "", Map.of());
            order.relaxed().forEach(line -> run.note(null, line));
        } catch (RuntimeException e) {
            underWay.remove(run.id());
            throw e;
        }
        start(run, outcome);
        return run;
    }

    /** Completes when the run has ended; with its outcome, whatever that is. */
    public CompletionStage<Outcome> outcome(Run run) {
        UnderWay known = underWay.get(run.id());
        return known != null ? known.outcome() : CompletableFuture.completedFuture(journal.run(run.id())
                .map(record -> new Outcome(record.id(), record.state(), record.exitStatus().orElse(5)))
                .orElseThrow());
    }

    /** Asks a run to stop: steps that are under way end, no further one begins. False where no such run is under way. */
    public boolean cancel(String id) {
        UnderWay known = underWay.get(id);
        if (known == null) {
            return false;
        }
        known.run().note(null, "asked to stop: the steps under way are let end, no further one begins");
        known.run().cancel();
        return true;
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

    private void start(Run run, CompletableFuture<Outcome> outcome) {
        Exchange exchange = new DefaultExchange(context);
        exchange.setVariable(Variables.RUN, run);
        exchange.setVariable(Variables.CLUSTER, run.cluster());
        ProducerTemplate template = context.createProducerTemplate();
        template.asyncSend(WORKFLOW, exchange).whenComplete((done, broken) -> {
            Throwable failure = broken != null ? broken : done.getException();
            steps.finish(run).toCompletableFuture().orTimeout(60, TimeUnit.SECONDS).whenComplete((cleared, problem) -> {
                end(run, failure, outcome);
                template.stop();
            });
        });
    }

    private void end(Run run, Throwable failure, CompletableFuture<Outcome> outcome) {
        try {
            run.letGo();
            if (failure instanceof StepFailure step) {
                run.gaveUp(step);
            }
            Ending ending = Ending.of(run, failure);
            Map<String, Object> data = new HashMap<>(ending.data());
            data.put("state", ending.state());
            data.put("exitStatus", ending.exitStatus());
            run.kubeconfig().ifPresent(path -> data.put("kubeconfig", path));
            journal.end(run.id(), ending.state(), ending.exitStatus());
            run.tell(Event.Type.RUN_ENDED, null, null, 0, ending.message(), data);
            underWay.remove(run.id());
            outcome.complete(new Outcome(run.id(), ending.state(), ending.exitStatus()));
        } catch (RuntimeException e) {
            underWay.remove(run.id());
            outcome.completeExceptionally(e);
        }
    }

    private static Map<String, Object> describe(Host host) {
        return Map.of("name", host.name(), "address", host.address(), "roles", host.roles().stream().map(Object::toString).sorted().toList());
    }
}
