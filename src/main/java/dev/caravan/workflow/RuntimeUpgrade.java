package dev.caravan.workflow;

import dev.caravan.facts.Facts;
import dev.caravan.run.Run;
import dev.caravan.spec.Cluster;
import dev.caravan.spec.Host;

/**
 * Which nodes have an older container runtime than the version that the spec names: bean {@code runtimes}. Where Kubernetes is upgraded in
 * the same run, the runtime is upgraded with it, while the nodes are drained.
 */
public final class RuntimeUpgrade extends DrainedNodes {

    /* The runtime of a node that was adopted is its administrator's. */
    @Override
    boolean isDueOn(Run run, Host host) {
        Cluster.Runtime wanted = run.cluster().runtime();
        return !run.cluster().adopted().contains(host.name()) && wanted.version().isPresent()
                && run.facts(host.name()).filter(Facts::joined)
                        .filter(facts -> facts.runtimes().isOlder(wanted.name(), wanted.version().get())).isPresent();
    }
}
