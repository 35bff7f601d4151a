package dev.caravan.workflow;

import io.fabric8.kubernetes.api.model.ContainerStateTerminated;
import io.fabric8.kubernetes.api.model.ContainerStateWaiting;
import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodCondition;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.Taint;
import io.fabric8.kubernetes.api.model.Toleration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What a pod lacks to be ready, in the words of scheduler, kubelet and the container itself. Pure. */
final class PodHealth {
    private static final int LONGEST = 300;
    private static final String PROBE = "caravan-probe";

    /** Reasons that are kubelet's own verdict on the pod's specification, which no waiting changes. */
    private static final Set<String> WRONG = Set.of("InvalidImageName", "ErrImageNeverPull");
    private static final Set<String> UNPULLED = Set.of("ErrImagePull", "ImagePullBackOff");

    /** Kubernetes itself, a cloud's controller or a network removes these, so they say nothing of how a node will be. */
    private static final List<String> TEMPORARY_TAINTS = List.of("node.kubernetes.io/", "node.cloudprovider.kubernetes.io/");

    /**
     * @param crashes    from how many restarts on a crash loop is permanent
     * @param unpullable whether kubelet's words of an image that it could not pull say that it never will
     */
    record Limits(int crashes, Predicate<String> unpullable) {}

    private PodHealth() {}

    /** Whether the pod says something of the cluster: not one that is being deleted, nor a probe's. */
    static boolean isLookedAt(Pod pod) {
        return pod.getMetadata().getDeletionTimestamp() == null
                && (pod.getMetadata().getLabels() == null || !PROBE.equals(pod.getMetadata().getLabels().get("app")));
    }

    /**
     * What the pod lacks; nothing where it is ready or has done its work.
     *
     * @param nodes all nodes, once all are as they should be; else empty
     */
    static Optional<ClusterHealth.Lack> lack(Pod pod, List<Node> nodes, Limits limits) {
        if ("Succeeded".equals(pod.getStatus().getPhase()) || isReady(pod)) {
            return Optional.empty();
        }
        List<String> taints = taintsInTheWay(pod, nodes);
        if (!taints.isEmpty()) {
            return Optional.of(new ClusterHealth.Lack(name(pod) + " to have a node: it tolerates none of the taints "
                    + String.join(", ", taints)
                    + unscheduled(pod).map(PodHealth::inBrackets).orElse(""), true, Optional.empty()));
        }
        boolean permanent = containers(pod).anyMatch(container -> isPermanent(container, limits));
        boolean running = "Running".equals(pod.getStatus().getPhase())
                && containers(pod).allMatch(container -> container.getState() != null && container.getState().getRunning() != null);
        return Optional.of(new ClusterHealth.Lack(name(pod) + (running ? " to be ready" : " to run") + why(pod), permanent,
                isOfItsNode(pod) ? node(pod) : Optional.empty()));
    }

    /** The container that ends again and again; nothing where the pod has none. */
    static Optional<ContainerStatus> crashing(Pod pod) {
        return containers(pod).filter(container -> "CrashLoopBackOff".equals(reason(container))).findFirst();
    }

    /** Text of any length and form, short and on one line, in brackets; nothing for none. */
    static String inBrackets(String text) {
        String line = text.replaceAll("\\s+", " ").strip();
        return line.isEmpty() ? "" : " (" + (line.length() > LONGEST ? line.substring(0, LONGEST) + "…" : line) + ")";
    }

    /** The node that the pod was given. */
    static Optional<String> node(Pod pod) {
        return Optional.ofNullable(pod.getSpec()).map(PodSpec::getNodeName).filter(name -> !name.isEmpty());
    }

    /* A pod that every node has, of a DaemonSet or of the kubelet itself. Others could be elsewhere, with the same fault. */
    private static boolean isOfItsNode(Pod pod) {
        return pod.getMetadata().getOwnerReferences().stream()
                .anyMatch(owner -> owner.getKind().equals("DaemonSet") || owner.getKind().equals("Node"));
    }

    private static String name(Pod pod) {
        return "pod " + pod.getMetadata().getName() + node(pod).map(node -> " on " + node).orElse("");
    }

    private static boolean isReady(Pod pod) {
        return pod.getStatus().getConditions().stream().anyMatch(condition -> condition.getType().equals("Ready")
                && condition.getStatus().equals("True"));
    }

