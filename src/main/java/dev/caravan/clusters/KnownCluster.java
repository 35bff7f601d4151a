package dev.caravan.clusters;

import dev.caravan.journal.RunRecord;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * What the last runs saw of a cluster. Nothing is asked of the cluster itself. Immutable.
 *
 * @param version    of Kubernetes; empty if no run has seen it, or the cluster was taken off its hosts
 * @param nodes      as the last run that knows them saw them, in the order of its spec
 * @param lastRun    the newest one
 * @param backups    the newest first
 * @param kubeconfig whether the data directory has one
 * @param drift      what the last plan that succeeded would change; empty if there was none, or it was not asked for
 */
public record KnownCluster(
        String name, Optional<String> version, List<Node> nodes, RunRecord lastRun, List<KnownBackup> backups, boolean kubeconfig,
        Optional<Drift> drift) {

    public KnownCluster {
        nodes = List.copyOf(nodes);
        backups = List.copyOf(backups);
    }

    /**
     * A node.
     *
     * @param version         of its kubelet, if a run has seen it
     * @param certificateDays until the first certificate on it expires that is not renewed automatically; below 0
     *                        if it has expired; empty if no
     *                        run has seen one
     */
    public record Node(String name, String address, List<String> roles, Optional<String> version, OptionalLong certificateDays) {
        public Node {
            roles = List.copyOf(roles);
        }
    }

    /** A backup as its record describes it; whether its file is still good is not looked at. */
    public record KnownBackup(String id, Instant takenAt, String host, String kubernetes, long revision, long bytes, boolean encrypted) {}

    /**
     * What a plan would change.
     *
     * @param run     of the plan
     * @param at      when it began
     * @param changes how many things
     * @param hosts   those on which something would change
     * @param changedSince the newest run that may have changed hosts after that
     */
    public record Drift(String run, Instant at, int changes, List<String> hosts, Optional<String> changedSince) {
        public Drift {
            hosts = List.copyOf(hosts);
        }
    }

    /** Until the first certificate of any node expires. */
    public OptionalLong certificateDays() {
        return nodes.stream().map(Node::certificateDays).filter(OptionalLong::isPresent).mapToLong(OptionalLong::getAsLong).min();
    }
}
