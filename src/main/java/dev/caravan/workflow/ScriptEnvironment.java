package dev.caravan.workflow;

import dev.caravan.facts.Facts;
import dev.caravan.kubeadm.Addons;
import dev.caravan.kubeadm.KubeadmConfig;
import dev.caravan.kubeadm.KubernetesVersion;
import dev.caravan.kubeadm.NodeSettings;
import dev.caravan.kubeadm.RuntimeRules;
import dev.caravan.packages.Family;
import dev.caravan.packages.Repositories;
import dev.caravan.packages.Repository;
import dev.caravan.remote.Environment;
import dev.caravan.run.HostLock;
import dev.caravan.run.Run;
import dev.caravan.spec.Cluster;
import dev.caravan.spec.Host;
import dev.caravan.spec.Registry;
import dev.caravan.spec.Upgrade;
import dev.caravan.tables.KubernetesTable;
import dev.caravan.tables.Minor;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** The environment that every script gets; the table is in docs/routes.md. */
public final class ScriptEnvironment implements Environment {
    private final KubernetesTable versions;
    private final Optional<Bundles> bundles;

    public ScriptEnvironment(KubernetesTable versions) {
        this(versions, Optional.empty());
    }

    /** @param bundles what runs may take packages and images from */
    public ScriptEnvironment(KubernetesTable versions, Optional<Bundles> bundles) {
        this.versions = versions;
        this.bundles = bundles;
    }

    @Override
    public Map<String, String> of(Run run, Host host) {
        return of(run, run.cluster(), host);
    }

    /** The same for another version of the cluster. */
    Map<String, String> of(Run run, Cluster cluster, Host host) {
        Minor minor = versions.minor(cluster.kubernetes().minor());
        Map<String, String> variables = new LinkedHashMap<>();
        variables.put("CLUSTER_NAME", cluster.name());
        variables.put("NODE_NAME", host.name());
        variables.put("NODE_ADDRESS", host.nodeAddress());
        variables.put("NODE_ROLES", host.roles().stream().map(Object::toString).sorted().collect(Collectors.joining(" ")));
        variables.put("KUBERNETES_VERSION", cluster.kubernetes().version());
        variables.put("KUBERNETES_MINOR", Integer.toString(cluster.kubernetes().minor()));
        variables.put("KUBERNETES_COMMANDS", String.join(" ", minor.commands()));
        variables.put("KUBELET_ASKS_AMAZON", Boolean.toString(minor.kubeletAsksAmazon()));
        variables.put("IMAGE_REPOSITORY", cluster.kubernetes().imageRepository());
        variables.put("CONTROL_PLANE_ENDPOINT", cluster.kubernetes().controlPlaneEndpoint());
        variables.put("CERTIFICATE_NAMES", String.join(" ", KubeadmConfig.certificateNames(cluster)));
        variables.put("POD_SUBNET", cluster.kubernetes().podSubnet());
        variables.put("SERVICE_SUBNET", cluster.kubernetes().serviceSubnet());
        variables.put("PROXIED", Boolean.toString(cluster.proxy().isPresent()));
        variables.put("PROXY_EXCEPT", cluster.proxy().map(proxy -> String.join(" ", proxy.noProxy())).orElse(""));
        variables.put("SWAP", keepsSwap(cluster) ? "keep" : "off");
        variables.put("ADOPTED", Boolean.toString(cluster.adopted().contains(host.name())));
        variables.put("CNI", cni(cluster));
        variables.put("INIT_MAKES", String.join(" ", Addons.of(cluster, minor).lastOfInit()));
        run.lock().ifPresent(lock -> lock(variables, lock));
        run.facts(host.name()).ifPresent(facts -> {
            runtime(variables, cluster, host);
            repositories(variables, cluster, facts);
        });
        bundles.ifPresent(known -> variables.putAll(known.environment(run, host)));
        return variables;
    }

    /** What the scripts that drain a node need beside that. */
    static Map<String, String> ofDrain(Cluster cluster) {
        Upgrade.Drain drain = cluster.kubernetes().upgrade().drain();
        return Map.of("DRAIN_SECONDS", Long.toString(drain.timeout().toSeconds()),
                "ON_BLOCKED", drain.onBlocked().name().toLowerCase(Locale.ROOT));
    }

