package dev.caravan.workflow;

import dev.caravan.data.PrivateFiles;
import dev.caravan.run.Run;
import dev.caravan.run.RunCancelled;
import dev.caravan.run.Variables;
import dev.caravan.spec.Cluster;
import dev.caravan.spec.Secret;
import dev.caravan.step.StepFailure;
import dev.caravan.step.StepResult;
import dev.caravan.step.StepTold;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.apache.camel.Exchange;
import org.apache.camel.Variable;
import org.apache.camel.spi.Registry;
import org.slf4j.LoggerFactory;

/** Looks at a cluster through its API until it is as the spec has it: bean {@code verify}. */
public final class Verification {
    private static final String STATE = "verification";

    private final Path data;
    private final Duration limit;

    /**
     * @param data  the data directory; kubeconfigs are kept in {@code clusters/NAME/kubeconfig} below it
     * @param limit how long to wait for the cluster
     */
    public Verification(Path data, Duration limit) {
        this.data = data;
        this.limit = limit;
    }

    private static final class State {
        private final StepTold told;
        private final Instant deadline;
        private List<String> missing = List.of("the API server has not been asked yet");
        private String said = "";
        private int nodes;
        private int pods;

        private State(StepTold told, Instant deadline) {
            this.told = told;
            this.deadline = deadline;
        }
    }

    private Path kubeconfig(Run run) {
        return data.resolve("clusters").resolve(run.cluster().name()).resolve("kubeconfig");
    }

    /** Removes the kubeconfig of a cluster that is no more, where there is one: its credentials open nothing. */
    public void removeKubeconfig(@Variable(Variables.RUN) Run run) throws IOException {
        if (Files.deleteIfExists(kubeconfig(run))) {
            run.keepKubeconfig(null);
            run.note(null, "removed " + kubeconfig(run));
        }
    }

    /**
     * Keeps the kubeconfig that the step before fetched, if there was one, and makes a client of it:
     * {@code #kubernetes-RUN}. The client is tried here, while other hosts join, because its first answer takes seconds.
     */
    public void keepKubeconfig(Exchange exchange) throws IOException {
        Run run = exchange.getVariable(Variables.RUN, Run.class);
        Secret kubeconfig = exchange.getMessage().getBody(StepResult.class).secrets().get("kubeconfig");
        if (kubeconfig == null) {
            return;
        }
        Path file = kubeconfig(run);
        PrivateFiles.makeDirectories(file.getParent());
        Path temporary = Files.createTempFile(file.getParent(), "kubeconfig", ".new",
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        Files.writeString(temporary, kubeconfig.reveal());
        Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE);
        run.keepKubeconfig(file.toString());
        Config config = Config.fromKubeconfig(kubeconfig.reveal());
        config.setConnectionTimeout(5_000);
        config.setRequestTimeout(10_000);
        config.setRequestRetryBackoffLimit(0);
        KubernetesClient client = new KubernetesClientBuilder().withConfig(config).build();
        Registry registry = exchange.getContext().getRegistry();
        registry.bind(client(run), client);
        run.atEnd(() -> {
            registry.unbind(client(run));
            client.close();
        });
        try {
            client.nodes().list();
        } catch (KubernetesClientException e) {
            LoggerFactory.getLogger(Verification.class).debug("the API server does not answer yet", e);
        }
    }

    private static String client(Run run) {
        return "kubernetes-" + run.id();
    }

    /** Begins to wait for the cluster. */
    public void begin(Exchange exchange) {
        Run run = exchange.getVariable(Variables.RUN, Run.class);
        StepTold told = new StepTold(run, null, "verify", run.nextAttempt("", "verify"));
        told.started();
        exchange.setVariable(STATE, new State(told, Instant.now().plus(limit)));
    }

    /** Whether the last look found something missing. */
    public boolean isWaiting(Exchange exchange) {
        return !exchange.getVariable(STATE, State.class).missing.isEmpty();
    }

    /** Notes that the API server gave no answer this time. */
    public void unanswered(Exchange exchange) {
        Exception failure = exchange.getProperty(Exchange.EXCEPTION_CAUGHT, Exception.class);
        exchange.removeVariable("nodes");
        exchange.getVariable(STATE, State.class).missing = List.of("the API server does not answer: " + rootMessage(failure));
    }

    /** Holds the variables {@code nodes} and {@code pods} against the spec; fails when the time is over. */
    public void judge(Exchange exchange) throws StepFailure, RunCancelled {
        Run run = exchange.getVariable(Variables.RUN, Run.class);
        State state = exchange.getVariable(STATE, State.class);
        if (run.isCancelled()) {
            throw new RunCancelled();
        }
        List<?> nodes = exchange.getVariable("nodes", List.class);
        if (nodes != null) {
            List<Node> seenNodes = nodes.stream().map(Node.class::cast).toList();
            List<Pod> seenPods = ((List<?>) exchange.getVariable("pods", List.class)).stream().map(Pod.class::cast).toList();
            boolean networked = run.cluster().network().cni() != Cluster.Cni.NONE || run.cluster().network().manifest().isPresent();
            state.missing = ClusterHealth.missing(run.cluster(), run::hasFailed, networked, seenNodes, seenPods);
            state.nodes = seenNodes.size();
            state.pods = seenPods.size();
        }
        if (state.missing.isEmpty()) {
            return;
        }
        String missing = String.join("; ", state.missing);
        if (Instant.now().isAfter(state.deadline)) {
            StepFailure failure = new StepFailure(null, "verify", "not-ready", false,
                    "after " + limit.toSeconds() + " s: " + missing,
                    "Look at the node or pod: kubectl describe, and journalctl -u kubelet on its host.", List.of(), null);
            state.told.failed(failure);
            throw failure;
        }
        if (!missing.equals(state.said)) {
            state.said = missing;
            state.told.doing("waits for " + missing);
        }
    }

    /** Ends the wait: everything is there. */
    public void end(Exchange exchange) {
        State state = exchange.getVariable(STATE, State.class);
        Run run = exchange.getVariable(Variables.RUN, Run.class);
        state.told.ended(StepResult.State.OK, Map.of(), state.nodes + " nodes as the spec has them at v" + run.cluster().kubernetes().version()
                + ", " + state.pods + " system pods running");
    }

    private static String rootMessage(Throwable failure) {
        Throwable root = failure;
        while (root.getCause() != null && root.getCause() != root) {
            root = root.getCause();
        }
        return String.valueOf(root.getMessage());
    }
}
