package dev.caravan.spec;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * What a spec says, validated, defaults filled in. Immutable.
 *
 * @param name      the cluster's name, a DNS label
 * @param hosts     those that are present, in the spec's order; at least one is a control plane
 * @param maxFailedHosts how many hosts may fail while the run continues; empty if any host but the first control plane may, once preflight
 *                  has passed
 * @param leaving   those that are absent or lost, in the spec's order
 * @param leader    the name of the control plane that the others join through; empty: the first one of the spec, which is initialised
 * @param proxy     the way out of the hosts' network; empty where hosts and engine need none
 * @param adopted   names of hosts that were nodes of the cluster before Caravan knew it, see {@code caravan adopt}
 */
public record Cluster(
        String name,
        Kubernetes kubernetes,
        Packages packages,
        Runtime runtime,
        Network network,
        List<Host> hosts,
        OnFailure onFailure,
        Optional<Share> maxFailedHosts,
        Backup backup,
        List<Host> leaving,
        Optional<String> leader,
        Optional<Proxy> proxy,
        Set<String> adopted) {

    /** One of which no host was adopted. */
    public Cluster(String name, Kubernetes kubernetes, Packages packages, Runtime runtime, Network network, List<Host> hosts,
            OnFailure onFailure, Optional<Share> maxFailedHosts, Backup backup, List<Host> leaving, Optional<String> leader,
            Optional<Proxy> proxy) {
        this(name, kubernetes, packages, runtime, network, hosts, onFailure, maxFailedHosts, backup, leaving, leader, proxy, Set.of());
    }

    /** One that no host leaves, without a proxy. */
    public Cluster(String name, Kubernetes kubernetes, Packages packages, Runtime runtime, Network network, List<Host> hosts,
            OnFailure onFailure, Optional<Share> maxFailedHosts, Backup backup) {
        this(name, kubernetes, packages, runtime, network, hosts, onFailure, maxFailedHosts, backup, List.of(), Optional.empty(),
                Optional.empty());
    }

    /** One that no host leaves, with the usual backups, in which any number of hosts may fail. */
    public Cluster(String name, Kubernetes kubernetes, Packages packages, Runtime runtime, Network network, List<Host> hosts,
            OnFailure onFailure) {
        this(name, kubernetes, packages, runtime, network, hosts, onFailure, Optional.empty(), Backup.USUAL);
    }

    /**
     * @param before     what a backup precedes
     * @param keep       how many good backups stay, at least 1
     * @param passphrase what backups are encrypted with; without one they are not
     */
    public record Backup(Set<Occasion> before, int keep, Optional<Secret> passphrase) {
        /** Before everything that may need one, five kept, not encrypted. */
        public static final Backup USUAL = new Backup(Set.of(Occasion.values()), 5, Optional.empty());
    }

    /** What a backup may precede. */
    public enum Occasion {
        UPGRADE("upgrade"), RESTORE("restore"), RENEW_CERTIFICATES("renew-certificates"), REMOVE_CONTROL_PLANE("remove-control-plane");

        private final String word;

        Occasion(String word) {
            this.word = word;
        }

        /** As specs and routes write it. */
        public String word() {
            return word;
        }
    }

    /**
     * @param version              exact, without a leading v: 1.20.2
     * @param imageRepository      where images come from; the mirror's where the spec names none
     * @param controlPlaneEndpoint HOST:PORT; where the spec names none, that of the kept endpoint, or the first control plane's address
     *                             and 6443
     * @param endpoint             the endpoint that Caravan keeps itself, if the spec has one
     * @param kubeadm              the user's overrides by document kind, merged over the generated documents
     * @param upgrade              how a running cluster gets to the version
     */
    public record Kubernetes(
            String version,
            String imageRepository,
            String controlPlaneEndpoint,
            Optional<KeptEndpoint> endpoint,
            String podSubnet,
            String serviceSubnet,
            Map<String, Map<String, Object>> kubeadm,
            Upgrade upgrade) {

        /** The minor version: 20 for 1.20.2. */
        public int minor() {
            return Integer.parseInt(version.split("\\.")[1]);
        }

        /** The user's value in the kubeadm document of that kind, under these keys. */
        public Optional<Object> override(String kind, String... path) {
            Object value = kubeadm.get(kind);
            for (String key : path) {
                value = value instanceof Map<?, ?> map ? map.get(key) : null;
            }
            return Optional.ofNullable(value);
        }

        /** The same at another version. */
        public Kubernetes at(String otherVersion) {
            return new Kubernetes(otherVersion, imageRepository, controlPlaneEndpoint, endpoint, podSubnet, serviceSubnet, kubeadm,
                    upgrade);
        }
    }

    /** Where packages come from, for the mirror named, with the spec's overrides. */
    public record Packages(Mirror mirror, RepositoryOverride kubernetes, RepositoryOverride runtime) {}

    public enum Mirror { ALIYUN, COMMUNITY, CUSTOM }

    /** What the spec overrides of a mirror's repository; empty values leave the mirror's. */
    public record RepositoryOverride(Optional<String> baseUrl, List<String> gpgKeys, Optional<Boolean> gpgCheck) {}

    /**
     * @param version    exact version, or empty for the newest in the repository
     * @param registries what the spec says of single registries, in its order
     */
    public record Runtime(RuntimeName name, Optional<String> version, List<String> insecureRegistries, List<Registry> registries) {
        /** One that says nothing of single registries. */
        public Runtime(RuntimeName name, Optional<String> version, List<String> insecureRegistries) {
            this(name, version, insecureRegistries, List.of());
        }
    }

    /** RKT and FRAKTI are archived; a spec may name them, and preflight refuses them. */
    public enum RuntimeName {
        DOCKER("docker"), CONTAINERD("containerd"), CRI_O("cri-o"), RKT("rkt"), FRAKTI("frakti");

        private final String word;

        RuntimeName(String word) {
            this.word = word;
        }

        public String word() {
            return word;
        }

        @Override
        public String toString() {
            return word;
        }
    }

    /**
     * @param manifest         path or URL of a manifest to apply instead of the named CNI's own
     * @param networkInterface the hosts' interface for the pod network; empty: that of each host's internal address, or of its default
     *                         route
     */
    public record Network(Cni cni, Optional<String> manifest, Optional<String> networkInterface) {
        /** On the interface that follows from the hosts' addresses. */
        public Network(Cni cni, Optional<String> manifest) {
            this(cni, manifest, Optional.empty());
        }
    }

    public enum Cni { FLANNEL, CALICO, CILIUM, BRIDGE, NONE }

    public enum OnFailure { ROLLBACK, KEEP }

    /** Its own name, and names and addresses of its hosts: what output shows of it. */
    public List<String> names() {
        return Stream.concat(Stream.of(name), everyHost().stream()
                .flatMap(host -> Stream.concat(Stream.of(host.name()), host.addresses().stream()))).toList();
    }

    /** The control plane that kubeadm init runs on; in a cluster that exists, one that is in it. */
    public Host firstControlPlane() {
        return controlPlanes().stream().filter(host -> host.name().equals(leader.orElse(host.name()))).findFirst().orElseThrow();
    }

    /** All hosts of the spec: those that are present, and after them those that leave. */
    public List<Host> everyHost() {
        return Stream.concat(hosts.stream(), leaving.stream()).toList();
    }

    /** Some of its workers, in groups of as many as may be unavailable at a time ({@code kubernetes.upgrade.maxUnavailable}). */
    public List<List<Host>> inGroups(List<Host> workers) {
        int atATime = kubernetes.upgrade().atATime((int) hosts.stream().filter(host -> !host.isControlPlane()).count());
        List<List<Host>> groups = new ArrayList<>();
        for (int start = 0; start < workers.size(); start += atATime) {
            groups.add(workers.subList(start, Math.min(start + atATime, workers.size())));
        }
        return groups;
    }

    /** The same at another version of Kubernetes. */
    public Cluster at(String version) {
        return new Cluster(name, kubernetes.at(version), packages, runtime, network, hosts, onFailure, maxFailedHosts, backup, leaving,
                leader, proxy, adopted);
    }

    /** The same with other hosts that are present. */
    public Cluster withHosts(List<Host> others) {
        return withHosts(others, leaving);
    }

    /** The same with other hosts, and others that leave. */
    public Cluster withHosts(List<Host> others, List<Host> othersLeaving) {
        return new Cluster(name, kubernetes, packages, runtime, network, List.copyOf(others), onFailure, maxFailedHosts, backup,
                List.copyOf(othersLeaving), leader, proxy, adopted);
    }

    /** The same with that control plane as the first one. */
    public Cluster ledBy(Host controlPlane) {
        return new Cluster(name, kubernetes, packages, runtime, network, hosts, onFailure, maxFailedHosts, backup, leaving,
                Optional.of(controlPlane.name()), proxy, adopted);
    }

    /** Whether a run continues when so many of its hosts have failed. */
    public boolean tolerates(int failedHosts) {
        return maxFailedHosts.map(most -> failedHosts <= most.of(hosts.size())).orElse(true);
    }

    /** The kind of document that kubeadm gets on that host: only the first control plane is initialised, all others join. */
    public String kubeadmKind(Host host) {
        return host.name().equals(firstControlPlane().name()) ? "InitConfiguration" : "JoinConfiguration";
    }

    /** Where API servers listen: 6443, unless the spec's InitConfiguration says otherwise. */
    public int apiServerPort() {
        return kubernetes.override("InitConfiguration", "localAPIEndpoint", "bindPort")
                .map(port -> port instanceof Number number ? number.intValue() : null).orElse(Defaults.API_SERVER_PORT);
    }

    public List<Host> controlPlanes() {
        return hosts.stream().filter(Host::isControlPlane).toList();
    }
}
