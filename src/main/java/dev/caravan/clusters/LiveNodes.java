package dev.caravan.clusters;

import dev.caravan.spec.Secret;
import dev.caravan.workflow.Kubeconfigs;
import io.fabric8.kubernetes.api.model.ListOptionsBuilder;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeCondition;
import io.fabric8.kubernetes.api.model.NodeList;
import io.fabric8.kubernetes.api.model.NodeSpec;
import io.fabric8.kubernetes.api.model.Taint;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The nodes of clusters as their API servers have them now, read with the kubeconfigs of the data directory. However many ask, a cluster is
 * asked one time after the other, and no more often than every few seconds. Thread-safe.
 */
public final class LiveNodes {
    private static final Duration FRESH = Duration.ofSeconds(3);
    private static final int MOST = 5000;
    private static final long PAGE = 500;
    private static final String ROLE = "node-role.kubernetes.io/";

    private final Clusters clusters;
    private final Map<String, Looks> looks = new ConcurrentHashMap<>();

    /**
     * A node.
     *
     * @param ready   as its condition Ready has it: True, False or Unknown; empty if it has none yet
     * @param message why it is not Ready; may be empty
     * @param taints  as kubectl writes them: KEY=VALUE:EFFECT
     */
    public record LiveNode(
            String name, Optional<String> ready, String message, String version, List<String> roles, List<String> taints,
            boolean unschedulable) {
        public LiveNode {
            roles = List.copyOf(roles);
            taints = List.copyOf(taints);
        }
    }

    /** What a look at a cluster found, and when it was. */
    public record Found(Instant at, List<LiveNode> nodes) {
        public Found {
            nodes = List.copyOf(nodes);
        }
    }

    /** The API server gave no answer that can be used; the message is a sentence that says which, and why. */
    public static final class Unreachable extends Exception {
        Unreachable(String message, Throwable cause) {
            super(message, cause);
        }
    }

    /** The last look at a cluster: one of the two is there. */
    private record Look(Instant at, Optional<Found> found, Optional<Unreachable> failed) {}

    /** At one cluster. */
    private static final class Looks {
        private Look last = new Look(Instant.EPOCH, Optional.empty(), Optional.empty());

        synchronized Look now(Secret kubeconfig) {
            if (last.at().plus(FRESH).isBefore(Instant.now())) {
                last = look(kubeconfig);
            }
            return last;
        }
    }

    public LiveNodes(Clusters clusters) {
        this.clusters = clusters;
    }

    /** Empty if the data directory has no kubeconfig of a cluster of that name. Takes seconds if the cluster is not there. */
    public Optional<Found> of(String name) throws IOException, Unreachable {
        Optional<byte[]> kubeconfig = clusters.kubeconfig(name);
        if (kubeconfig.isEmpty()) {
            looks.remove(name);
            return Optional.empty();
        }
        Secret secret = new Secret(new String(kubeconfig.get(), StandardCharsets.UTF_8));
        Look look = looks.computeIfAbsent(name, any -> new Looks()).now(secret);
        if (look.failed().isPresent()) {
            throw look.failed().get();
        }
        return look.found();
    }

    private static Look look(Secret kubeconfig) {
        String server = "The API server";
        try (KubernetesClient client = Kubeconfigs.open(kubeconfig)) {
            server += " " + client.getMasterUrl().getProtocol() + "://" + client.getMasterUrl().getAuthority();
            List<LiveNode> nodes = list(client).stream().map(LiveNodes::node).toList();
            return new Look(Instant.now(), Optional.of(new Found(Instant.now(), nodes)), Optional.empty());
        } catch (KubernetesClientException e) {
            String what = e.getCode() > 0 ? " answers " + e.getCode() + " to the kept kubeconfig." : " does not answer: " + reason(e) + ".";
            return new Look(Instant.now(), Optional.empty(), Optional.of(new Unreachable(server + what, e)));
        } catch (RuntimeException e) {
            // what the client makes of a kubeconfig that is none
            return new Look(Instant.now(), Optional.empty(), Optional.of(new Unreachable("The kept kubeconfig cannot be used.", e)));
        }
    }

    private static List<Node> list(KubernetesClient client) {
        List<Node> all = new ArrayList<>();
        String from = null;
        do {
            NodeList page = client.nodes().list(new ListOptionsBuilder().withLimit(PAGE).withContinue(from).build());
            all.addAll(page.getItems());
            from = page.getMetadata() == null ? null : page.getMetadata().getContinue();
        } while (from != null && !from.isEmpty() && all.size() < MOST);
        return all;
    }

    /* The exceptions of the JDK's client often say nothing but their names. */
    private static String reason(Throwable failure) {
        Throwable root = failure;
        while (root.getCause() != null && root.getCause() != root) {
            root = root.getCause();
        }
        String name = root.getClass().getSimpleName();
        return switch (name) {
            case "ConnectException", "ClosedChannelException" -> "connection refused, or no route";
            case "HttpConnectTimeoutException", "HttpTimeoutException", "TimeoutException" -> "it took too long";
            default -> Optional.ofNullable(root.getMessage()).filter(message -> !message.isBlank()).orElse(name);
        };
    }

    private static LiveNode node(Node node) {
        Optional<NodeCondition> ready = node.getStatus().getConditions().stream()
                .filter(condition -> "Ready".equals(condition.getType())).findFirst();
        String message = ready.filter(condition -> !"True".equals(condition.getStatus())).map(NodeCondition::getMessage).orElse("");
        Map<String, String> labels = Optional.ofNullable(node.getMetadata().getLabels()).orElse(Map.of());
        TreeSet<String> roles = new TreeSet<>();
        labels.keySet().stream().filter(label -> label.startsWith(ROLE)).map(label -> label.substring(ROLE.length()))
                .map(role -> role.equals("master") ? "control-plane" : role).forEach(roles::add);
        NodeSpec spec = Optional.ofNullable(node.getSpec()).orElseGet(NodeSpec::new);
        return new LiveNode(node.getMetadata().getName(), ready.map(NodeCondition::getStatus), message == null ? "" : message,
                node.getStatus().getNodeInfo().getKubeletVersion().replaceFirst("^v", ""), List.copyOf(roles),
                spec.getTaints().stream().map(LiveNodes::taint).toList(), Boolean.TRUE.equals(spec.getUnschedulable()));
    }

    private static String taint(Taint taint) {
        boolean hasValue = taint.getValue() != null && !taint.getValue().isEmpty();
        return taint.getKey() + (hasValue ? "=" + taint.getValue() : "") + ":" + taint.getEffect();
    }
}
