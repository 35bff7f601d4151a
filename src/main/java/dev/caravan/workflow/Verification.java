package dev.caravan.workflow;

import dev.caravan.history.StepState;
import dev.caravan.run.Run;
import dev.caravan.run.RunCancelled;
import dev.caravan.run.StepRecorder;
import dev.caravan.run.Variables;
import dev.caravan.spec.Counted;
import dev.caravan.spec.Host;
import dev.caravan.step.FailureRules;
import dev.caravan.step.StepFailure;
import dev.caravan.workflow.ClusterHealth.Lack;
import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.camel.Exchange;
import org.slf4j.LoggerFactory;

/** Looks at a cluster through its API until it is as the spec has it: bean {@code verify}. */
public final class Verification {
    private static final String STEP = "verify";
    private static final String STATE = "verification";
    /** The hosts that the last verification left out; set once there was one. */
    private static final String LEFT_OUT = "verify.leftOut";

    private static final class State {
        private final StepRecorder recorder;
        private final Duration limit;
        private final Instant deadline;
        private final int crashes;
        private final Map<String, String> crashWords = new HashMap<>();
        private volatile List<Lack> missing = List.of(Lack.of("the API server to be asked"));
        private volatile boolean over;
        private String said = "";
        private List<Node> nodes = List.of();
        private List<Pod> pods = List.of();

        private State(StepRecorder recorder, Duration limit, int crashes) {
            this.recorder = recorder;
            this.limit = limit;
            this.deadline = Instant.now().plus(limit);
            this.crashes = crashes;
        }
    }

    private final Upgrades upgrades;

    public Verification(Upgrades upgrades) {
        this.upgrades = upgrades;
    }

    /**
     * Begins to wait for the cluster, for as long as the variable {@code verify.seconds} says. A run that was interrupted ends here
     * as it ended before, where it came that far.
     */
    public void begin(Exchange exchange) throws StepFailure {
        Run run = exchange.getVariable(Variables.RUN, Run.class);
        exchange.removeVariable(STATE);
        if (run.past().result("", STEP).isPresent()) {
            exchange.setVariable(LEFT_OUT, leftOutBefore(run));
            return;
        }
        StepRecorder recorder = new StepRecorder(run, null, STEP, run.steps().nextAttempt("", STEP));
        recorder.started();
        exchange.setVariable(STATE, new State(recorder, Duration.ofSeconds(exchange.getVariable("verify.seconds", Long.class)),
                exchange.getVariable("verify.crashes", Integer.class)));
    }

    /* The hosts that a verification in an earlier life of the run left out. */
    private static List<Host> leftOutBefore(Run run) {
        List<Host> leftOut = new ArrayList<>();
        for (Host host : run.cluster().hosts()) {
            try {
                run.past().result(host.name(), STEP);
            } catch (StepFailure failure) {
                run.hostFailed(host.name(), failure);
                leftOut.add(host);
            }
        }
        return leftOut;
    }

    /** Whether the cluster is being verified, and this was not done in an earlier life of the run. */
    static boolean isUnderWay(Exchange exchange) {
        return exchange.getVariable(STATE) != null;
    }

    /** Whether the cluster is to be verified: it was not yet, or the last time hosts were left out. */
    public boolean isDue(Exchange exchange) {
        List<?> leftOut = exchange.getVariable(LEFT_OUT, List.class);
        return leftOut == null || !leftOut.isEmpty();
    }

    /** Nothing is left out, unless the route {@code verify} says otherwise: one of a user's own may call none of these methods. */
    public void noneLeftOut(Exchange exchange) {
        exchange.setVariable(LEFT_OUT, List.of());
    }

    /** The hosts that the last verification left out. */
    public List<?> leftOut(Exchange exchange) {
        return exchange.getVariable(LEFT_OUT, List.class);
    }

    /** Whether the last look found something missing, and it is worth looking again. */
    public boolean isWaiting(Exchange exchange) {
        State state = exchange.getVariable(STATE, State.class);
        return state != null && !state.over && !state.missing.isEmpty() && !Probes.haveFailed(exchange);
    }

    /** Whether what is missing will never be there, or nobody waits for it any more: then what the probes still try is of no use. */
    public boolean isHopeless(Exchange exchange) {
        State state = exchange.getVariable(STATE, State.class);
        return state != null && state.over && !state.missing.isEmpty();
    }

