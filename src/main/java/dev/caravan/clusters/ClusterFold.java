package dev.caravan.clusters;

import dev.caravan.clusters.KnownCluster.Node;
import dev.caravan.history.Event;
import dev.caravan.history.Occurrence.RunQueued;
import dev.caravan.history.Occurrence.StepEnded;
import dev.caravan.history.RunHost;
import dev.caravan.history.RunState;
import dev.caravan.history.Shows;
import dev.caravan.history.StepState;
import dev.caravan.history.Undoes;
import dev.caravan.journal.RunRecord;
import dev.caravan.spec.SpecEdit;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

/**
 * Version, nodes and certificates of a cluster, from the events of its runs, the newest run first. The newest run that knows the nodes
 * counts: one that brought the cluster to its spec, whose hosts are all nodes then; or a run whose step facts found nodes. Not thread-safe.
 */
final class ClusterFold {
    private static final String FACTS = "facts";
    private static final Set<RunState> DONE = EnumSet.of(RunState.SUCCEEDED, RunState.PARTLY);
    /** The run that makes a cluster sees no certificates: how many older ones are read for them. */
    private static final int MORE_FOR_CERTIFICATES = 3;

    private final Instant now;
    private final Map<String, Instant> certificates = new HashMap<>();
    private final List<Node> nodes = new ArrayList<>();
    private Optional<String> version = Optional.empty();
    private boolean nodesKnown;
    private int readSinceNodes;
    private boolean gone;

    ClusterFold(Instant now) {
        this.now = now;
    }

    /** Whether an older run could add something. */
    boolean wantsMore() {
        boolean complete = nodes.stream().allMatch(node -> certificates.containsKey(node.name()));
        return !gone && (!nodesKnown || !complete && readSinceNodes < MORE_FOR_CERTIFICATES);
    }

    /** Adds a run that is older than those before. */
    void add(RunRecord run, List<Event> events) {
        readSinceNodes += nodesKnown ? 1 : 0;
        boolean succeeded = DONE.contains(run.state());
        Optional<RunQueued> begun = events.stream().flatMap(event -> event.as(RunQueued.class).stream()).findFirst();
        if (succeeded && begun.filter(queued -> queued.undoes() == Undoes.CLUSTER).isPresent()) {
            gone = true;
            return;
        }
        Map<String, Map<String, String>> facts = new HashMap<>();
        Map<String, Instant> seen = new HashMap<>();
        Set<String> failed = new HashSet<>();
        for (Event event : events) {
            if (event.occurrence() instanceof StepEnded ended && ended.host().isPresent()) {
                String host = ended.host().get();
                if (ended.state() == StepState.FAILED) {
                    failed.add(host);
                }
                expiry(ended.outputs()).ifPresent(end -> seen.put(host, end));
                if (ended.step().equals(FACTS) && !ended.outputs().isEmpty()) {
                    facts.put(host, ended.outputs());
                }
            }
        }
        seen.forEach(certificates::putIfAbsent);
        if (!nodesKnown) {
            begun.filter(queued -> !queued.limited()).ifPresent(queued -> nodes(run, queued, facts, failed, succeeded));
        }
    }

    private void nodes(RunRecord run, RunQueued queued, Map<String, Map<String, String>> facts, Set<String> failed, boolean succeeded) {
        Optional<String> wanted = queued.version().filter(text -> !text.isBlank());
        if (succeeded && queued.shows() == Shows.SPEC && wanted.isPresent()) {
            version = wanted;
            nodesKnown = true;
            Set<String> left = SpecEdit.hostsThatLeave(run.spec());
            queued.hosts().stream().filter(host -> !failed.contains(host.name()) && !left.contains(host.name()))
                    .forEach(host -> nodes.add(node(host, wanted)));
        } else if (!facts.isEmpty()) {
            nodesKnown = true;
            queued.hosts().forEach(host -> {
                Map<String, String> found = facts.getOrDefault(host.name(), Map.of());
                if (text(found, "kubernetes").filter(files -> files.lines().anyMatch("kubelet.conf"::equals)).isPresent()) {
                    nodes.add(node(host, text(found, "kubeletVersion")));
                    version = version.or(() -> text(found, "apiServerVersion"));
                }
            });
        }
    }

    private static Node node(RunHost host, Optional<String> version) {
        return new Node(host.name(), host.address(), host.roles(), version, OptionalLong.empty());
    }

    /* Of those that are not renewed automatically the one that expires first: seconds since the epoch, path. */
    private static Optional<Instant> expiry(Map<String, String> outputs) {
        try {
            return text(outputs, "certificate").map(line -> Instant.ofEpochSecond(Long.parseLong(line.split(" ", 2)[0])));
        } catch (NumberFormatException | DateTimeException notATime) {
            return Optional.empty();
        }
    }

    private static Optional<String> text(Map<String, String> outputs, String name) {
        return Optional.ofNullable(outputs.get(name)).filter(text -> !text.isBlank()).map(String::strip);
    }

    Optional<String> version() {
        return version;
    }

    List<Node> nodes() {
        return nodes.stream().map(node -> new Node(node.name(), node.address(), node.roles(), node.version(), days(node.name()))).toList();
    }

    private OptionalLong days(String host) {
        return certificates.containsKey(host)
                ? OptionalLong.of(Math.floorDiv(Duration.between(now, certificates.get(host)).toSeconds(), Duration.ofDays(1).toSeconds()))
                : OptionalLong.empty();
    }
}
