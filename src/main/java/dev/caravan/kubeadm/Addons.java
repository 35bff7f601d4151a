package dev.caravan.kubeadm;

import dev.caravan.spec.Cluster;
import dev.caravan.tables.Minor;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;

/**
 * What {@code kubeadm init} of a cluster puts into its API beside the nodes, after the spec's own documents. Immutable.
 *
 * @param configuration whether the cluster's configuration is stored: ConfigMap kubeadm-config
 * @param dns           whether CoreDNS is installed
 * @param kubeProxy     whether kube-proxy is
 */
public record Addons(boolean configuration, boolean dns, boolean kubeProxy) {

    /**
     * Reads {@code skipPhases} of InitConfiguration (v1beta3 and later; kubeadm overlooks it in older documents) and
     * {@code dns.disabled} and {@code proxy.disabled} of ClusterConfiguration (v1beta4), after kubeadm's reference of these versions.
     * A phase that is skipped takes those below it along.
     *
     * @param minor what the cluster's version of Kubernetes needs
     */
    public static Addons of(Cluster cluster, Minor minor) {
        KubeadmApi api = KubeadmApi.of(minor);
        Map<String, Map<String, Object>> documents = cluster.kubernetes().kubeadm();
        Map<String, Object> clusterConfiguration = documents.getOrDefault("ClusterConfiguration", Map.of());
        List<String> skipped = new ArrayList<>();
        if (api.compareTo(KubeadmApi.V1BETA3) >= 0
                && documents.getOrDefault("InitConfiguration", Map.of()).get("skipPhases") instanceof Collection<?> phases) {
            phases.forEach(phase -> skipped.add(phase.toString()));
        }
        boolean disables = api == KubeadmApi.V1BETA4;
        return new Addons(
                !isSkipped(skipped, "upload-config/kubeadm"),
                !isSkipped(skipped, "addon/coredns") && !(disables && isDisabled(clusterConfiguration.get("dns"))),
                !isSkipped(skipped, "addon/kube-proxy") && !(disables && isDisabled(clusterConfiguration.get("proxy"))));
    }

    /**
     * The objects of the namespace kube-system by which an init that ended is known from one that was cut short, as kubectl takes
     * them: the configuration, and what init makes last. kube-proxy comes after CoreDNS.
     */
    public List<String> lastOfInit() {
        List<String> objects = new ArrayList<>();
        if (configuration) {
            objects.add("configmap/kubeadm-config");
        }
        if (kubeProxy) {
            objects.add("daemonset/kube-proxy");
        } else if (dns) {
            objects.add("deployment/coredns");
        }
        return List.copyOf(objects);
    }

    private static boolean isSkipped(List<String> skipped, String phase) {
        return skipped.contains(phase) || skipped.contains(phase.substring(0, phase.indexOf('/')));
    }

    private static boolean isDisabled(Object component) {
        return component instanceof Map<?, ?> map && Boolean.TRUE.equals(map.get("disabled"));
    }
}
