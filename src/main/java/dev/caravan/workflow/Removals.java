package dev.caravan.workflow;

import dev.caravan.facts.ClusterMembers;
import dev.caravan.facts.Facts;
import dev.caravan.facts.Leaving;
import dev.caravan.facts.Leaving.Machine;
import dev.caravan.facts.Leaving.NotReached;
import dev.caravan.facts.Membership;
import dev.caravan.history.StepState;
import dev.caravan.journal.Found;
import dev.caravan.run.Run;
import dev.caravan.run.StepRecorder;
import dev.caravan.run.Variables;
import dev.caravan.spec.Host;
import dev.caravan.step.StepFailure;
import dev.caravan.step.StepResult;
import dev.caravan.step.Undo;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import org.apache.camel.Exchange;

/** Which hosts leave the cluster, and what is known of them: bean {@code removal}. The order of the work is in the routes. */
public final class Removals {
    /** The exchange variable that holds what is known. */
    private static final String STATE = "leaving";
    /** An output of the step facts if the host was not reached. */
    private static final String MACHINE = "machine";

    /** What the exchanges of the hosts share; it is complete once the cluster was asked. */
    private static final class State {
        private final Map<String, NotReached> notReached = new ConcurrentHashMap<>();
        private volatile Optional<ClusterMembers> members = Optional.empty();
        private volatile Optional<String> notAsked = Optional.empty();
    }

    // ---- looking

    /** Begins to look at the hosts that leave. */
    public void begin(Exchange exchange) {
        exchange.setVariable(STATE, new State());
    }

    /** The hosts that the spec wants out of the cluster. */
    public List<Host> leaving(Exchange exchange) {
        return run(exchange).cluster().leaving();
    }

    /**
     * Keeps, in doCatch, why the exchange's host could not be looked at. That nothing answers is no failure of a host that leaves: its step
     * is recorded as skipped.
     */
    public void notReached(Exchange exchange) {
        Run run = run(exchange);
        String host = Variables.hostName(exchange);
        Exception failure = exchange.getProperty(Exchange.EXCEPTION_CAUGHT, Exception.class);
        NotReached notReached = recorded(exchange).orElseGet(() -> notReached(failure));
        if (failure instanceof StepFailure step && notReached.machine() == Machine.NONE) {
            StepRecorder recorder = new StepRecorder(run, host, step.getStep(), run.steps().nextAttempt(host, step.getStep()));
            recorder.started();
            recorder.ended(new StepResult(step.getStep(), host, StepState.SKIPPED, List.of(),
                    Map.of(MACHINE, notReached.machine().name()), Map.of(), notReached.words()));
        } else if (failure instanceof StepFailure step) {
            run.recordGivenUp(step);
            if (HostLocks.isHeld(step)) {
                run.hostFailed(host, step);
            }
        }
        state(exchange).notReached.put(host, notReached);
    }

    private static NotReached notReached(Exception failure) {
        Machine machine = Machine.SOME;
        if (failure instanceof StepFailure step) {
            boolean another = step.getKind().equals("changed-host-key");
            // That a zone has no runner says nothing about the machines in it.
            boolean looked = !step.getKind().equals(StepFailure.NO_RUNNER);
            machine = looked && StepFailure.isOfTheConnection(step.getKind()) ? Machine.NONE : another ? Machine.ANOTHER : Machine.SOME;
        }
        return new NotReached(machine, String.valueOf(failure.getMessage()));
    }

    /* What an earlier life of the run recorded here. */
    private static Optional<NotReached> recorded(Exchange exchange) {
        return exchange.getMessage().getBody() instanceof StepResult result && !result.output(MACHINE).isEmpty()
                ? Optional.of(new NotReached(Machine.valueOf(result.output(MACHINE)), result.message())) : Optional.empty();
    }

    /** The control plane to ask about the hosts that leave; none if no host does, or there is no cluster yet. */
    public List<Host> asked(Exchange exchange) {
        Run run = run(exchange);
        Host asked = run.controlPlane();
        boolean isThere = run.facts(asked.name()).map(Facts::initialised).orElse(false) && !run.hasFailed(asked.name());
        return run.cluster().leaving().isEmpty() || !isThere ? List.of() : List.of(asked);
    }

    /** Names the hosts to the script that asks the cluster. */
    public void nameHosts(Exchange exchange) {
        Run run = run(exchange);
        List<Host> leaving = run.cluster().leaving();
        Variables.setEnvironment(exchange, "LEAVING_NODES", leaving.stream().map(Host::name).collect(Collectors.joining(" ")));
        // Of a host that answers nobody needs to wait for the moment at which the cluster misses it.
        Variables.setEnvironment(exchange, "LOST_NODES", leaving.stream().filter(host -> host.isLost() && run.facts(host.name()).isEmpty())
                .map(Host::name).collect(Collectors.joining(" ")));
    }

    /** Keeps what the cluster said. */
    public void keepMembers(Exchange exchange) {
        state(exchange).members = Optional.of(ClusterMembers.parse(exchange.getMessage().getBody(StepResult.class).outputs()));
    }

