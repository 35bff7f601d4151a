package dev.caravan.workflow;

import dev.caravan.facts.Facts;
import dev.caravan.history.Undoes;
import dev.caravan.journal.FoundHost;
import dev.caravan.run.HostsFailed;
import dev.caravan.run.NotReached;
import dev.caravan.run.Run;
import dev.caravan.run.RunCancelled;
import dev.caravan.run.Variables;
import dev.caravan.spec.Host;
import dev.caravan.step.StepFailure;
import dev.caravan.step.StepResult;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.apache.camel.Exchange;
import org.apache.camel.Variable;

/** The hosts of a run, for routes: bean {@code hosts}. */
public final class Hosts {

    /**
     * The hosts to work on: all of the cluster's whose pipeline has not failed, or those of them that the action is limited to. An action
     * that undoes the cluster also works on absent hosts that were not removed yet; one that undoes anything, on hosts that left the spec.
     */
    public List<Host> all(@Variable(Variables.RUN) Run run) {
        Stream<Host> notYetRemoved = run.cluster().leaving().stream().filter(host -> host.isFormer()
                || run.action().undoes() == Undoes.CLUSTER && !host.isLost()
                        && (run.facts(host.name()).isPresent() || !run.rollback().recorded(host).isEmpty()));
        Set<String> limitedTo = run.action().limitedTo(run.parameters());
        return Stream.concat(run.cluster().hosts().stream(), notYetRemoved)
                .filter(host -> !run.hasFailed(host.name()) && (limitedTo.isEmpty() || limitedTo.contains(host.name())))
                .toList();
    }

    /** Begins a host's pipeline: the body is the host; sets the variables {@code host} and, once taken, {@code facts}. */
    public void enter(Exchange exchange) {
        Host host = exchange.getMessage().getBody(Host.class);
        exchange.setVariable(Variables.HOST, host);
        exchange.getVariable(Variables.RUN, Run.class).facts(host.name()).ifPresent(facts -> exchange.setVariable(Variables.FACTS, facts));
    }

    /** Ends a host's pipeline after a failure: notes it, and leaves the exchange of that host without one. */
    public void failed(Exchange exchange) {
        Run run = exchange.getVariable(Variables.RUN, Run.class);
        Exception failure = exchange.getProperty(Exchange.EXCEPTION_CAUGHT, Exception.class);
        if (failure instanceof StepFailure step) {
            run.recordGivenUp(step);
        }
        run.hostFailed(Variables.hostName(exchange), failure);
    }

    /**
     * Notes the nodes of the cluster that neither the spec nor the journal has: the output {@code unlisted} of the step before. Of those
     * that the journal has preflight speaks.
     */
    public void noteUnlisted(Exchange exchange) {
        Run run = exchange.getVariable(Variables.RUN, Run.class);
        String unlisted = exchange.getMessage().getBody(StepResult.class).output("unlisted");
        List<String> known = run.rollback().unreached(run.cluster()).stream().map(FoundHost::name).toList();
        List<String> names = Stream.of(unlisted.strip().split(" +")).filter(name -> !name.isEmpty() && !known.contains(name)).toList();
        if (!names.isEmpty()) {
            run.note(null, (names.size() == 1 ? "the node " + names.get(0) + " is"
                    : "the nodes " + String.join(", ", names) + " are") + " in the cluster, but not in the spec. Nothing is done to "
                    + (names.size() == 1 ? "it" : "them") + ". To remove a node, write its host into the spec with state: absent, or "
                    + "state: lost if its machine is gone");
        }
    }

    /** Whether the exchange's host is the control plane that kubeadm init runs on. */
    public boolean isFirstControlPlane(Exchange exchange) {
        Run run = exchange.getVariable(Variables.RUN, Run.class);
        return run.cluster().firstControlPlane().name().equals(Variables.hostName(exchange));
    }

    /**
     * Whether Caravan prepares the exchange's host and keeps it so: any but a node that was adopted, and still is one. See
     * {@code caravan adopt}.
     */
    public boolean isPrepared(Exchange exchange) {
        Run run = exchange.getVariable(Variables.RUN, Run.class);
        String host = Variables.hostName(exchange);
        return !run.cluster().adopted().contains(host) || !run.facts(host).map(Facts::joined).orElse(false);
    }

    /** Fails where the first control plane did, without which there is no cluster to build on, or where the run was given up. */
    public void requireControlPlane(@Variable(Variables.RUN) Run run) throws Exception {
        Throwable failure = run.failures().get(run.cluster().firstControlPlane().name());
        if (failure instanceof Exception known && !(failure instanceof NotReached)) {
            throw known;
        }
        if (run.isCancelled()) {
            throw new RunCancelled();
        }
        if (run.isGivenUp()) {
            requireAll(run);
        }
    }

    /** Fails if more hosts failed than the spec allows. */
    public void requireTolerable(@Variable(Variables.RUN) Run run) throws HostsFailed {
        if (!run.tolerates(List.of())) {
            requireAll(run);
        }
    }

    /** Fails where any host did, once all that could be done for the others is done. */
    public void requireAll(@Variable(Variables.RUN) Run run) throws HostsFailed {
        Map<String, Throwable> failures = run.failures();
        if (!failures.isEmpty()) {
            failures.values().removeIf(NotReached.class::isInstance);
            throw HostsFailed.of(run.cluster().everyHost(), failures);
        }
    }
}
