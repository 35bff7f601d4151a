package dev.caravan.facts;

import dev.caravan.spec.Cluster.RuntimeName;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What {@code routes/scripts/facts.sh} saw on one host. Immutable. The short accessors ({@link #joined()}, {@link #family()} and
 * those after them) are there for routes, as in {@code ${variable.facts.family} == 'apt'}: they give plain values, and the empty
 * string where there is none.
 *
 * @param disks      in the order /, /var, /var/lib, /run, as far as they exist
 * @param interfaces the host's uplinks; no bridges, no ends of pods' or containers' links
 * @param swap       devices and files that are swapped to
 * @param listening  TCP sockets
 * @param firewalls  those of firewalld and ufw that are active
 * @param reach      what came of the lines of {@link ReachTargets}
 * @param neighbours those tried whose MAC address this host knows, being on one network with them
 * @param families   all its addresses by interface; without any where the host was looked at by an older facts.sh
 */
public record Facts(
        OperatingSystem system,
        Machine machine,
        List<Disk> disks,
        List<NetworkInterface> interfaces,
        Clock clock,
        List<String> swap,
        List<Listener> listening,
        List<String> firewalls,
        Kubernetes kubernetes,
        ContainerRuntimes runtimes,
        PodNetwork podNetwork,
        List<Reach> reach,
        List<Neighbour> neighbours,
        AddressFamilies families,
        Kernel kernel) {

    /**
     * Reads the outputs of the step {@code facts}.
     *
     * @param outputs  by name, as the head of {@code facts.sh} lists them
     * @param sent     the engine's time before the step was started on the host
     * @param received the engine's time after its result had come back; the host's clock was read in between
     * @throws IllegalArgumentException if an output that every host has is missing, or one cannot be read; the message names it
     */
    public static Facts parse(Map<String, String> outputs, Instant sent, Instant received) {
        return new FactsParser(outputs).parse(sent, received);
    }

    /**
     * @param id     {@code ID} of os-release; empty where there is none
     * @param idLike {@code ID_LIKE} of os-release, for people and for rules about derivatives
     * @param family {@code yum} or {@code apt}; empty where the host has neither
     * @param kernel the release, as {@code uname -r} prints it
     * @param init   {@code systemd}, or the name of process 1
     * @param selinux {@code enforcing}, {@code permissive}, {@code disabled} or {@code absent}
     * @param cgroupVersion 1 or 2; 0 where no cgroups are mounted
     * @param codeName {@code VERSION_CODENAME} of os-release, such as bookworm; empty where there is none
     */
    public record OperatingSystem(
            String id, String version, String idLike, String family, String kernel, String init, String selinux, int cgroupVersion,
            String codeName) {}

    /**
     * @param architecture as {@code uname -m} prints it
     * @param cpus         those that processes may use
     * @param memoryMib    all of it, as the kernel counts it
     * @param identity     {@code product_uuid VALUE} or {@code machine-id VALUE}; empty where there is neither
     * @param bootId       changes with every boot
     * @param machineId    content of /etc/machine-id, be it the identity or not
     */
    public record Machine(
            String architecture,
            int cpus,
            long memoryMib,
            Optional<Identity> identity,
            String hostname,
            String bootId,
            Optional<String> machineId) {}

    /**
     * @param controllers    cgroup controllers that the kernel has; only where cgroup v1 is in use and they could be seen
     * @param missingModules modules that Kubernetes needs and that are neither loaded nor to be loaded
     */
    public record Kernel(List<String> controllers, List<String> missingModules) {}

    /** @param source {@code product_uuid}, or {@code machine-id} where the firmware has no number to give */
    public record Identity(String source, String value) {}

    /** The file system that {@code path} is on; two paths with one mount point share its space. */
    public record Disk(String path, String mountPoint, long freeMib, long totalMib) {
        public int freePercent() {
            return totalMib == 0 ? 100 : (int) (freeMib * 100 / totalMib);
        }
    }

    /**
     * @param mac       in lower case
     * @param state     the kernel's operational state: up, down, unknown
     * @param master    the bond or bridge that it is part of
     * @param addresses with prefix lengths; link-local ones are left out
     */
    public record NetworkInterface(String name, String mac, String state, Optional<String> master, List<String> addresses) {
        /** Whether the host's traffic goes over it. */
        public boolean inUse() {
            return !addresses.isEmpty() || master.isPresent();
        }
    }

    /**
     * A reading of the host's clock.
     *
     * @param host     what the host's clock showed
     * @param sent     the engine's time at some moment before that
     * @param received the engine's time at some moment after it
     */
    public record Clock(Instant host, Instant sent, Instant received) {
        /** How far the host is ahead of the engine (negative: behind), give or take {@link #uncertainty()}. */
        public Duration offset() {
            return Duration.between(sent.plus(uncertainty()), host);
        }

        /** Half of the time that the question and its answer took. */
        public Duration uncertainty() {
            return Duration.between(sent, received).dividedBy(2);
        }
    }

    /**
     * @param address as ss prints it; {@code *}, {@code 0.0.0.0} and {@code [::]} are all addresses
     * @param pid     0 where it could not be seen
     * @param process empty where it could not be seen; the kernel cuts it after 15 characters
     */
    public record Listener(String address, int port, int pid, String process) {}

    /**
     * What there is of Kubernetes.
     *
     * @param kubelet          version installed, as the next two
     * @param joined           kubelet.conf is there: the host is, or was, part of a cluster
     * @param adminConf        admin.conf is there
     * @param apiServerManifest the static pod of the API server is there
     * @param caHash           {@code sha256:HEX} of the cluster CA's public key
     * @param nodeName         what the kubelet is registered as
     * @param apiServer        the URL that the kubelet talks to
     * @param adminServer      the URL in admin.conf, on a control plane: the endpoint of its cluster
     * @param apiServerVersion of the static pod; empty where its image's tag is no version, as for the next one
     * @param etcdVersion      of the static pod
     * @param kubeletReplaced  the kubelet that runs is of an earlier installation than the program that is there
     * @param certificate      of the certificates that are not renewed automatically, the one that expires first
     */
    public record Kubernetes(
            Optional<String> kubelet,
            Optional<String> kubeadm,
            Optional<String> kubectl,
            boolean joined,
            boolean adminConf,
            boolean apiServerManifest,
            Optional<String> caHash,
            Optional<String> nodeName,
            Optional<String> apiServer,
            Optional<String> adminServer,
            Optional<String> apiServerVersion,
            Optional<String> etcdVersion,
            boolean kubeletReplaced,
            Optional<Certificate> certificate) {}

    /** @param end when it expires */
    public record Certificate(Instant end, String path) {}

    /**
     * @param installed    those of docker, containerd and cri-o that are there
     * @param sockets      paths of the sockets present, docker's own among them
     * @param dockerDaemon content of /etc/docker/daemon.json, passwords within URLs masked
     * @param ofNode       what the kubelet of a node runs its pods with: docker, containerd, cri-o, cri-dockerd, or a socket
     */
    public record ContainerRuntimes(
            List<ContainerRuntime> installed, List<String> sockets, Optional<String> dockerDaemon, Optional<String> ofNode) {

        /** Whether that runtime is installed in an older version than this one. */
        public boolean isOlder(RuntimeName name, String version) {
            return installed.stream().filter(runtime -> runtime.name().equals(name.word()))
                    .anyMatch(runtime -> new Version(runtime.version()).isBelow(version));
        }
    }

    /** @param name docker, containerd or cri-o */
    public record ContainerRuntime(String name, String version, boolean active) {}

    /**
     * @param configurations file names in /etc/cni/net.d
     * @param block          the pod CIDR in Caravan's own bridge configuration
     */
    public record PodNetwork(List<String> configurations, Optional<String> block) {}

    /** What an attempt to connect from this host to a port of another came to. */
    public record Reach(String address, int port, String label, Outcome outcome) {}

    /** Which MAC address answers for an address; a router's, where one answers for others. */
    public record Neighbour(String address, String mac) {}

    /** How an attempt to connect ended. */
    public enum Outcome {
        OPEN(true, "something listens there"),
        REFUSED(true, "the host answers, nothing listens there yet"),
        TIMEOUT(false, "no answer within 3 seconds"),
        NO_ROUTE(false, "no route to host"),
        UNREACHABLE(false, "network unreachable"),
        UNRESOLVED(false, "the name does not resolve");

        private final boolean reached;
        private final String text;

        Outcome(boolean reached, String text) {
            this.reached = reached;
            this.text = text;
        }

        /** Whether packets went there and came back. */
        public boolean reached() {
            return reached;
        }

        /** In words, for a message. */
        public String text() {
            return text;
        }
    }

    /** Whether a kubelet.conf is there, whichever cluster it is for. */
    public boolean joined() {
        return kubernetes.joined();
    }

    /** Whether this is a control plane: kubelet.conf, admin.conf and the API server's static pod are there. */
    public boolean initialised() {
        return kubernetes.joined() && kubernetes.adminConf() && kubernetes.apiServerManifest();
    }

    public String family() {
        return system.family();
    }

    public String architecture() {
        return machine.architecture();
    }

    public String hostname() {
        return machine.hostname();
    }

    public String bootId() {
        return machine.bootId();
    }

    public int cgroupVersion() {
        return system.cgroupVersion();
    }

    public String kubeletVersion() {
        return kubernetes.kubelet().orElse("");
    }

    public String caHash() {
        return kubernetes.caHash().orElse("");
    }

    public String nodeName() {
        return kubernetes.nodeName().orElse("");
    }

    /** The block of Caravan's own bridge configuration. */
    public String podCidr() {
        return podNetwork.block().orElse("");
    }
}
