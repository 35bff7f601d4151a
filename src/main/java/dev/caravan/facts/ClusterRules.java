package dev.caravan.facts;

import dev.caravan.facts.Survey.Seen;
import dev.caravan.kubeadm.Addons;
import dev.caravan.spec.Host;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;

/** What is on a host already must be this very cluster, as the spec describes it, or nothing. */
final class ClusterRules {
    private ClusterRules() {}

    static List<Finding> otherCluster(Survey survey) {
        Host first = survey.cluster().firstControlPlane();
        List<Finding> findings = new ArrayList<>();
        for (Seen seen : survey.hosts(host -> host.membership() == Membership.OTHER_CLUSTER)) {
            String server = seen.facts().kubernetes().apiServer().orElse("an unknown server");
            boolean lostItsFirst = seen.facts().initialised() && !seen.host().equals(first)
                    && survey.facts().containsKey(first.name()) && !survey.facts().get(first.name()).joined();
            findings.add(new Finding(
                    List.of(seen.name()),
                    "other-cluster",
                    Severity.REFUSES,
                    lostItsFirst
                            ? "a control plane of a cluster already (" + server + "), while " + first.name()
                                    + ", which would be initialised, is in none"
                            : "part of another cluster, whose API server is " + server,
                    lostItsFirst
                            ? "To extend that cluster, list " + seen.name() + " before " + first.name()
                                    + ". To start again, run kubeadm reset on " + seen.name() + "."
                            : "Take it out of that cluster (kubeadm reset on the host), or take it out of the spec."));
        }
        return findings;
    }

    static List<Finding> nodeName(Survey survey) {
        return survey.hosts(Seen::isMember).stream()
                .filter(seen -> !seen.facts().nodeName().isEmpty() && !seen.facts().nodeName().equals(seen.name()))
                .map(seen -> new Finding(
                        List.of(seen.name()),
                        "node-name",
                        Severity.REFUSES,
                        "in this cluster already, under the name " + seen.facts().nodeName(),
                        "Call it " + seen.facts().nodeName() + " in the spec, or take the node out of the cluster first."))
                .toList();
    }

    /** A node that is there does not change its role by being asked to join again. */
    static List<Finding> role(Survey survey) {
        String first = survey.cluster().firstControlPlane().name();
        return survey.hosts(seen -> seen.isMember() && !seen.name().equals(first)).stream()
                .filter(seen -> seen.facts().kubernetes().apiServerManifest() != seen.host().isControlPlane())
                .map(seen -> new Finding(
                        List.of(seen.name()),
                        "role",
                        Severity.REFUSES,
                        seen.host().isControlPlane() ? "a worker of this cluster already, and a control plane in the spec"
                                : "a control plane of this cluster already, and a worker in the spec",
                        "Take the node out of the cluster first (kubectl delete node, kubeadm reset), or correct its roles in the spec."))
                .toList();
    }

    static List<Finding> kubeletVersion(Survey survey) {
        String wanted = survey.cluster().kubernetes().version();
        List<Seen> hosts = survey.hosts(seen -> seen.membership() != Membership.OTHER_CLUSTER && !seen.facts().kubeletVersion().isEmpty());
        List<Finding> findings = new ArrayList<>();
        findings.addAll(kubelets(hosts, seen -> seen.isMember() && kubelet(seen).isAbove(wanted),
                found -> "the node's kubelet " + found + " is newer than the " + wanted + " of the spec",
                found -> "Ask for " + found + " in the spec: Kubernetes cannot be downgraded."));
        findings.addAll(kubelets(hosts, seen -> !seen.isMember() && kubelet(seen).isAbove(wanted),
                found -> "kubelet " + found + " is installed, newer than the " + wanted + " of the spec",
                found -> "Ask for " + found + " in the spec, or remove kubelet, kubeadm and kubectl from the host."));
        findings.addAll(kubelets(hosts, seen -> !seen.isMember() && kubelet(seen).isBelow(wanted),
                found -> "kubelet " + found + " is installed, and the spec asks for " + wanted,
                found -> "Remove kubelet, kubeadm and kubectl from the host: Caravan installs its own, and replaces none. Or ask for "
                        + found + "."));
        return findings;
    }

