package dev.caravan.workflow;

import dev.caravan.run.Run;
import dev.caravan.run.Variables;
import dev.caravan.spec.Host;
import java.util.List;
import java.util.function.Predicate;
import org.apache.camel.Exchange;
import org.apache.camel.Variable;

/**
 * Nodes that are drained for some work, one after the other: first control planes, then workers, as many at a time as may be unavailable. A
 * bean that extends it says which nodes have work due. The order is in the routes.
 */
public abstract class DrainedNodes {

    /** Whether that work is due on the node of this host. */
    abstract boolean isDueOn(Run run, Host host);

    /** Whether it is due on any node. */
    public final boolean isDue(@Variable(Variables.RUN) Run run) {
        return !due(run, any -> true).isEmpty();
    }

    /** The control planes on which it is due, one after the other. */
    public final List<Host> controlPlanes(@Variable(Variables.RUN) Run run) {
        return due(run, Host::isControlPlane);
    }

    /** The workers on which it is due, in groups of as many as may be unavailable. */
    public final List<List<Host>> workers(@Variable(Variables.RUN) Run run) {
        return run.cluster().inGroups(due(run, host -> !host.isControlPlane()));
    }

    /** What the scripts of a drain need. */
    public final void environment(Exchange exchange) {
        ScriptEnvironment.ofDrain(exchange.getVariable(Variables.RUN, Run.class).cluster())
                .forEach((name, value) -> Variables.setEnvironment(exchange, name, value));
    }

    /** The hosts that have not failed, on whose nodes it is due. */
    final List<Host> due(Run run, Predicate<Host> which) {
        return run.cluster().hosts().stream()
                .filter(host -> !run.hasFailed(host.name()) && which.test(host) && isDueOn(run, host))
                .toList();
    }
}
