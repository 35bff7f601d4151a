package dev.caravan.workflow;

import dev.caravan.network.Manifests;
import dev.caravan.run.Run;
import dev.caravan.run.Variables;
import dev.caravan.spec.Host;
import dev.caravan.step.StepFailure;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import org.apache.camel.Variable;

/** What goes into the network's scripts: bean {@code network}. */
public final class NetworkDocuments {
    private static final String PLACEHOLDER = """
            apiVersion: v1
            kind: ConfigMap
            metadata:
              name: rehearsed-network
              namespace: kube-system
            """;

    /**
     * The manifest of the spec's CNI; empty for those that need none. A rehearsal, which has no network, applies an empty
     * one in place of what it would fetch.
     */
    public String manifest(@Variable(Variables.RUN) Run run) throws InterruptedException, StepFailure {
        Optional<String> source = Manifests.source(run.cluster());
        if (source.isEmpty()) {
            return "";
        }
        if (run.isRehearsal() && Manifests.isAddress(source.get())) {
            run.note(null, "a real run fetches " + source.get() + "; the rehearsal does without");
            return PLACEHOLDER;
        }
        try {
            return Manifests.read(source.get(), run.cluster());
        } catch (IOException e) {
            throw new StepFailure(run.cluster().firstControlPlane().name(), "network", "manifest", Manifests.isAddress(source.get()), e.getMessage(),
                    "Where there is no way out, fetch it elsewhere and name the file in network.manifest.", List.of(), e);
        }
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
