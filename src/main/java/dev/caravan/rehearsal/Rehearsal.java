package dev.caravan.rehearsal;

import dev.caravan.data.Trees;
import dev.caravan.packages.Family;
import dev.caravan.spec.Cluster;
import dev.caravan.spec.Host;
import dev.caravan.spec.IpAddress;
import dev.caravan.ssh.SshTarget;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.NoSuchElementException;
import java.util.concurrent.ExecutorService;
import java.util.stream.Collectors;

/**
 * A cluster's hosts, simulated inside this process, so that the very same routes and scripts can be tried without a
 * machine: each host of the spec is a {@link SimulatedHost}, and what kubeadm's stand-in makes of them together is
 * answered by an API server on 127.0.0.1, which the cluster's kubeconfig leads to.
 *
 * <p>Nothing outside the scratch directory is written, and nothing listens but on 127.0.0.1. Hosts keep the addresses
 * that the spec gives them, as nodes' addresses, routes and kubeadm's documents are made of those; only SSH is led
 * elsewhere, by {@link #target}. Safe for use by several threads.
 */
public final class Rehearsal implements AutoCloseable {
    private final Cluster cluster;
    private final Workshop workshop;
    private final Options options;
    private final Authority authority;
    private volatile Map<String, SimulatedHost> hosts = Map.of();
    private final ApiStandIn api;
    private final ExecutorService executor;
    private final List<Fault> faults;
    private final ReadinessFaults readinessFaults;

    /**
     * What a rehearsal can be told.
     *
     * @param family   of hosts that {@code families} does not name
     * @param families by host name
     * @param pace     how long installing, pulling and starting take, 1 being a fraction of a second each; 0 for no waiting
     */
    public record Options(Family family, Map<String, Family> families, double pace) {
        public Options {
            families = Map.copyOf(families);
            if (!(pace >= 0 && pace <= 100)) {
                throw new IllegalArgumentException("a rehearsal's pace is between 0 and 100, not " + pace);
            }
        }

        /** Yum hosts, as in the original article, at pace 1. */
        public static Options usual() {
            return new Options(Family.YUM, Map.of(), 1);
        }

        public Options withFamily(Family family) {
            return new Options(family, families, pace);
        }

        public Options withPace(double pace) {
            return new Options(family, families, pace);
        }

        int percent() {
            return (int) Math.round(pace * 100);
        }
    }

    /** Starts a rehearsal with the usual options. */
    public static Rehearsal start(Cluster cluster, List<Fault> faults, Path scratch) throws IOException {
        return start(cluster, faults, scratch, Options.usual());
    }

    /**
     * Starts the hosts of a cluster, each as a freshly installed machine.
     *
     * @param scratch an empty or missing directory; it belongs to the caller and stays after {@link #close()}
     * @throws IllegalArgumentException where a fault or an option names a host that the cluster does not have
     * @throws IOException where the directory is not empty or cannot be written, or this machine lacks a basic command
     */
    public static Rehearsal start(Cluster cluster, List<Fault> faults, Path scratch, Options options) throws IOException {
        List<String> names = cluster.everyHost().stream().map(Host::name).toList();
        faults.forEach(fault -> requireKnown(names, fault.host(), "the fault " + fault));
        options.families().keySet().forEach(name -> requireKnown(names, name, "the choice of a package family"));
        ExecutorService executor = SimulatedHost.newExecutor();
        try {
            return new Rehearsal(cluster, faults, Workshop.open(scratch, options.percent()), options, executor);
        } catch (IOException | RuntimeException e) {
            executor.shutdownNow();
            throw e;
        }
    }

    private static void requireKnown(List<String> names, String name, String what) {
        if (!names.contains(name)) {
            throw new IllegalArgumentException(
                    what + " names host '" + name + "', which the spec does not have; it has " + String.join(", ", names));
        }
    }

    private Rehearsal(Cluster cluster, List<Fault> faults, Workshop workshop, Options options, ExecutorService executor)
            throws IOException {
        this.executor = executor;
        this.faults = List.copyOf(faults);
        this.readinessFaults = new ReadinessFaults(faults);
        this.workshop = workshop;
        this.options = options;
        this.authority = new Authority();
        authority.writeTo(workshop.shared().resolve("pki"), cluster.everyHost().stream().map(Host::name).toList());
        this.api = new ApiStandIn(new ClusterRecord(workshop.shared()), readinessFaults, authority.serverContext(), executor);
        try {
            Files.writeString(workshop.shared().resolve("api-url"), api.uri() + "\n");
            install(cluster);
        } catch (IOException | RuntimeException e) {
            close();
            throw e;
        }
        this.cluster = cluster.withHosts(cluster.hosts().stream().map(this::simulated).toList(),
                cluster.leaving().stream().map(this::simulated).toList());
    }

    /** Installs the hosts that are not there yet; those that are stay as they are. */
    private void install(Cluster wanted) throws IOException {
        Map<String, SimulatedHost> all = new LinkedHashMap<>(hosts);
        for (Host host : wanted.everyHost()) {
            if (!all.containsKey(host.name())) {
                BareHost bare = workshop.install(describe(host, all.size() + 1, wanted, options), faults);
                bare.sudoPassword(host.ssh().sudoPassword());
                all.put(host.name(), new SimulatedHost(bare, faults, workshop.clientKey(), executor, false));
                hosts = Collections.unmodifiableMap(new LinkedHashMap<>(all));
            }
        }
    }

