package dev.caravan.facts;

import dev.caravan.kubeadm.KubernetesVersion;
import dev.caravan.kubeadm.RuntimeRules;
import dev.caravan.spec.Cluster;
import dev.caravan.tables.Minor;
import dev.caravan.tables.Minor.DualStack;
import dev.caravan.tables.Minor.Ipvs;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;

/** What the spec asks for, held against what its minor of Kubernetes takes. About the spec, so that no host is named. */
final class SpecRules {
    private static final String WHERE = "kubernetes.kubeadm.";

    private SpecRules() {}

    /** Which runtimes this version of Kubernetes takes. */
    static List<Finding> runtime(Survey survey) {
        Cluster cluster = survey.cluster();
        return RuntimeRules.refusal(cluster.runtime().name(), KubernetesVersion.of(cluster), survey.minor()).stream()
                .map(refusal -> new Finding(List.of(), "runtime", Severity.REFUSES, refusal.reason(), sentence(refusal.remedy())))
                .toList();
    }

    private static String sentence(String words) {
        return words.substring(0, 1).toUpperCase(Locale.ROOT) + words.substring(1) + ".";
    }

    /** What is newer than anything tried may need what nobody knows yet. */
    static List<Finding> newestTried(Survey survey) {
        Cluster.Kubernetes kubernetes = survey.cluster().kubernetes();
        int newest = survey.versions().newestTried();
        return kubernetes.minor() <= newest ? List.of() : List.of(new Finding(List.of(), "untried-version", Severity.WARNS,
                "Kubernetes " + kubernetes.version() + " is newer than 1." + newest
                        + ", the newest that Caravan was tried with",
                "Try it on hosts that may be lost. What a minor needs is in routes/data/kubernetes.yaml."));
    }

    /** Feature gates and flags that this minor no longer knows: kubeadm, kubelet or kube-proxy end at once with such a one. */
    static List<Finding> removed(Survey survey) {
        Minor.Removed removed = survey.minor().removed();
        Map<String, Map<String, Object>> documents = survey.cluster().kubernetes().kubeadm();
        Map<String, Integer> found = new LinkedHashMap<>();
        look(found, documents, "ClusterConfiguration", List.of("featureGates"), removed.kubeadmFeatureGates());
        for (String kind : List.of("KubeletConfiguration", "KubeProxyConfiguration")) {
            look(found, documents, kind, List.of("featureGates"), removed.featureGates());
        }
        for (String kind : List.of(Survey.INIT, Survey.JOIN)) {
            look(found, documents, kind, List.of("nodeRegistration", "kubeletExtraArgs"), removed.kubeletFlags());
        }
        for (String component : List.of("apiServer", "controllerManager", "scheduler")) {
            gatesOf(found, documents, component, removed.featureGates());
        }
        return found.entrySet().stream()
                .map(each -> new Finding(List.of(), "removed-setting", Severity.REFUSES,
                        WHERE + each.getKey() + " was removed with Kubernetes 1." + each.getValue() + ", and the spec asks for "
                                + survey.cluster().kubernetes().version(),
                        "Take it out of the spec."))
                .toList();
    }

    private static void look(
            Map<String, Integer> found, Map<String, Map<String, Object>> documents, String kind, List<String> path,
            Map<String, Integer> removed) {
        Object section = documents.getOrDefault(kind, Map.of());
        for (String key : path) {
            section = section instanceof Map<?, ?> map ? map.get(key) : null;
        }
        String place = kind + "." + String.join(".", path) + ".";
        names(section).filter(removed::containsKey).forEach(name -> found.put(place + name, removed.get(name)));
    }

    /** The names in a map, or in a list of maps with name and value. */
    private static Stream<String> names(Object section) {
        if (section instanceof Map<?, ?> map) {
            return map.keySet().stream().map(String::valueOf);
        }
        return section instanceof Collection<?> list
                ? list.stream().filter(Map.class::isInstance).map(item -> String.valueOf(((Map<?, ?>) item).get("name")))
                : Stream.empty();
    }

    /** A component's gates are one argument: {@code feature-gates: A=true,B=false}. */
    private static void gatesOf(
            Map<String, Integer> found, Map<String, Map<String, Object>> documents, String component, Map<String, Integer> removed) {
        Object section = documents.getOrDefault("ClusterConfiguration", Map.of()).get(component);
        Object arguments = section instanceof Map<?, ?> map ? map.get("extraArgs") : null;
        String place = "ClusterConfiguration." + component + ".extraArgs.feature-gates: ";
        values(arguments).flatMap(value -> Stream.of(value.split(","))).map(gate -> gate.replaceFirst("=.*", "").strip())
                .filter(removed::containsKey).forEach(gate -> found.put(place + gate, removed.get(gate)));
    }

    private static Stream<String> values(Object arguments) {
        if (arguments instanceof Map<?, ?> map) {
            return Stream.ofNullable(map.get("feature-gates")).map(String::valueOf);
        }
        return arguments instanceof Collection<?> list
                ? list.stream().filter(Map.class::isInstance).map(item -> (Map<?, ?>) item)
                        .filter(item -> "feature-gates".equals(item.get("name"))).map(item -> String.valueOf(item.get("value")))
                : Stream.empty();
    }

    /** The spec's reader refuses two subnets before 1.21; the table may say so of other minors. */
    static List<Finding> dualStack(Survey survey) {
        Cluster.Kubernetes kubernetes = survey.cluster().kubernetes();
        boolean two = kubernetes.podSubnet().contains(",") || kubernetes.serviceSubnet().contains(",");
        return !two || survey.minor().dualStack() == DualStack.ON ? List.of() : List.of(new Finding(List.of(), "dual-stack",
                Severity.REFUSES,
                "Kubernetes " + kubernetes.version() + " has no dual stack: it takes one podSubnet and one serviceSubnet",
                "Write one subnet, or take a newer Kubernetes."));
    }

    /** kube-proxy's modes come and go. */
    static List<Finding> proxyMode(Survey survey) {
        List<Finding> findings = new ArrayList<>();
        String mode = kubeProxyMode(survey);
        String version = survey.cluster().kubernetes().version();
        if (mode.equals("ipvs") && survey.minor().ipvs() == Ipvs.DEPRECATED) {
            findings.add(new Finding(List.of(), "kube-proxy-mode", Severity.WARNS,
                    "kube-proxy's mode ipvs is deprecated in Kubernetes " + version,
                    "Write KubeProxyConfiguration: {mode: nftables}, or leave the mode out."));
        }
        if (mode.equals("nftables") && survey.minor().nftablesKernel().isEmpty()) {
            findings.add(new Finding(List.of(), "kube-proxy-mode", Severity.REFUSES,
                    "kube-proxy of Kubernetes " + version + " has no mode nftables",
                    "Write KubeProxyConfiguration: {mode: iptables}, or leave the mode out."));
        }
        return findings;
    }

    /** The mode that the spec asks for; empty where it asks for none. */
    static String kubeProxyMode(Survey survey) {
        Object mode = survey.cluster().kubernetes().kubeadm().getOrDefault("KubeProxyConfiguration", Map.of()).get("mode");
        return mode instanceof String text ? text : "";
    }
}