    private static List<Finding> kubelets(List<Seen> hosts, Predicate<Seen> which, UnaryOperator<String> problem,
            UnaryOperator<String> remedy) {
        return PlatformRules.grouped(hosts.stream().filter(which).toList(), seen -> seen.facts().kubeletVersion(),
                (found, alike) -> new Finding(alike, "kubelet-version", Severity.REFUSES, problem.apply(found), remedy.apply(found)));
    }

    private static Version kubelet(Seen seen) {
        return new Version(seen.facts().kubeletVersion());
    }

    /** Ports that Kubernetes needs and something else holds. In this cluster its own processes hold them, and that is fine. */
    static List<Finding> ports(Survey survey) {
        Ports ports = Ports.of(survey.cluster());
        boolean kubeProxy = Addons.of(survey.cluster(), survey.minor()).kubeProxy();
        String caHash = survey.facts().containsKey(survey.cluster().firstControlPlane().name())
                ? survey.facts().get(survey.cluster().firstControlPlane().name()).caHash() : "";
        List<Finding> findings = new ArrayList<>();
        for (Seen seen : survey.hosts(host -> host.membership() != Membership.OTHER_CLUSTER)) {
            // A join that was cut short has the CA already and no kubelet.conf yet.
            boolean ours = seen.isMember() || !caHash.isEmpty() && seen.facts().caHash().equals(caHash);
            Map<String, List<Integer>> held = new LinkedHashMap<>();
            ports.required(seen.host(), kubeProxy).forEach((port, expected) -> seen.facts().listening().stream()
                    .filter(listener -> listener.port() == port)
                    // The step endpoint looks whose haproxy it is.
                    .filter(listener -> !(expected.equals("haproxy") && listener.process().equals(expected)))
                    .filter(listener -> !ours || !(listener.process().isEmpty() || listener.process().equals(expected)))
                    .findFirst()
                    .ifPresent(listener -> held.computeIfAbsent(holder(listener), anyHolder -> new ArrayList<>()).add(port)));
            held.forEach((holder, numbers) -> findings.add(portsHeld(seen, holder, numbers)));
        }
        return findings;
    }

    private static Finding portsHeld(Seen seen, String holder, List<Integer> numbers) {
        String list = numbers.stream().sorted().map(String::valueOf).collect(Collectors.joining(", "));
        boolean kubernetes = holder.matches("(kube|etcd).*");
        return new Finding(
                List.of(seen.name()),
                "port-in-use",
                Severity.REFUSES,
                (numbers.size() == 1 ? "port " : "ports ") + list + (numbers.size() == 1 ? " is held by " : " are held by ") + holder,
                kubernetes
                        ? "It looks like what is left of another cluster: run kubeadm reset on the host."
                        : "Stop it or move it to another port: Kubernetes needs " + (numbers.size() == 1 ? "this one." : "these."));
    }

    private static String holder(Facts.Listener listener) {
        String process = listener.process().isEmpty() ? "a process that could not be seen" : listener.process();
        return listener.pid() == 0 ? process : process + " (pid " + listener.pid() + ")";
    }

    /** A CNI configuration left behind may be taken before the cluster's own: the runtime uses the first by name. */
    static List<Finding> leftoverNetwork(Survey survey) {
        return survey.hosts(seen -> seen.membership() == Membership.NONE).stream()
                .map(seen -> Map.entry(seen, seen.facts().podNetwork().configurations().stream()
                        .filter(file -> !file.matches(".*(loopback|podman|crio|caravan).*"))
                        .collect(Collectors.joining(", "))))
                .filter(entry -> !entry.getValue().isEmpty())
                .map(entry -> new Finding(
                        List.of(entry.getKey().name()),
                        "leftover-network",
                        Severity.WARNS,
                        "a pod network's configuration is in /etc/cni/net.d already: " + entry.getValue(),
                        "Move it away if it is left from another cluster: the first file by name is the one used."))
                .toList();
    }
}
