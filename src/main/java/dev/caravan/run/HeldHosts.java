package dev.caravan.run;

import dev.caravan.facts.Finding;
import dev.caravan.facts.Severity;
import dev.caravan.history.Failure;
import dev.caravan.history.Occurrence;
import dev.caravan.history.Occurrence.StepEnded;
import dev.caravan.history.Occurrence.StepStarted;
import dev.caravan.history.StepState;
import dev.caravan.spec.Cluster;
import dev.caravan.spec.Host;
import dev.caravan.step.StepFailure;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The hosts of a run that runs of other engines held when its first step came there. If nothing else can have been changed anywhere, the
 * run is refused and did not fail. It hears of all that happens in the run. Thread-safe.
 */
public final class HeldHosts {
    private static final String RULE = "lock";

    private final Map<String, StepEnded> held = new HashMap<>();
    private final Set<String> open = new HashSet<>();
    private boolean mayHaveChanged;

    synchronized void accept(Occurrence what) {
        String host = what.host().orElse("");
        if (what instanceof StepStarted started && started.detached().isPresent()) {
            held.remove(host);
            open.add(host + " " + started.step());
        } else if (what instanceof StepEnded ended) {
            open.remove(host + " " + ended.step());
            if (ended.failure().filter(failure -> failure.kind().equals(StepFailure.HELD)).isPresent()) {
                held.put(host, ended);
            } else {
                // A step that failed may have changed something first.
                mayHaveChanged |= ended.state() != StepState.OK && ended.state() != StepState.SKIPPED;
            }
        }
    }

    /** The refusal of the run, if hosts of this cluster are held; whatever else the run did. */
    public synchronized Optional<PreflightRefused> refusal(Cluster cluster) {
        Map<String, List<String>> hosts = new LinkedHashMap<>();
        Map<String, Failure> reasons = new HashMap<>();
        cluster.everyHost().stream().map(Host::name).filter(held::containsKey).forEach(host -> {
            StepEnded ended = held.get(host);
            hosts.computeIfAbsent(ended.message(), any -> new ArrayList<>()).add(host);
            reasons.put(ended.message(), ended.failure().orElseThrow());
        });
        return hosts.isEmpty() ? Optional.empty() : Optional.of(new PreflightRefused(hosts.entrySet().stream()
                .map(each -> new Finding(each.getValue(), RULE, Severity.REFUSES, each.getKey(), reasons.get(each.getKey()).remedy()))
                .toList()));
    }

    /** The same, if no step can have changed a host. */
    synchronized Optional<PreflightRefused> refusalOfAll(Cluster cluster) {
        return mayHaveChanged || !open.isEmpty() ? Optional.empty() : refusal(cluster);
    }
}
