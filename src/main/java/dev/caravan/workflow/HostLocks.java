package dev.caravan.workflow;

import dev.caravan.facts.Finding;
import dev.caravan.facts.Severity;
import dev.caravan.run.PreflightRefused;
import dev.caravan.run.Run;
import dev.caravan.run.Variables;
import dev.caravan.spec.Host;
import dev.caravan.step.StepFailure;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.camel.Variable;

/**
 * Whether the run holds the locks of its hosts, which the first step on each takes: bean {@code locks}. The locks themselves are in
 * {@code scripts/lib.sh}.
 */
public final class HostLocks {
    /** The kind of a step's failure if a run of another engine holds the host. */
    static final String HELD = "held";

    private static final String RULE = "lock";

    /** @throws PreflightRefused if another engine holds a host; names all that it holds */
    public void require(@Variable(Variables.RUN) Run run) throws PreflightRefused {
        Map<String, List<String>> hosts = new LinkedHashMap<>();
        Map<String, StepFailure> reasons = new LinkedHashMap<>();
        run.cluster().everyHost().forEach(host -> {
            if (run.failures().get(host.name()) instanceof StepFailure failure && isHeld(failure)) {
                hosts.computeIfAbsent(failure.getMessage(), any -> new ArrayList<>()).add(host.name());
                reasons.put(failure.getMessage(), failure);
            }
        });
        if (!hosts.isEmpty()) {
            throw new PreflightRefused(hosts.entrySet().stream()
                    .map(held -> new Finding(held.getValue(), RULE, Severity.REFUSES, held.getKey(),
                            reasons.get(held.getKey()).getRemedy()))
                    .toList());
        }
    }

    /** The hosts whose locks can be taken away: those of the spec, also those that leave the cluster, but none whose machine is gone. */
    public List<Host> hosts(@Variable(Variables.RUN) Run run) {
        return run.cluster().everyHost().stream().filter(host -> !host.isLost()).toList();
    }

    static boolean isHeld(Throwable failure) {
        return failure instanceof StepFailure step && step.getKind().equals(HELD);
    }
}
