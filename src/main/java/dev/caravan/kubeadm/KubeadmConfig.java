package dev.caravan.kubeadm;

import dev.caravan.spec.Cluster;
import dev.caravan.spec.Cluster.Cni;
import dev.caravan.spec.Host;
import dev.caravan.spec.IpAddress;
import dev.caravan.spec.Secret;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * kubeadm's documents for a cluster, in the API version that its kubeadm takes, with the spec's own values merged over them.
 * The same input gives the same text. What holds a secret is a {@link Secret}.
 */
public final class KubeadmConfig {
    /**
     * kubeadm init always creates a bootstrap token: an empty list means one that lives a day and may join nodes. Left out
     * with the phase bootstrap-token it would take the rules and the cluster-info with it that every join needs. So init gets
     * a token that ends within a second and belongs to a group without any rights. Joins use tokens minted for them.
     */
    private static final String GROUP_WITHOUT_RIGHTS = "system:bootstrappers:caravan:unused";

    /**
     * How long a host looks for the cluster, in place of kubeadm's five minutes; where the API server needs longer, the step is retried.
     */
    private static final String DISCOVERY_TIMEOUT = "1m0s";

    /**
     * Where kubeadm-join.sh puts the cluster's address and CA certificate for the time of the join. Discovery by file pins the whole CA,
     * and needs no signature of the token on cluster-info, which the controller manager makes only seconds after init has ended
     * (kubernetes.io, kubeadm join: file or HTTPS-based discovery).
     */
    public static final String DISCOVERY_FILE = "/run/caravan-discovery.conf";

    private final Cluster cluster;
    private final KubernetesVersion version;
    private final KubeadmApi api;
    private final DocumentMerge merge;

    private KubeadmConfig(Cluster cluster, NodeSettings settings) {
        this.cluster = cluster;
        this.version = KubernetesVersion.of(cluster);
        this.api = settings.api();
        this.merge = new DocumentMerge(api);
    }

    /**
     * For {@code kubeadm init --config} on the first control plane: InitConfiguration, ClusterConfiguration,
     * KubeletConfiguration and, where the spec overrides it, KubeProxyConfiguration.
     */
    public static String initDocuments(Cluster cluster, Host firstControlPlane, NodeSettings settings) {
        KubeadmConfig config = new KubeadmConfig(cluster, settings);
        List<Map<String, Object>> documents = new ArrayList<>();
        documents.add(config.init(firstControlPlane, settings, Optional.empty()));
        documents.add(config.clusterConfiguration());
        documents.add(config.kubelet(settings));
        config.kubeProxy().ifPresent(documents::add);
        return YamlDocuments.write(documents);
    }

    /**
     * For {@code kubeadm join --config} on any other host. The cluster's CA is always verified: by {@link #DISCOVERY_FILE}.
     *
     * @throws IllegalArgumentException if there is a certificate key and the API version has no place for it (before 1.15)
     */
    public static Secret joinDocument(Cluster cluster, Host host, JoinCredentials credentials, NodeSettings settings) {
        return new Secret(YamlDocuments.write(List.of(new KubeadmConfig(cluster, settings).join(host, credentials, settings))));
    }

    /**
     * For {@code kubeadm init phase upload-certs --upload-certs --config} on the first control plane.
     *
     * @throws IllegalArgumentException if the API version has no place for a certificate key (before 1.15)
     */
    public static Secret uploadCertsDocument(Cluster cluster, Secret certificateKey, NodeSettings settings) {
        KubeadmConfig config = new KubeadmConfig(cluster, settings);
        config.requireCertificateKey();
        Map<String, Object> init = config.init(cluster.firstControlPlane(), settings, Optional.of(certificateKey));
        return new Secret(YamlDocuments.write(List.of(init, config.clusterConfiguration())));
    }