    private static void lock(Map<String, String> variables, HostLock lock) {
        variables.put("LOCK_RUN", lock.run());
        variables.put("LOCK_LIFE", Integer.toString(lock.life()));
        variables.put("LOCK_ENGINE", lock.engine());
        variables.put("LOCK_SINCE", lock.since().toString());
        variables.put("LOCK_EARLIER", String.join(" ", lock.earlier()));
    }

    /* Where the spec's kubelet runs with swap on, swap is nothing to turn off. */
    private static boolean keepsSwap(Cluster cluster) {
        return Boolean.FALSE.equals(cluster.kubernetes().kubeadm().getOrDefault("KubeletConfiguration", Map.of()).get("failSwapOn"));
    }

    /* A manifest without a named CNI is a network that the scripts know no more of. */
    private static String cni(Cluster cluster) {
        boolean unnamed = cluster.network().cni() == Cluster.Cni.NONE && cluster.network().manifest().isPresent();
        return unnamed ? "manifest" : cluster.network().cni().name().toLowerCase(Locale.ROOT);
    }

    /* Only after preflight: a runtime that the version cannot take has no socket to name. */
    private void runtime(Map<String, String> variables, Cluster cluster, Host host) {
        Minor minor = versions.minor(cluster.kubernetes().minor());
        if (RuntimeRules.refusal(cluster.runtime().name(), KubernetesVersion.of(cluster), minor).isPresent()) {
            return;
        }
        NodeSettings settings = NodeSettings.of(cluster, host, versions);
        variables.put("RUNTIME", cluster.runtime().name().word());
        variables.put("RUNTIME_VERSION", cluster.runtime().version().orElse(""));
        variables.put("CRI_SOCKET", settings.criSocket());
        variables.put("CGROUP_DRIVER", settings.cgroupDriver());
        registries(variables, cluster.runtime());
    }

    /* For Docker, those that need no verified certificate are in the same list as those of plain HTTP. */
    private static void registries(Map<String, String> variables, Cluster.Runtime runtime) {
        List<Registry> all = runtime.registries();
        Set<String> insecure = new LinkedHashSet<>(runtime.insecureRegistries());
        Set<String> mirrors = new LinkedHashSet<>();
        if (runtime.name() == Cluster.RuntimeName.DOCKER) {
            all.stream().filter(registry -> registry.insecure() && registry.isForItself(all)).map(Registry::host).forEach(insecure::add);
            all.forEach(registry -> registry.mirrors().forEach(mirror -> {
                mirrors.add(mirror.scheme() + "://" + mirror.host());
                if (mirror.isPlain() || registry.entryOf(mirror, all).insecure()) {
                    insecure.add(mirror.host());
                }
            }));
        }
        variables.put("INSECURE_REGISTRIES", String.join(" ", insecure));
        variables.put("REGISTRY_MIRRORS", String.join(" ", mirrors));
        variables.put("REGISTRIES", all.stream().map(Registry::host).collect(Collectors.joining(" ")));
        variables.put("REGISTRY_PASSWORDS", Boolean.toString(all.stream().anyMatch(registry -> registry.password().isPresent())));
    }

    /**
     * Where a host with these facts gets its packages.
     *
     * @throws dev.caravan.packages.NoRepository where the spec's mirror has none for it
     */
    static Repositories.Resolved repositories(Cluster cluster, KubernetesTable versions, Facts facts) {
        Family family = facts.family().equals("apt") ? Family.APT : Family.YUM;
        Facts.OperatingSystem system = facts.system();
        return Repositories.resolve(cluster, versions, family, system.id(), system.version(), system.codeName(), facts.architecture());
    }

    private void repositories(Map<String, String> variables, Cluster cluster, Facts facts) {
        Repositories.Resolved resolved = repositories(cluster, versions, facts);
        repository(variables, "KUBERNETES_REPO", Optional.of(resolved.kubernetes()));
        repository(variables, "RUNTIME_REPO", resolved.runtime());
    }

    private static void repository(Map<String, String> variables, String prefix, Optional<Repository> repository) {
        variables.put(prefix + "_URL", repository.map(Repository::baseUrl).orElse(""));
        variables.put(prefix + "_KEYS", repository.map(known -> String.join(" ", known.gpgKeys())).orElse(""));
        variables.put(prefix + "_CHECK", Boolean.toString(repository.map(Repository::gpgCheck).orElse(true)));
    }
}
