package dev.caravan.workflow;

import dev.caravan.network.Manifests;
import dev.caravan.run.Run;
import dev.caravan.run.Variables;
import dev.caravan.spec.Host;
import java.io.IOException;
import org.apache.camel.Variable;

/** What goes into the network's scripts: bean {@code network}. */
public final class NetworkDocuments {

    /** The manifest of the spec's CNI; empty for those that need none. */
    public String manifest(@Variable(Variables.RUN) Run run) throws IOException, InterruptedException {
        return Manifests.of(run.cluster());
    }

    /** A line for each label and taint that the spec gives to a node that came through. */
    public String nodeAttributes(@Variable(Variables.RUN) Run run) {
        StringBuilder lines = new StringBuilder();
        for (Host host : run.cluster().hosts()) {
            if (!run.hasFailed(host.name())) {
                host.labels().forEach((key, value) -> lines.append(host.name()).append(" label ").append(key).append('=').append(value).append('\n'));
                host.taints().forEach(taint -> lines.append(host.name()).append(" taint ").append(taint).append('\n'));
            }
        }
        return lines.toString();
    }
}
