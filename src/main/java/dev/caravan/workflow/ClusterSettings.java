package dev.caravan.workflow;

import dev.caravan.facts.Facts;
import dev.caravan.facts.UpgradePath;
import dev.caravan.kubeadm.KubeadmConfig;
import dev.caravan.kubeadm.NodeSettings;
import dev.caravan.run.Run;
import dev.caravan.run.Variables;
import dev.caravan.spec.Host;
import dev.caravan.step.StepResult;
import dev.caravan.tables.KubernetesTable;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.camel.Exchange;
import org.apache.camel.Variable;

/** Which nodes have other settings than the spec, and what kubeadm makes of it: bean {@code settings}. The order is in the routes. */
public final class ClusterSettings {
    private static final String CONTROL_PLANE = "control-plane";
    private static final String KUBELET = "kubelet";

    private final KubernetesTable versions;
    /** By the run's id and the host's name: what differs there. */
    private final Map<String, Map<String, Set<String>>> differing = new ConcurrentHashMap<>();

    public ClusterSettings(KubernetesTable versions) {
        this.versions = versions;
    }

    /**
     * Whether there was a cluster before this run, whose settings may differ. Not in a plan for an upgrade: the settings are compared with
     * the programs of the new version.
     */
    public boolean isDue(@Variable(Variables.RUN) Run run) {
        boolean running = run.facts(first(run).name()).map(Facts::initialised).orElse(false);
        return running && !run.hasFailed(first(run).name())
                && !(run.isPlan() && !UpgradePath.of(run.cluster(), run.allFacts(), versions).hops().isEmpty());
    }

    /** The first control plane, for the body. */
    public Host first(@Variable(Variables.RUN) Run run) {
        return run.cluster().firstControlPlane();
    }

    /** The nodes that were in the cluster before this run. */
    public List<Host> nodes(@Variable(Variables.RUN) Run run) {
        return run.cluster().hosts().stream()
                .filter(host -> !run.hasFailed(host.name()) && run.facts(host.name()).map(Facts::joined).orElse(false))
                .toList();
    }

    /** kubeadm's documents for the exchange's host. */
    public String documents(Exchange exchange) {
        Run run = run(exchange);
        Host host = exchange.getVariable(Variables.HOST, Host.class);
        Optional<String> other = run.facts(host.name()).flatMap(facts -> facts.families().besides(host.address()));
        return KubeadmConfig.settingsDocuments(run.cluster(), host,
                NodeSettings.of(run.cluster(), host, versions).withOtherFamily(run.cluster(), host, other));
    }

    /** Keeps what differs on the exchange's host: the output {@code differs} of the step. */
    public void keep(Exchange exchange) {
        Run run = run(exchange);
        String words = exchange.getMessage().getBody(StepResult.class).output("differs");
        differing.computeIfAbsent(run.id(), id -> {
            run.atEnd(() -> differing.remove(id));
            return new ConcurrentHashMap<>();
        }).put(Variables.hostName(exchange), words.isBlank() ? Set.of() : Set.of(words.strip().split(" +")));
    }

    /** The control planes whose static pods or certificates differ; none in a plan, which has shown them. */
    public List<Host> controlPlanes(@Variable(Variables.RUN) Run run) {
        return differing(run, CONTROL_PLANE);
    }

    /** The nodes whose kubelets differ: control planes one by one, then workers in groups of as many as may be unavailable. */
    public List<List<Host>> kubelets(@Variable(Variables.RUN) Run run) {
        List<Host> hosts = differing(run, KUBELET);
        List<List<Host>> groups = new ArrayList<>();
        hosts.stream().filter(Host::isControlPlane).forEach(host -> groups.add(List.of(host)));
        List<Host> workers = hosts.stream().filter(host -> !host.isControlPlane()).toList();
        groups.addAll(run.cluster().inGroups(workers));
        return groups;
    }

    private List<Host> differing(Run run, String word) {
        Map<String, Set<String>> known = differing.getOrDefault(run.id(), Map.of());
        return run.isPlan() ? List.of() : nodes(run).stream()
                .filter(host -> known.getOrDefault(host.name(), Set.of()).contains(word)).toList();
    }

    private static Run run(Exchange exchange) {
        return exchange.getVariable(Variables.RUN, Run.class);
    }
}
