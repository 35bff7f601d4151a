package dev.caravan.workflow;

import dev.caravan.kubeadm.Addons;
import dev.caravan.run.HostsFailed;
import dev.caravan.run.Run;
import dev.caravan.run.RunCancelled;
import dev.caravan.run.Variables;
import dev.caravan.spec.Cluster;
import dev.caravan.spec.Host;
import dev.caravan.spec.Secret;
import dev.caravan.step.StepFailure;
import dev.caravan.step.StepResult;
import dev.caravan.tables.KubernetesTable;
import io.fabric8.kubernetes.api.model.Pod;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import org.apache.camel.Exchange;
import org.apache.camel.Variable;

/**
 * The pods that try a cluster as a workload would: bean {@code probes}. The trying is done by the steps probe-start, probe and probe-stop.
 */
public final class Probes {
    /** A setting: of service, node-port and dns those that are not tried. */
    public static final String LEAVE_OUT = "caravan.probe.leave-out";

    private static final String OUTCOME = "probes.outcome";
    private static final String TABLE = "probes.table";
    private static final String STOPPED = "probes.stopped";
    /** Of a failed check; the word of failures.yaml. */
    private static final String KIND = "cluster-network";

    private final KubernetesTable versions;

    public Probes(KubernetesTable versions) {
        this.versions = versions;
    }

    /** What became of it, by the host's name; shared by the branches that verify goes. */
    private static final class Outcome {
        private final Map<String, Throwable> failures = new ConcurrentHashMap<>();
        private volatile boolean tried;
    }

    /** Whether the cluster has a pod network of which Caravan knows. */
    static boolean isNetworked(Cluster cluster) {
        return cluster.network().cni() != Cluster.Cni.NONE || cluster.network().manifest().isPresent();
    }

    /** To be called before anything is tried. */
    public void begin(Exchange exchange) {
        exchange.setVariable(OUTCOME, new Outcome());
        exchange.removeVariable(STOPPED);
    }

    /** Whether there is something to try: a pod network, and the cluster is being verified now, not in an earlier life of the run. */
    public boolean areWanted(Exchange exchange) {
        Run run = exchange.getVariable(Variables.RUN, Run.class);
        return !run.isPlan() && isNetworked(run.cluster()) && !run.isCancelled() && Verification.isUnderWay(exchange);
    }

    /** For the script's standard input: the names of the nodes to try, one a line. */
    public String nodes(@Variable(Variables.RUN) Run run) {
        return run.cluster().hosts().stream().map(Host::name).filter(name -> !run.hasFailed(name))
                .collect(Collectors.joining("\n", "", "\n"));
    }

    /**
     * What the script shall not try: what the kubeadm documents of the spec switch off or narrow, and the words of the setting
     * {@code caravan.probe.leave-out}.
     */
    public String leftOut(Exchange exchange) {
        Cluster cluster = exchange.getVariable(Variables.RUN, Run.class).cluster();
        String setting = exchange.getContext().getPropertiesComponent().resolveProperty(LEAVE_OUT).orElse("").replace(',', ' ');
        Map<String, Object> kubeProxy = cluster.kubernetes().kubeadm().getOrDefault("KubeProxyConfiguration", Map.of());
        boolean otherNodePorts = kubeProxy.get("nodePortAddresses") instanceof Collection<?> ranges && !ranges.isEmpty();
        return (Addons.of(cluster, versions.minor(cluster.kubernetes().minor())).dns() ? "" : "dns ")
                + (otherNodePorts ? "node-port " : "") + setting;
    }

    /** Keeps what the step before started. */
    public void keep(Exchange exchange) {
        Secret table = exchange.getMessage().getBody(StepResult.class).secrets().get("probes");
        exchange.setVariable(TABLE, table == null ? "" : table.reveal());
        exchange.getVariable(OUTCOME, Outcome.class).tried = table != null;
    }

    /** For the script's standard input: what was started. */
    public String table(@Variable(TABLE) String table) {
        return table;
    }

    /** Notes, in doCatch, what failed on the exchange's host, or where the pods could not be started on none. */
    public void failed(Exchange exchange) {
        Exception failure = exchange.getProperty(Exchange.EXCEPTION_CAUGHT, Exception.class);
        Run run = exchange.getVariable(Variables.RUN, Run.class);
        if (failure instanceof StepFailure step) {
            run.recordGivenUp(step);
        }
        if (!(failure instanceof RunCancelled)) {
            Host host = exchange.getVariable(Variables.HOST, Host.class);
            exchange.getVariable(OUTCOME, Outcome.class)
                    .failures.put((host == null ? run.cluster().firstControlPlane() : host).name(), failure);
        }
    }

    /**
     * Whether something may be left of the pods: they were begun in this run, and not removed yet.
     *
     * @param start the step that begins them
     */
    public boolean areThere(Exchange exchange, String start) {
        Run run = exchange.getVariable(Variables.RUN, Run.class);
        String host = run.cluster().firstControlPlane().name();
        return run.steps().hasBegun(host, start) && exchange.getVariable(STOPPED) == null;
    }

    /** Notes that they are gone. */
    public void stopped(Exchange exchange) {
        exchange.setVariable(STOPPED, true);
    }

    /** What failed, by the host's name. */
    static Map<String, Throwable> failures(Exchange exchange) {
        Outcome outcome = exchange.getVariable(OUTCOME, Outcome.class);
        return outcome == null ? Map.of() : Map.copyOf(outcome.failures);
    }

    static boolean haveFailed(Exchange exchange) {
        Outcome outcome = exchange.getVariable(OUTCOME, Outcome.class);
        return outcome != null && !outcome.failures.isEmpty();
    }

    /** What does not work, with hosts and causes; empty where all that was tried works. */
    static Optional<StepFailure> failure(Exchange exchange, List<Pod> pods) {
        if (!haveFailed(exchange)) {
            return Optional.empty();
        }
        Run run = exchange.getVariable(Variables.RUN, Run.class);
        Map<String, Throwable> failures = exchange.getVariable(OUTCOME, Outcome.class).failures;
        // Who says most comes first: where one node is the cause, the others only miss that one.
        List<Host> hosts = run.cluster().hosts().stream()
                .sorted(Comparator.comparingInt((Host host) ->
                        -String.valueOf(failures.containsKey(host.name()) ? failures.get(host.name()).getMessage() : "").length()))
                .toList();
        String words = HostsFailed.of(hosts, Map.copyOf(failures)).getMessage();
        boolean names = failures.values().stream()
                .anyMatch(failure -> String.valueOf(failure.getMessage()).contains("the name caravan-probe"));
        boolean noDns = names && !DnsHealth.hasPod(pods);
        String cause = noDns ? ". The cluster's DNS has no pod: kubectl -n kube-system get deployment coredns" : "";
        return Optional.of(new StepFailure(null, "verify", KIND, false, words.replaceFirst("^failed: ", "") + cause,
                "Each host's own words: caravan logs, step probe. The cluster itself is up; what is named here is what a workload "
                        + "would meet.", List.of(), null));
    }

    /** Of what was tried, for the end's message. */
    static String said(Exchange exchange) {
        Outcome outcome = exchange.getVariable(OUTCOME, Outcome.class);
        return outcome != null && outcome.tried ? "; pods, Services and names answer from each node" : "";
    }
}