    /**
     * What kubeadm takes to write the files of a node that is in the cluster already: InitConfiguration, ClusterConfiguration and
     * KubeletConfiguration, for {@code kubeadm init phase}. What the spec says of joins counts for a node that joined.
     */
    public static String settingsDocuments(Cluster cluster, Host host, NodeSettings settings) {
        KubeadmConfig config = new KubeadmConfig(cluster, settings);
        Map<String, Object> init = document("InitConfiguration", config.api.apiVersion());
        localApiEndpoint(init, host);
        init.put("nodeRegistration", config.nodeRegistration(host, settings));
        return YamlDocuments.write(
                List.of(config.merge.merged(init, config.ofANode(host)), config.clusterConfiguration(), config.kubelet(settings)));
    }

    /* The spec's own values for a node, in the places where an InitConfiguration has them. */
    private Map<String, Object> ofANode(Host host) {
        Map<String, Object> override = cluster.kubernetes().kubeadm().getOrDefault(cluster.kubeadmKind(host), Map.of());
        Map<String, Object> own = new LinkedHashMap<>();
        for (String key : List.of("nodeRegistration", "localAPIEndpoint", "patches")) {
            if (override.containsKey(key)) {
                own.put(key, override.get(key));
            }
        }
        if (override.get("controlPlane") instanceof Map<?, ?> controlPlane && controlPlane.get("localAPIEndpoint") != null) {
            own.put("localAPIEndpoint", controlPlane.get("localAPIEndpoint"));
        }
        return own;
    }

    private Map<String, Object> init(Host host, NodeSettings settings, Optional<Secret> certificateKey) {
        Map<String, Object> document = document("InitConfiguration", api.apiVersion());
        document.put(
                "bootstrapTokens",
                List.of(map(
                        "groups", List.of(GROUP_WITHOUT_RIGHTS), "ttl", "1s", "usages", List.of("authentication"))));
        localApiEndpoint(document, host);
        document.put("nodeRegistration", nodeRegistration(host, settings));
        Map<String, Object> merged = overridden("InitConfiguration", document);
        certificateKey.ifPresent(key -> merged.put("certificateKey", key.reveal()));
        return merged;
    }

    private Map<String, Object> join(Host host, JoinCredentials credentials, NodeSettings settings) {
        Map<String, Object> document = document("JoinConfiguration", api.apiVersion());
        Map<String, Object> discovery = map(
                "file", map("kubeConfigPath", DISCOVERY_FILE), "tlsBootstrapToken", credentials.token().reveal());
        document.put("discovery", discovery);
        if (api.holdsTimeouts()) {
            document.put("timeouts", map("discovery", DISCOVERY_TIMEOUT));
        } else {
            discovery.put("timeout", DISCOVERY_TIMEOUT);
        }
        document.put("nodeRegistration", nodeRegistration(host, settings));
        if (host.isControlPlane()) {
            Map<String, Object> controlPlane = new LinkedHashMap<>();
            localApiEndpoint(controlPlane, host);
            credentials.certificateKey().ifPresent(key -> {
                requireCertificateKey();
                controlPlane.put("certificateKey", key.reveal());
            });
            document.put("controlPlane", controlPlane);
        }
        Map<String, Object> override =
                new LinkedHashMap<>(cluster.kubernetes().kubeadm().getOrDefault("JoinConfiguration", Map.of()));
        if (!host.isControlPlane()) {
            // The key alone would make a control plane of a worker.
            override.remove("controlPlane");
        }
        return merge.merged(document, override);
    }

    private void requireCertificateKey() {
        if (!api.holdsCertificateKey()) {
            throw new IllegalArgumentException("kubeadm of Kubernetes " + version
                    + " takes a certificate key only as a flag, where every user of the host could read it");
        }
    }

