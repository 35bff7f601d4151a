package dev.caravan.workflow;

import dev.caravan.facts.Facts;
import dev.caravan.facts.Finding;
import dev.caravan.facts.Leaving;
import dev.caravan.facts.Preflight;
import dev.caravan.facts.Severity;
import dev.caravan.history.StepState;
import dev.caravan.packages.NoRepository;
import dev.caravan.run.PreflightRefused;
import dev.caravan.run.Run;
import dev.caravan.run.RunCancelled;
import dev.caravan.run.StepRecorder;
import dev.caravan.run.Variables;
import dev.caravan.spec.Cluster;
import dev.caravan.spec.Counted;
import dev.caravan.spec.Host;
import dev.caravan.step.StepFailure;
import dev.caravan.tables.KubernetesTable;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.camel.Exchange;

/** Holds the facts of all hosts against the rules: bean {@code preflight}. */
public final class PreflightCheck {
    private static final String STEP = "preflight";

    private final Preflight preflight;
    private final KubernetesTable versions;
    private final NetworkDocuments network;
    private final Optional<Bundles> bundles;

    public PreflightCheck(Preflight preflight, KubernetesTable versions, NetworkDocuments network) {
        this(preflight, versions, network, Optional.empty());
    }

    /** @param bundles what runs may take packages and images from */
    public PreflightCheck(Preflight preflight, KubernetesTable versions, NetworkDocuments network, Optional<Bundles> bundles) {
        this.preflight = preflight;
        this.versions = versions;
        this.network = network;
        this.bundles = bundles;
    }

    /**
     * Refuses the run if something prevents it, with everything that does; warnings become notes of the run. If the spec has
     * maxFailedHosts, hosts that are the only ones concerned are left out instead, up to that number.
     */
    public void check(Exchange exchange) throws PreflightRefused, RunCancelled, InterruptedException {
        Run run = exchange.getVariable(Variables.RUN, Run.class);
        if (run.isCancelled()) {
            throw new RunCancelled();
        }
        // also in a run that is resumed: what it serves ended with the engine
        List<Finding> bundle = bundles.isPresent() ? bundles.get().begin(run, versions) : List.of();
        if (hasPassed(run)) {
            if (!bundle.isEmpty()) {
                throw new PreflightRefused(bundle);
            }
            leftOutBefore(run);
            return;
        }
        StepRecorder recorder = new StepRecorder(run, null, STEP, 1);
        recorder.started();
        Judgement judgement = judge(run, Removals.known(exchange), bundle);
        List<Finding> findings = Preflight.merged(judgement.findings(), run.cluster());
        findings.stream().filter(finding -> !finding.refuses()).forEach(finding -> note(run, finding));
        List<Finding> refusing = findings.stream().filter(Finding::refuses).toList();
        if (!refusing.isEmpty()) {
            PreflightRefused refused = new PreflightRefused(refusing);
            recorder.failed(new StepFailure(null, STEP, "refused", false, refused.getMessage(), "", List.of(), null));
            throw refused;
        }
        judgement.leftOut().forEach((host, failure) -> leaveOut(run, host, failure));
        int checked = run.cluster().hosts().size() - judgement.leftOut().size();
        recorder.ended(StepState.OK, Map.of(), Counted.of(checked, "host") + " checked, no problem found"
                + (judgement.leftOut().isEmpty() ? "" : "; left out: " + String.join(", ", judgement.leftOut().keySet())));
    }

    /* In an earlier life of the run. What was refused then is judged again, for its findings. */
    private static boolean hasPassed(Run run) {
        try {
            return run.past().result("", STEP).isPresent();
        } catch (StepFailure refused) {
            return false;
        }
    }

    /**
     * @param findings of the hosts that take part; if the run is refused, of all
     * @param leftOut  why the others are left out, by host
     */
    private record Judgement(List<Finding> findings, Map<String, StepFailure> leftOut) {}