    /**
     * Gives the rehearsal what a later spec of the same cluster needs: bare hosts for those that it adds, and its version of Kubernetes in
     * the repositories. Hosts that are there stay as they are.
     *
     * @throws IOException where the scratch directory cannot be written
     */
    public synchronized void grow(Cluster later) throws IOException {
        authority.writeNodes(workshop.shared().resolve("pki"),
                later.everyHost().stream().map(Host::name).filter(name -> !hosts.containsKey(name)).toList());
        install(later);
        for (Host host : later.everyHost()) {
            host(host.name()).sudoPassword(host.ssh().sudoPassword());
            offer(host(host.name()), later.kubernetes().version());
        }
    }

    private static BareHost.Description describe(Host host, int number, Cluster cluster, Options options) {
        return new BareHost.Description(
                host.name(),
                host.nodeAddress(),
                host.addresses().stream().filter(address -> IpAddress.is(address) && !address.equals(host.nodeAddress())).toList(),
                options.families().getOrDefault(host.name(), options.family()),
                number,
                cluster.kubernetes().version(),
                cluster.runtime().name().word(),
                cluster.runtime().version().orElse(""),
                host.ssh().user());
    }

    private Host simulated(Host host) {
        return new Host(host.name(), host.address(), host.internalAddresses(), host.roles(), host(host.name()).access(host.ssh()),
                host.labels(), host.taints(), host.state(), host.zone());
    }

    /**
     * The cluster with each host's SSH access led to its simulation: the port, a generated key, the pinned host key. Names,
     * addresses, users and sudo passwords are the spec's; {@link #target} says where to connect.
     */
    public Cluster cluster() {
        return cluster;
    }

    /**
     * Gives the repositories a new version of Kubernetes, beside those that they have: what an upgrade needs.
     *
     * @throws IOException where the hosts' directories cannot be written
     */
    public void offer(String version) throws IOException {
        for (SimulatedHost host : hosts.values()) {
            offer(host, version);
        }
    }

    private static void offer(SimulatedHost host, String version) throws IOException {
        Path state = host.root().resolve(".rehearsal");
        Path newest = state.resolve("kubernetes-version");
        String before = Files.readString(newest);
        if (!before.strip().equals(version)) {
            Files.writeString(state.resolve("kubernetes-also"), before, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
            Files.writeString(newest, version + "\n");
        }
    }

    /** Where the SSH server of a host of {@link #cluster()} listens. */
    public InetSocketAddress dial(Host host) {
        return host(host.name()).address();
    }

    /** How SSH reaches a host of {@link #cluster()}: at {@link #dial}, with its access. What an engine is started with. */
    public SshTarget target(Host host) {
        InetSocketAddress address = dial(host);
        return new SshTarget(address.getAddress().getHostAddress(), this.host(host.name()).access(host.ssh()));
    }

    /**
     * A host of the rehearsal by its name.
     *
     * @throws NoSuchElementException where the cluster has no such host
     */
    public SimulatedHost host(String name) {
        SimulatedHost host = hosts.get(name);
        if (host == null) {
            throw new NoSuchElementException("the rehearsal has no host '" + name + "'");
        }
        return host;
    }

    /** By host name, the directories that stand in for {@code /}. */
    public Map<String, Path> roots() {
        return hosts.values().stream().collect(Collectors.toMap(SimulatedHost::name, SimulatedHost::root));
    }

    /** How many commands all hosts' SSH servers were given so far. */
    public long commands() {
        return hosts.values().stream().mapToLong(SimulatedHost::commands).sum();
    }

    /**
     * The faults that nothing has met so far. After a run that was left to go on these name steps that did not run there,
     * be it that they are misspelt.
     */
    public List<Fault> faultsNotMet() {
        return faults.stream()
                .filter(fault -> ReadinessFaults.concerns(fault) ? !readinessFaults.hasMet(fault) : !host(fault.host()).hasMet(fault))
                .toList();
    }

    /** The rehearsed cluster's API server; clients need a certificate of the cluster's, as its kubeconfig has it. */
    public URI api() {
        return api.uri();
    }

    /**
     * Deletes a rehearsal's scratch directory, and with its links the links alone; does nothing where there is none.
     * Call it after {@link #close()}.
     */
    public static void delete(Path scratch) throws IOException {
        if (Files.isDirectory(scratch)) {
            Trees.delete(scratch);
        }
    }

    /** Stops all servers and ends what is left running. The scratch directory stays for those who want to look. */
    @Override
    public void close() {
        List<RuntimeException> failures = new ArrayList<>();
        for (SimulatedHost host : hosts.values()) {
            try {
                host.close();
            } catch (RuntimeException e) {
                failures.add(e);
            }
        }
        api.close();
        executor.shutdownNow();
        if (!failures.isEmpty()) {
            failures.stream().skip(1).forEach(failures.get(0)::addSuppressed);
            throw failures.get(0);
        }
    }
}