    /** Keeps, in doCatch, why the cluster could not be asked. */
    public void notAsked(Exchange exchange) {
        Exception failure = exchange.getProperty(Exchange.EXCEPTION_CAUGHT, Exception.class);
        if (failure instanceof StepFailure step) {
            run(exchange).recordGivenUp(step);
        }
        state(exchange).notAsked = Optional.of(String.valueOf(failure.getMessage()));
    }

    /** What is known by now, for preflight. */
    static Leaving known(Exchange exchange) {
        State state = exchange.getVariable(STATE, State.class);
        return state == null ? Leaving.NONE : new Leaving(state.members, state.notAsked, state.notReached);
    }

    // ---- whether, and in which order

    /** Whether any host is to be removed that is not yet. */
    public boolean isDue(Exchange exchange) {
        return !hosts(exchange).isEmpty();
    }

    /** The hosts to remove, in the order of their removal; none that is out of the cluster already, and has nothing of it left. */
    public List<Host> hosts(Exchange exchange) {
        return Leaving.ordered(run(exchange).cluster().leaving()).stream().filter(host -> isDue(exchange, host)).toList();
    }

    private static boolean isDue(Exchange exchange, Host host) {
        Run run = run(exchange);
        Leaving known = known(exchange);
        if (known.isKnown(host)) {
            return true;
        }
        boolean reached = run.facts(host.name()).isPresent();
        Membership membership = Membership.of(run.cluster(), host, run.allFacts());
        return host.isLost() ? !run.rollback().recorded(host).isEmpty()
                : reached && (membership == Membership.THIS_CLUSTER
                        || membership == Membership.NONE && !run.rollback().recorded(host).isEmpty());
    }

    /** Whether a control plane leaves, and this is no plan. */
    public boolean needsBackup(Exchange exchange) {
        return !run(exchange).isPlan() && hosts(exchange).stream().anyMatch(Host::isControlPlane);
    }

    /** Whether the machine of the exchange's host is gone. */
    public boolean isLost(Exchange exchange) {
        return host(exchange).isLost();
    }

    // ---- the work

    /** The scripts' environment for the removal of the exchange's host. */
    public void environment(Exchange exchange) {
        Run run = run(exchange);
        Host host = host(exchange);
        Variables.setEnvironment(exchange, "NODE", host.name());
        Variables.setEnvironment(exchange, "LEAVING_NODE", host.name());
        Variables.setEnvironment(exchange, "LEAVING_ADDRESS", host.nodeAddress());
        ScriptEnvironment.ofDrain(run.cluster()).forEach((name, value) -> Variables.setEnvironment(exchange, name, value));
        // The cluster stays, but this host has nothing to take out of it: its member of etcd and its node are removed by others.
        List<String> goes = new ArrayList<>(List.of("cluster"));
        if (run.rollback().recorded(host).stream().anyMatch(found -> found.kind().equals("runtime"))) {
            goes.add("runtime");
        }
        Variables.setEnvironment(exchange, "GOES", String.join(" ", goes));
        // The cluster may be upgraded after the removal.
        run.facts(run.controlPlane().name()).map(Facts::kubeletVersion).filter(version -> version.matches("1\\.[0-9]{1,3}\\..*"))
                .ifPresent(version -> Variables.setEnvironment(exchange, "KUBERNETES_MINOR", version.split("\\.")[1]));
    }

    /** What the exchange's host has of the cluster, by all runs: a list of {@link Undo}, the newest first. */
    public List<Undo> undos(Exchange exchange) {
        return Rollback.undos(run(exchange).rollback().recorded(host(exchange)));
    }

    /** Says, in a plan, what would be undone on the exchange's host. */
    public void planned(Exchange exchange) {
        Run run = run(exchange);
        String host = host(exchange).name();
        List<String> changes = new ArrayList<>(undos(exchange).stream().map(undo -> "undo " + undo.step()).toList());
        if (changes.isEmpty()) {
            changes.add("remove the cluster from the host, of which the journal has no record");
        }
        StepRecorder recorder = new StepRecorder(run, host, "remove-host", run.steps().nextAttempt(host, "remove-host"));
        recorder.started();
        recorder.ended(new StepResult("remove-host", host, StepState.CHANGED, changes, List.of(), Map.of(), Map.of(), Optional.empty(),
                ""));
    }

    /** Notes that the exchange's host is out of the cluster: what the journal has of it is done with. */
    public void removed(Exchange exchange) {
        Run run = run(exchange);
        if (!run.isPlan()) {
            Host host = host(exchange);
            List<Found> recorded = run.rollback().recorded(host);
            run.rollback().recordRolledBack(recorded);
            run.note(host.name(), host.isLost() ? "the cluster has forgotten this host; nothing was done on its machine"
                    : "removed from the cluster, and restored as it was found");
        }
    }

    private static State state(Exchange exchange) {
        return exchange.getVariable(STATE, State.class);
    }

    private static Host host(Exchange exchange) {
        return exchange.getVariable(Variables.HOST, Host.class);
    }

    private static Run run(Exchange exchange) {
        return exchange.getVariable(Variables.RUN, Run.class);
    }
}
