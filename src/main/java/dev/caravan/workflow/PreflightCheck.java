package dev.caravan.workflow;

import dev.caravan.facts.Finding;
import dev.caravan.facts.PodCidrs;
import dev.caravan.facts.Preflight;
import dev.caravan.facts.Severity;
import dev.caravan.packages.NoRepository;
import dev.caravan.run.PreflightRefused;
import dev.caravan.run.Run;
import dev.caravan.run.RunCancelled;
import dev.caravan.run.Variables;
import dev.caravan.spec.Cluster;
import dev.caravan.spec.Host;
import dev.caravan.step.StepFailure;
import dev.caravan.step.StepResult;
import dev.caravan.step.StepTold;
import dev.caravan.tables.KubernetesTable;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.camel.Exchange;

/** Holds the facts of all hosts against the rules: bean {@code preflight}. */
public final class PreflightCheck {
    private final Preflight preflight;
    private final KubernetesTable versions;
    private final NetworkDocuments network;

    public PreflightCheck(Preflight preflight, KubernetesTable versions, NetworkDocuments network) {
        this.preflight = preflight;
        this.versions = versions;
        this.network = network;
    }

    /** Refuses the run where something stands in its way, with everything that does; warnings become notes of the run. */
    public void check(Exchange exchange) throws PreflightRefused, RunCancelled, InterruptedException {
        Run run = exchange.getVariable(Variables.RUN, Run.class);
        if (run.isCancelled()) {
            throw new RunCancelled();
        }
        if (run.hasPassedPreflight()) {
            return;
        }
        StepTold told = new StepTold(run, null, "preflight", 1);
        told.started();
        List<Finding> findings = new ArrayList<>();
        Map<String, Throwable> failures = run.failures();
        run.cluster().hosts().stream()
                .map(Host::name)
                .filter(failures::containsKey)
                .forEach(host -> findings.add(unseen(host, failures.get(host))));
        findings.addAll(preflight.check(run.cluster(), run.allFacts(), Removals.known(exchange)));
        findings.addAll(withoutRepository(run));
        findings.addAll(preflight.judged(network.keep(run).stream().toList()));
        findings.stream().filter(finding -> !finding.refuses())
                .forEach(finding -> run.note(finding.hosts().isEmpty() ? null : String.join(", ", finding.hosts()),
                        finding.problem() + ". " + finding.remedy()));
        List<Finding> refusing = findings.stream().filter(Finding::refuses).toList();
        if (!refusing.isEmpty()) {
            PreflightRefused refused = new PreflightRefused(refusing);
            told.failed(new StepFailure(null, "preflight", "refused", false, refused.getMessage(), "", List.of(), null));
            throw refused;
        }
        if (run.cluster().network().cni() == Cluster.Cni.BRIDGE) {
            run.keepPodCidrs(PodCidrs.assign(run.cluster(), run.allFacts()));
        }
        told.ended(StepResult.State.OK, run.podCidrs(), run.allFacts().size() + " hosts checked, nothing to put right");
    }

    /** Hosts for which the spec's mirror has no repository; one finding for all that lack the same. */
    private List<Finding> withoutRepository(Run run) {
        Map<String, List<String>> hosts = new LinkedHashMap<>();
        Map<String, NoRepository> reasons = new LinkedHashMap<>();
        run.cluster().hosts().stream().map(Host::name).forEach(host -> run.facts(host).ifPresent(facts -> {
            try {
                ScriptEnvironment.repositories(run.cluster(), versions, facts);
            } catch (NoRepository none) {
                hosts.computeIfAbsent(none.getMessage(), any -> new ArrayList<>()).add(host);
                reasons.put(none.getMessage(), none);
            }
        }));
        return hosts.entrySet().stream()
                .map(lacking -> new Finding(lacking.getValue(), "repository", Severity.REFUSES, lacking.getKey(),
                        reasons.get(lacking.getKey()).remedy()))
                .toList();
    }

    /** The finding that a host could not be looked at. */
    static Finding unseen(String host, Throwable failure) {
        String remedy = failure instanceof StepFailure step ? step.getRemedy() : "";
        return new Finding(List.of(host), "facts", Severity.REFUSES, "could not be looked at: " + failure.getMessage(), remedy);
    }
}
