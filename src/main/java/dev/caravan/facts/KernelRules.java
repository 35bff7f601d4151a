package dev.caravan.facts;

import dev.caravan.facts.Survey.Seen;
import dev.caravan.spec.Cluster;
import dev.caravan.spec.Cluster.Cni;
import dev.caravan.spec.Words;
import dev.caravan.tables.Minor.CgroupV1;
import dev.caravan.tables.Minor.Least;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** The kernel, its cgroups and its modules, held against what the cluster's minor of Kubernetes needs. */
final class KernelRules {
    /** kubeadm's check of kernel and cgroups (kubernetes/system-validators). */
    private static final String CHECK = "SystemVerification";
    /** Modules for rules of iptables, which kube-proxy in mode nftables and some networks do without. */
    private static final Set<String> FOR_IPTABLES = Set.of("xt_comment", "nft_compat");

    private KernelRules() {}

    /** As kubeadm's SystemVerification: what it makes an error of refuses, unless the spec has that check ignored. */
    static List<Finding> kernel(Survey survey) {
        Least least = survey.minor().kernel();
        return PlatformRules.grouped(
                survey.hosts(seen -> isBelow(seen, least.refuseBelow()) || isBelow(seen, least.warnBelow())),
                seen -> seen.facts().system().kernel() + (isBelow(seen, least.refuseBelow()) && !ignores(survey, seen) ? "" : " "),
                (key, hosts) -> {
                    boolean refuses = !key.endsWith(" ");
                    String kernel = key.strip();
                    Optional<String> refused = least.refuseBelow().filter(new Version(kernel)::isBelow);
                    String wanted = refused.or(least::warnBelow).orElseThrow();
                    return new Finding(
                            hosts,
                            "kernel",
                            refuses ? Severity.REFUSES : Severity.WARNS,
                            "kernel " + kernel + " is too old for Kubernetes " + survey.cluster().kubernetes().version(),
                            "Install " + wanted + " or a later kernel."
                                    + (!refuses ? "" : " kubeadm's " + CHECK + " fails on older ones, unless ignorePreflightErrors has it: "
                                    + ignoring(survey, hosts)));
                });
    }

    private static boolean isBelow(Seen seen, Optional<String> least) {
        return least.isPresent() && new Version(seen.facts().system().kernel()).isBelow(least.get());
    }

    private static boolean ignores(Survey survey, Seen seen) {
        return survey.kubeadmIgnores(survey.cluster().kubeadmKind(seen.host()), CHECK);
    }

    /** What to write below {@code kubernetes}, as one line of YAML. */
    private static String ignoring(Survey survey, Collection<String> hosts) {
        return "kubeadm: {" + ignoringKinds(survey, hosts) + "}";
    }

    private static String ignoringKinds(Survey survey, Collection<String> hosts) {
        return survey.hosts(seen -> hosts.contains(seen.name())).stream()
                .map(seen -> survey.cluster().kubeadmKind(seen.host()))
                .collect(Collectors.toCollection(TreeSet::new)).stream()
                .map(kind -> kind + ": {nodeRegistration: {ignorePreflightErrors: [" + CHECK + "]}}")
                .collect(Collectors.joining(", "));
    }

    /** What kube-proxy's mode nftables needs. */
    static List<Finding> nftables(Survey survey) {
        if (!"nftables".equals(SpecRules.kubeProxyMode(survey)) || survey.minor().nftablesKernel().isEmpty()) {
            return List.of();
        }
        String least = survey.minor().nftablesKernel().get();
        return PlatformRules.grouped(survey.hosts(seen -> isBelow(seen, Optional.of(least))), seen -> seen.facts().system().kernel(),
                (kernel, hosts) -> new Finding(hosts, "kube-proxy-mode", Severity.REFUSES,
                        "kernel " + kernel + " is too old for kube-proxy's mode nftables, which needs " + least,
                        "Install a later kernel, or take KubeProxyConfiguration: {mode: iptables}."));
    }

    /**
     * What the pod network's own documents ask for. It only warns: they also name distributions whose vendors add parts of later kernels
     * to an older one. Nothing is known of a manifest of the user's own, except that Cilium's releases for recent minors agree.
     */
    static List<Finding> network(Survey survey) {
        Cluster.Network network = survey.cluster().network();
        int minor = survey.cluster().kubernetes().minor();
        Optional<String> least = network.manifest().isPresent() && network.cni() != Cni.CILIUM
                ? Optional.empty()
                : survey.networks().kernel(network.cni(), minor);
        String name = Words.of(network.cni())
                + survey.networks().release(network.cni(), minor).map(release -> " " + release.release()).orElse("");
        return PlatformRules.grouped(survey.hosts(seen -> isBelow(seen, least)), seen -> seen.facts().system().kernel(),
                (kernel, hosts) -> new Finding(hosts, "kernel", Severity.WARNS,
                        "kernel " + kernel + " is too old for " + name + ", which asks for " + least.orElseThrow(),
                        "Install a later kernel. That of Enterprise Linux 8 may do: its vendor adds parts of later ones."));
    }