    /* Without some hosts the rules may say something else of the others. So they are asked again until nobody else is left out. */
    private Judgement judge(Run run, Leaving leaving, List<Finding> bundle) throws InterruptedException {
        List<Finding> network = new ArrayList<>(bundle);
        if (bundle.isEmpty()) {
            network.addAll(preflight.judged(this.network.keep(run).stream().toList()));
        }
        network.addAll(preflight.judged(FormerHostFindings.left(run)));
        List<Finding> all = findings(run, run.cluster(), leaving, network);
        List<Finding> findings = all;
        Map<String, StepFailure> leftOut = new LinkedHashMap<>();
        while (findings.stream().anyMatch(Finding::refuses)) {
            List<Finding> refusing = findings.stream().filter(Finding::refuses).toList();
            refusing.forEach(finding -> finding.hosts().forEach(host -> leftOut.merge(host, failure(run, host, finding),
                    (first, second) -> first)));
            boolean ofHosts = refusing.stream().noneMatch(finding -> finding.hosts().isEmpty())
                    && !leftOut.containsKey(run.cluster().firstControlPlane().name());
            if (!ofHosts || run.cluster().maxFailedHosts().isEmpty()) {
                return new Judgement(all, Map.of());
            }
            if (!run.cluster().tolerates(leftOut.size())) {
                List<Finding> tooMany = new ArrayList<>(all);
                tooMany.add(new Finding(List.of(), "max-failed-hosts", Severity.REFUSES,
                        leftOut.size() + " of " + Counted.of(run.cluster().hosts().size(), "host") + " cannot take part, and "
                        + "maxFailedHosts is " + run.cluster().maxFailedHosts().get(),
                        "Repair the hosts, or allow more to fail in the spec."));
                return new Judgement(tooMany, Map.of());
            }
            findings = findings(run, without(run.cluster(), leftOut.keySet()), leaving, network);
        }
        return new Judgement(findings, leftOut);
    }

    private List<Finding> findings(Run run, Cluster cluster, Leaving leaving, List<Finding> network) {
        List<Finding> findings = new ArrayList<>();
        Map<String, Throwable> failures = run.failures();
        Map<String, Facts> facts = of(cluster, run.allFacts());
        cluster.hosts().stream()
                .map(Host::name)
                .filter(failures::containsKey)
                .forEach(host -> findings.add(unseen(host, failures.get(host))));
        findings.addAll(preflight.check(cluster, facts, leaving));
        findings.addAll(withoutRepository(cluster, run));
        findings.addAll(network);
        return findings;
    }

    /** Notes a finding that does not refuse the run. */
    static void note(Run run, Finding finding) {
        run.note(finding.hosts().isEmpty() ? null : String.join(", ", finding.hosts()), finding.problem() + ". " + finding.remedy());
    }

    private static Cluster without(Cluster cluster, Set<String> hosts) {
        return cluster.withHosts(cluster.hosts().stream().filter(host -> !hosts.contains(host.name())).toList());
    }

    private static Map<String, Facts> of(Cluster cluster, Map<String, Facts> all) {
        Map<String, Facts> facts = new LinkedHashMap<>();
        cluster.everyHost().stream().map(Host::name).filter(all::containsKey).forEach(host -> facts.put(host, all.get(host)));
        return facts;
    }

    private static StepFailure failure(Run run, String host, Finding finding) {
        return run.failures().get(host) instanceof StepFailure unseen ? unseen
                : new StepFailure(host, STEP, "left-out", false, finding.problem(), finding.remedy(), List.of(), null);
    }

    private static void leaveOut(Run run, String host, StepFailure failure) {
        if (failure.getStep().equals(STEP)) {
            StepRecorder recorder = new StepRecorder(run, host, STEP, 1);
            recorder.started();
            recorder.failed(failure);
        }
        run.hostLeftOut(host, failure);
    }

    /* In an earlier life of the run: hosts that could not be looked at have failed already. */
    private static void leftOutBefore(Run run) {
        run.failures().forEach(run::hostLeftOut);
        for (Host host : run.cluster().hosts()) {
            try {
                run.past().result(host.name(), STEP);
            } catch (StepFailure failure) {
                run.hostLeftOut(host.name(), failure);
            }
        }
    }

    /** Hosts for which the spec's mirror has no repository; one finding for all that lack the same. */
    private List<Finding> withoutRepository(Cluster cluster, Run run) {
        Map<String, List<String>> hosts = new LinkedHashMap<>();
        Map<String, NoRepository> reasons = new LinkedHashMap<>();
        cluster.hosts().stream().map(Host::name).forEach(host -> run.facts(host).ifPresent(facts -> {
            try {
                ScriptEnvironment.repositories(cluster, versions, facts);
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
