package dev.caravan.rehearsal;

import dev.caravan.spec.Cluster;
import dev.caravan.spec.Host;
import dev.caravan.ssh.SshTarget;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;

/**
 * The rehearsals of a service: each cluster has simulated hosts of its own, which are made when its first run begins and stay until the
 * service ends. A later spec of the cluster finds the hosts as the runs before left them. A host whose address changes makes the whole
 * cluster bare again. Thread-safe.
 */
public final class Rehearsals implements AutoCloseable {
    private final Path scratch;
    private final Rehearsal.Options options;
    private final Map<String, Known> clusters = new HashMap<>();
    /* By address, as that is what a host of a spec is known by: the cluster that was prepared last. */
    private final Map<String, Rehearsal> hosts = new HashMap<>();
    private int made;

    private record Known(Rehearsal rehearsal, Map<String, String> addresses) {}

    /** @param scratch a directory that is not there yet; it belongs to the caller and stays after {@link #close()} */
    public Rehearsals(Path scratch, Rehearsal.Options options) {
        this.scratch = scratch;
        this.options = options;
    }

    /**
     * Makes the hosts of that cluster that are not there yet. To be called when a run of it has been let in, before any step.
     *
     * @throws UncheckedIOException where they cannot be made
     */
    public synchronized void prepare(Cluster cluster) {
        Map<String, String> addresses = new HashMap<>();
        cluster.hosts().forEach(host -> addresses.put(host.name(), host.address()));
        try {
            Known known = clusters.get(cluster.name());
            boolean moved = known != null && addresses.entrySet().stream()
                    .anyMatch(host -> !known.addresses().getOrDefault(host.getKey(), host.getValue()).equals(host.getValue()));
            Rehearsal rehearsal;
            if (known == null || moved) {
                forget(cluster.name());
                rehearsal = Rehearsal.start(cluster, List.of(), scratch.resolve(Integer.toString(++made)), options);
            } else {
                rehearsal = known.rehearsal();
                rehearsal.grow(cluster);
                known.addresses().forEach(addresses::putIfAbsent);
            }
            clusters.put(cluster.name(), new Known(rehearsal, addresses));
            addresses.values().forEach(address -> hosts.put(address, rehearsal));
        } catch (IOException e) {
            throw new UncheckedIOException("the simulated hosts of cluster " + cluster.name() + " cannot be made: " + e.getMessage(), e);
        }
    }

    private void forget(String cluster) {
        Known old = clusters.remove(cluster);
        if (old != null) {
            hosts.values().removeIf(old.rehearsal()::equals);
            old.rehearsal().close();
        }
    }

    /**
     * How SSH reaches a host of a cluster that was prepared.
     *
     * @throws NoSuchElementException where no prepared cluster has it
     */
    public synchronized SshTarget target(Host host) {
        Rehearsal rehearsal = hosts.get(host.address());
        if (rehearsal == null) {
            throw new NoSuchElementException("there is no simulated host " + host.name());
        }
        return rehearsal.target(host);
    }

    /** Ends all of them. */
    @Override
    public synchronized void close() {
        List.copyOf(clusters.keySet()).forEach(this::forget);
    }
}