    /**
     * Where cgroup v1 is refused, the kubelet has to be told by failCgroupV1 and kubeadm by ignorePreflightErrors: each refuses it by
     * itself (kubernetes/kubernetes#134744).
     */
    static List<Finding> cgroups(Survey survey) {
        List<Seen> hosts = survey.hosts(seen -> seen.facts().cgroupVersion() == 1);
        List<Finding> findings = new ArrayList<>(cpuset(survey, hosts));
        CgroupV1 taken = survey.minor().cgroupV1();
        if (taken == CgroupV1.REFUSED) {
            List<Seen> refused = hosts.stream().filter(seen -> !kubeletTakesCgroupV1(survey) || !ignores(survey, seen)).toList();
            if (!refused.isEmpty()) {
                List<String> names = Survey.names(refused);
                findings.add(new Finding(names, "cgroups", Severity.REFUSES,
                        "cgroup v1, which kubelet and kubeadm of " + survey.minor().series() + " both refuse",
                        "Boot with systemd.unified_cgroup_hierarchy=1. Or set both below kubernetes in the spec: "
                                + "kubeadm: {KubeletConfiguration: {failCgroupV1: false}, " + ignoringKinds(survey, names) + "}"));
            }
        }
        if (taken != CgroupV1.ACCEPTED && !hosts.isEmpty() && findings.isEmpty()) {
            findings.add(new Finding(Survey.names(hosts), "cgroups", Severity.WARNS,
                    "cgroup v1, which is in maintenance mode: Kubernetes gets nothing new for it, and leaves it in time",
                    "Boot with systemd.unified_cgroup_hierarchy=1, or a newer operating system."));
        }
        return findings;
    }

    private static boolean kubeletTakesCgroupV1(Survey survey) {
        Map<String, Object> kubelet = survey.cluster().kubernetes().kubeadm().getOrDefault("KubeletConfiguration", Map.of());
        return Boolean.FALSE.equals(kubelet.get("failCgroupV1"));
    }

    /** Kernels from 6.12 on are as a rule built without it for cgroup v1; kubeadm then ends with "missing required cgroups: cpuset". */
    private static List<Finding> cpuset(Survey survey, List<Seen> hosts) {
        List<Seen> without = hosts.stream()
                .filter(seen -> !seen.facts().kernel().controllers().isEmpty() && !seen.facts().kernel().controllers().contains("cpuset"))
                .filter(seen -> !ignores(survey, seen))
                .toList();
        return without.isEmpty() ? List.of() : List.of(new Finding(Survey.names(without), "cgroups", Severity.REFUSES,
                "cgroup v1 without the controller cpuset, which kubeadm requires (missing required cgroups: cpuset)",
                "Boot with systemd.unified_cgroup_hierarchy=1: this kernel has cpuset for cgroup v2 only."));
    }

    /** On the yum family os-prepare installs the package that has them; elsewhere it would fail. */
    static List<Finding> modules(Survey survey) {
        return PlatformRules.grouped(
                survey.hosts(seen -> !seen.isMember() && !seen.facts().kernel().missingModules().isEmpty()),
                seen -> seen.facts().family() + " " + seen.facts().system().kernel() + " "
                        + String.join(", ", seen.facts().kernel().missingModules()),
                (key, hosts) -> {
                    String[] part = key.split(" ", 3);
                    boolean yum = part[0].equals("yum");
                    boolean dispensable = FOR_IPTABLES.containsAll(List.of(part[2].split(", ")));
                    return new Finding(hosts, "kernel-modules", yum || dispensable ? Severity.WARNS : Severity.REFUSES,
                            "the kernel " + part[1] + " has no module " + part[2],
                            yum
                                    ? "os-prepare installs kernel-modules-extra-" + part[1]
                                            + ". Where no repository has it, boot a kernel that has them."
                                    : "Install the kernel's modules (on Ubuntu linux-modules-extra-" + part[1]
                                            + "), or boot a kernel that has them.");
                });
    }
}