    private Map<String, Object> clusterConfiguration() {
        Cluster.Kubernetes kubernetes = cluster.kubernetes();
        Map<String, Object> document = document("ClusterConfiguration", api.apiVersion());
        document.put("clusterName", cluster.name());
        document.put("kubernetesVersion", version.tag());
        document.put("imageRepository", kubernetes.imageRepository());
        // Always: a cluster that was initialised without an endpoint can never get a second control plane.
        document.put("controlPlaneEndpoint", kubernetes.controlPlaneEndpoint());
        document.put(
                "networking", map("podSubnet", kubernetes.podSubnet(), "serviceSubnet", kubernetes.serviceSubnet()));
        if (cluster.network().cni() == Cni.BRIDGE) {
            // Caravan gives each node its block itself, before the node exists; the controller would give it another.
            document.put("controllerManager", map("extraArgs", map("allocate-node-cidrs", "false")));
        }
        return withCertificateNames(overridden("ClusterConfiguration", document));
    }

    /**
     * The addresses of control planes under which kubeadm would not issue a certificate by itself: those of SSH, if the cluster uses other
     * ones, and those of the other family. Names that the spec's own document adds stay.
     */
    private Map<String, Object> withCertificateNames(Map<String, Object> document) {
        Set<Object> names = new LinkedHashSet<>();
        Map<String, Object> apiServer = new LinkedHashMap<>();
        if (document.get("apiServer") instanceof Map<?, ?> given) {
            given.forEach((key, value) -> apiServer.put(key.toString(), value));
        }
        if (apiServer.get("certSANs") instanceof List<?> given) {
            names.addAll(given);
        }
        List<String> missing = certificateNames(cluster).stream().filter(name -> !names.contains(name)).toList();
        if (missing.isEmpty()) {
            return document;
        }
        names.addAll(missing);
        apiServer.put("certSANs", List.copyOf(names));
        document.put("apiServer", apiServer);
        return document;
    }

    /** The addresses of a cluster's control planes that are not the ones which their API servers advertise, in the spec's order. */
    public static List<String> certificateNames(Cluster cluster) {
        return cluster.controlPlanes().stream()
                .flatMap(host -> host.addresses().stream()
                        .filter(address -> !IpAddress.canonical(address).equals(IpAddress.canonical(host.nodeAddress()))))
                .distinct()
                .toList();
    }

    private Map<String, Object> kubelet(NodeSettings settings) {
        Map<String, Object> document = document("KubeletConfiguration", "kubelet.config.k8s.io/v1beta1");
        document.put("cgroupDriver", settings.cgroupDriver());
        return overridden("KubeletConfiguration", document);
    }

    private Optional<Map<String, Object>> kubeProxy() {
        return cluster.kubernetes().kubeadm().containsKey("KubeProxyConfiguration")
                ? Optional.of(overridden(
                        "KubeProxyConfiguration",
                        document("KubeProxyConfiguration", "kubeproxy.config.k8s.io/v1alpha1")))
                : Optional.empty();
    }

    private Map<String, Object> nodeRegistration(Host host, NodeSettings settings) {
        Map<String, Object> registration = new LinkedHashMap<>();
        registration.put("name", host.name());
        registration.put("criSocket", settings.criSocket());
        Taints.of(host, settings.controlPlaneTaints()).ifPresent(taints -> registration.put("taints", taints));
        settings.nodeIp().ifPresent(address -> registration.put("kubeletExtraArgs", map(NodeSettings.NODE_IP, address)));
        return registration;
    }

    /** Where the address is a name, kubeadm finds the address itself, by the default route. */
    private static void localApiEndpoint(Map<String, Object> document, Host host) {
        if (IpAddress.is(host.nodeAddress())) {
            document.put("localAPIEndpoint", map("advertiseAddress", host.nodeAddress()));
        }
    }

    private Map<String, Object> overridden(String kind, Map<String, Object> document) {
        return merge.merged(document, cluster.kubernetes().kubeadm().getOrDefault(kind, Map.of()));
    }

    private static Map<String, Object> document(String kind, String apiVersion) {
        return map("apiVersion", apiVersion, "kind", kind);
    }

    /** A map in the order of the arguments: key, value, key, value. */
    static Map<String, Object> map(Object... keysAndValues) {
        Map<String, Object> map = new LinkedHashMap<>();
        for (int i = 0; i < keysAndValues.length; i += 2) {
            map.put((String) keysAndValues[i], keysAndValues[i + 1]);
        }
        return map;
    }
}
