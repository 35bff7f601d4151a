package dev.caravan.workflow;

import dev.caravan.facts.Facts;
import dev.caravan.run.Run;
import dev.caravan.run.Variables;
import dev.caravan.spec.Cluster;
import dev.caravan.spec.Host;
import java.util.List;
import java.util.function.Predicate;
import org.apache.camel.Exchange;
import org.apache.camel.Variable;

/**
 * Which nodes have an older container runtime than the version that the spec names: bean {@code runtimes}. The order of the work is in the
 * routes. Where Kubernetes is upgraded in the same run, the runtime is upgraded with it, while the nodes are drained.
 */
public final class RuntimeUpgrade {

    /** Whether a node has an older one. */
    public boolean isDue(@Variable(Variables.RUN) Run run) {
        return !due(run, any -> true).isEmpty();
    }

    /** The control planes that have, one after the other. */
    public List<Host> controlPlanes(@Variable(Variables.RUN) Run run) {
        return due(run, Host::isControlPlane);
    }

    /** The workers that have, in groups of as many as may be unavailable. */
    public List<List<Host>> workers(@Variable(Variables.RUN) Run run) {
        return run.cluster().inGroups(due(run, host -> !host.isControlPlane()));
    }

    /** What the scripts of a drain need. */
    public void environment(Exchange exchange) {
        ScriptEnvironment.ofDrain(exchange.getVariable(Variables.RUN, Run.class).cluster())
                .forEach((name, value) -> Variables.setEnvironment(exchange, name, value));
    }

    /* The runtime of a node that was adopted is its administrator's. */
    private static List<Host> due(Run run, Predicate<Host> which) {
        Cluster.Runtime wanted = run.cluster().runtime();
        return run.cluster().hosts().stream()
                .filter(host -> !run.hasFailed(host.name()) && !run.cluster().adopted().contains(host.name()) && which.test(host))
                .filter(host -> wanted.version().isPresent() && run.facts(host.name()).filter(Facts::joined)
                        .filter(facts -> facts.runtimes().isOlder(wanted.name(), wanted.version().get())).isPresent())
                .toList();
    }
}