    /** Notes that the API server gave no answer this time. */
    public void unanswered(Exchange exchange) {
        Exception failure = exchange.getProperty(Exchange.EXCEPTION_CAUGHT, Exception.class);
        exchange.removeVariable("nodes");
        exchange.getVariable(STATE, State.class).missing = List.of(Lack.of("the API server to answer (" + rootMessage(failure) + ")"));
    }

    /**
     * Holds the variables {@code nodes} and {@code pods} against the spec. What is missing is reported as it changes; the wait is over
     * when the time is, or when something is missing that waiting does not cure.
     */
    public void judge(Exchange exchange) {
        Run run = exchange.getVariable(Variables.RUN, Run.class);
        State state = exchange.getVariable(STATE, State.class);
        List<?> nodes = exchange.getVariable("nodes", List.class);
        if (nodes != null) {
            state.nodes = nodes.stream().map(Node.class::cast).toList();
            state.pods = ((List<?>) exchange.getVariable("pods", List.class)).stream().map(Pod.class::cast)
                    .filter(PodHealth::isLookedAt).toList();
            boolean networked = Probes.isNetworked(run.cluster());
            Optional<Deployment> dns = networked && !DnsHealth.hasPod(state.pods) ? dns(exchange, run) : Optional.empty();
            state.missing = ClusterHealth.missing(run.cluster(), run::hasFailed, networked, state.nodes, state.pods, dns,
                    new PodHealth.Limits(state.crashes, words -> isMissingImage(exchange, words)));
            state.pods.forEach(pod -> PodHealth.crashing(pod).ifPresent(container -> lookIntoLog(exchange, state, pod, container)));
        }
        state.over = run.isCancelled() || state.missing.stream().anyMatch(Lack::permanent) || Instant.now().isAfter(state.deadline);
        String missing = said(state);
        if (!missing.isEmpty() && !missing.equals(state.said)) {
            state.said = missing;
            state.recorder.doing("waits for " + missing);
        }
    }

    /* CoreDNS's Deployment, which says why it has no pod. Empty where there is none, and where it cannot be asked this time. */
    private static Optional<Deployment> dns(Exchange exchange, Run run) {
        try {
            return Optional.ofNullable(Kubeconfigs.client(exchange, run).apps().deployments()
                    .inNamespace(DnsHealth.NAMESPACE).withName(DnsHealth.DEPLOYMENT).get());
        } catch (KubernetesClientException e) {
            LoggerFactory.getLogger(Verification.class).debug("no deployment {}", DnsHealth.DEPLOYMENT, e);
            return Optional.empty();
        }
    }

    private static boolean isMissingImage(Exchange exchange, String words) {
        FailureRules rules = exchange.getContext().getRegistry().lookupByNameAndType("failureRules", FailureRules.class);
        return rules.judge(1, words).kind().equals("image-missing");
    }

    private static String said(State state) {
        return Stream.concat(state.missing.stream().map(Lack::what), state.crashWords.values().stream()).collect(Collectors.joining("; "));
    }

    /* What a container that ends again and again wrote last. Kubernetes keeps the log of the one before; some say it themselves. */
    private static void lookIntoLog(Exchange exchange, State state, Pod pod, ContainerStatus container) {
        String name = pod.getMetadata().getName();
        if (state.crashWords.containsKey(name)) {
            return;
        }
        Run run = exchange.getVariable(Variables.RUN, Run.class);
        try {
            String log = Kubeconfigs.client(exchange, run).pods()
                    .inNamespace(pod.getMetadata().getNamespace()).withName(name).inContainer(container.getName()).terminated()
                    .tailingLines(50).getLog();
            LogWords.last(log).ifPresent(words -> state.crashWords.put(name, container.getName() + " says: " + run.redact(words)));
        } catch (KubernetesClientException e) {
            LoggerFactory.getLogger(Verification.class).debug("no log of {}", name, e);
        }
    }

    /** What of the nodes that are at fault decides whether the cluster is verified again without them. If there are none, not. */
    public Failed failed(Exchange exchange) {
        State state = exchange.getVariable(STATE, State.class);
        Run run = exchange.getVariable(Variables.RUN, Run.class);
        return Failed.of(run, state == null ? Set.of() : atFault(exchange, run, state).keySet(), node -> goesBack(run, node));
    }

    /** What {@link #conclude} was in earlier versions, with what the built-in routes do before; for routes that users copied from them. */
    public void end(Exchange exchange) throws StepFailure, RunCancelled {
        if (failed(exchange).isOfHostAlone()) {
            leaveOut(exchange);
        } else {
            conclude(exchange);
        }
    }