    private static Stream<ContainerStatus> containers(Pod pod) {
        return Stream.concat(pod.getStatus().getInitContainerStatuses().stream(), pod.getStatus().getContainerStatuses().stream());
    }

    private static String reason(ContainerStatus container) {
        return container.getState() == null || container.getState().getWaiting() == null
                ? ""
                : String.valueOf(container.getState().getWaiting().getReason());
    }

    private static boolean isPermanent(ContainerStatus container, Limits limits) {
        String reason = reason(container);
        return WRONG.contains(reason)
                || UNPULLED.contains(reason) && limits.unpullable().test(String.valueOf(container.getState().getWaiting().getMessage()))
                || reason.equals("CrashLoopBackOff") && container.getRestartCount() != null
                        && container.getRestartCount() >= limits.crashes();
    }

    /* What the scheduler or kubelet says of it; of a container that ended, how. */
    private static String why(Pod pod) {
        return Stream.concat(unscheduled(pod).stream(), containers(pod).map(PodHealth::words)).filter(Objects::nonNull).findFirst()
                .map(PodHealth::inBrackets).orElse("");
    }

    private static Optional<String> unscheduled(Pod pod) {
        return pod.getStatus().getConditions().stream().filter(condition -> condition.getType().equals("PodScheduled")
                && condition.getStatus().equals("False"))
                .map(PodCondition::getMessage).filter(Objects::nonNull).findFirst();
    }

    private static String words(ContainerStatus container) {
        ContainerStateWaiting waiting = container.getState() == null ? null : container.getState().getWaiting();
        if (waiting == null) {
            return null;
        }
        if ("CrashLoopBackOff".equals(waiting.getReason())) {
            ContainerStateTerminated last = container.getLastState() == null ? null : container.getLastState().getTerminated();
            return waiting.getReason() + ": " + container.getName() + " ended " + container.getRestartCount() + " times"
                    + (last == null ? "" : ", the last time with status " + last.getExitCode()
                            + (last.getMessage() == null ? "" : ": " + last.getMessage()));
        }
        return waiting.getMessage() == null ? waiting.getReason() : waiting.getReason() + ": " + waiting.getMessage();
    }

    // ---- taints

    /* The taints that keep the pod from every node, as NODE KEY=VALUE:EFFECT; none where a node is free for it or may become so. */
    private static List<String> taintsInTheWay(Pod pod, List<Node> nodes) {
        if (nodes.isEmpty() || unscheduled(pod).isEmpty() || pod.getSpec() == null) {
            return List.of();
        }
        List<Optional<Taint>> first = nodes.stream().map(node -> taints(node).filter(taint -> !tolerates(pod, taint)).findFirst()).toList();
        return first.stream().allMatch(Optional::isPresent)
                ? first.stream().map(taint -> shown(taint.get())).distinct().sorted().collect(Collectors.toList()) : List.of();
    }

    private static Stream<Taint> taints(Node node) {
        return node.getSpec() == null || node.getSpec().getTaints() == null ? Stream.of()
                : node.getSpec().getTaints().stream().filter(taint -> !"PreferNoSchedule".equals(taint.getEffect())
                        && !isTemporary(taint.getKey()));
    }

    private static boolean isTemporary(String key) {
        return TEMPORARY_TAINTS.stream().anyMatch(key::startsWith) || key.endsWith("-not-ready");
    }

    private static boolean tolerates(Pod pod, Taint taint) {
        return pod.getSpec().getTolerations().stream().anyMatch(toleration -> tolerates(toleration, taint));
    }

    /* As k8s.io/api core/v1 Toleration.ToleratesTaint has it: an empty key, effect or value matches all. */
    private static boolean tolerates(Toleration toleration, Taint taint) {
        boolean any = "Exists".equals(toleration.getOperator());
        return (isEmpty(toleration.getEffect()) || toleration.getEffect().equals(taint.getEffect()))
                && (isEmpty(toleration.getKey()) ? any : toleration.getKey().equals(taint.getKey()))
                && (any || Objects.requireNonNullElse(toleration.getValue(), "").equals(Objects.requireNonNullElse(taint.getValue(), "")));
    }

    private static boolean isEmpty(String text) {
        return text == null || text.isEmpty();
    }

    private static String shown(Taint taint) {
        return taint.getKey() + (isEmpty(taint.getValue()) ? "" : "=" + taint.getValue()) + ":" + taint.getEffect();
    }
}