    /** Ends the wait: all is there and was tried, or fails with what is not, and why. */
    public void conclude(Exchange exchange) throws StepFailure, RunCancelled {
        State state = exchange.getVariable(STATE, State.class);
        if (state == null) {
            return;
        }
        Run run = exchange.getVariable(Variables.RUN, Run.class);
        if (run.isCancelled()) {
            throw new RunCancelled();
        }
        exchange.setVariable(LEFT_OUT, List.of());
        Optional<StepFailure> tried = Probes.failure(exchange, state.pods);
        if (tried.isPresent() || !state.missing.isEmpty()) {
            StepFailure failure = failure(state, tried);
            state.recorder.failed(failure);
            throw failure;
        }
        state.recorder.ended(StepState.OK, Map.of(),
                Counted.of(state.nodes.size(), "node") + " as the spec has them at v" + run.cluster().kubernetes().version()
                + ", " + Counted.of(state.pods.size(), "system pod") + " ready" + Probes.said(exchange));
    }

    /*
     * Why the nodes that are at fault for what is missing are. Probes that failed on the first control plane, too, are taken for a fault
     * of the cluster.
     */
    private static Map<String, StepFailure> atFault(Exchange exchange, Run run, State state) {
        Map<String, List<String>> lacking = new TreeMap<>();
        state.missing.forEach(lack -> lack.node()
                .ifPresent(node -> lacking.computeIfAbsent(node, any -> new ArrayList<>()).add(lack.what())));
        Map<String, StepFailure> atFault = new TreeMap<>();
        lacking.forEach((node, what) -> atFault.put(node, notReady(node, "missing: " + String.join("; ", what))));
        Map<String, Throwable> probes = Probes.failures(exchange);
        if (!probes.containsKey(run.cluster().firstControlPlane().name())) {
            probes.forEach((node, failure) -> atFault.putIfAbsent(node,
                    failure instanceof StepFailure step ? step : notReady(node, String.valueOf(failure.getMessage()))));
        }
        return atFault;
    }

    private boolean goesBack(Run run, String node) {
        return run.cluster().hosts().stream().filter(host -> host.name().equals(node)).anyMatch(host -> upgrades.goesBack(run, host));
    }

    private static StepFailure notReady(String node, String why) {
        return new StepFailure(node, STEP, "not-ready", false, why,
                "Look at the node or pod: kubectl describe, and journalctl -u kubelet on its host.", List.of(), null);
    }

    /** Ends the wait: the nodes that are at fault fail, and the cluster must be verified again without them. */
    public void leaveOut(Exchange exchange) {
        State state = exchange.getVariable(STATE, State.class);
        Run run = exchange.getVariable(Variables.RUN, Run.class);
        Map<String, StepFailure> atFault = atFault(exchange, run, state);
        atFault.forEach((host, failure) -> {
            StepRecorder recorder = new StepRecorder(run, host, STEP, run.steps().nextAttempt(host, STEP));
            recorder.started();
            recorder.failed(failure.getStep().equals(STEP) ? failure : notReady(host, failure.getStep() + " failed on this node"));
            run.hostFailed(host, failure);
        });
        state.recorder.ended(StepState.OK, Map.of(), "to be verified again without " + String.join(", ", atFault.keySet()));
        exchange.setVariable(LEFT_OUT, run.cluster().hosts().stream().filter(host -> atFault.containsKey(host.name())).toList());
    }

    private static StepFailure failure(State state, Optional<StepFailure> tried) {
        boolean permanent = state.missing.stream().anyMatch(Lack::permanent);
        String missing = state.missing.isEmpty() ? "" : (permanent ? "" : "after " + state.limit.toSeconds() + " s: ") + said(state);
        if (tried.isEmpty() || permanent) {
            return new StepFailure(null, STEP, permanent ? "never-ready" : "not-ready", false, missing, permanent
                    ? "Waiting does not cure this. See the pod, or the deployment that has none, with kubectl -n kube-system describe;"
                            + " taints, images and manifests are in the spec."
                    : "Look at the node or pod: kubectl describe, and journalctl -u kubelet on its host.", List.of(), null);
        }
        String both = tried.get().getMessage() + (missing.isEmpty() ? "" : "; missing: " + said(state));
        return new StepFailure(null, STEP, tried.get().getKind(), false, both, tried.get().getRemedy(), List.of(), null);
    }

    private static String rootMessage(Throwable failure) {
        Throwable root = failure;
        while (root.getCause() != null && root.getCause() != root) {
            root = root.getCause();
        }
        return String.valueOf(root.getMessage());
    }
}
