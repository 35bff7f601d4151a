package dev.caravan.run;

import dev.caravan.actions.Action;
import dev.caravan.actions.Action.ActionCall;
import dev.caravan.history.Undoes;
import dev.caravan.journal.FoundHost;
import dev.caravan.journal.Journal;
import dev.caravan.journal.RunFilter;
import dev.caravan.journal.RunRecord;
import dev.caravan.spec.Allowed;
import dev.caravan.spec.Cluster;
import dev.caravan.spec.Expansion;
import dev.caravan.spec.Host;
import dev.caravan.spec.InvalidSpec;
import dev.caravan.spec.RedactedSpec;
import dev.caravan.spec.SpecReader;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Hosts that left the spec of their cluster, and on which the journal has changes that were not rolled back. An action that undoes them
 * works on these hosts, too. How they are reached says the newest spec in the journal that has them. Thread-safe.
 */
public final class FormerHosts {
    private static final Logger LOG = LoggerFactory.getLogger(FormerHosts.class);
    /** How many of the cluster's newest runs are looked at. */
    private static final int SPECS = 20;

    private final Journal journal;
    private final Allowed allowed;

    /** @param allowed what specs may name that came from outside */
    public FormerHosts(Journal journal, Allowed allowed) {
        this.journal = journal;
        this.allowed = allowed;
    }

    /**
     * A cluster with its former hosts, as far as they can be reached.
     *
     * @param notes by host, what the run says of it when it begins
     */
    record Known(Cluster cluster, Map<String, String> notes) {}

    /**
     * The cluster with the former hosts that this action works on.
     *
     * @param rollsBack the runs that the action rolls back
     * @param confined  whether the author of the spec may not name the engine's files; then the specs of others are not used
     */
    Known with(Cluster cluster, Action action, Set<String> rollsBack, boolean confined) {
        Map<String, String> notes = new LinkedHashMap<>();
        List<Host> leaving = new ArrayList<>(cluster.leaving());
        List<FoundHost> former = workedOn(journal, cluster, action.undoes(), rollsBack::contains);
        Set<String> names = cluster.everyHost().stream().map(Host::name).collect(Collectors.toSet());
        List<RunRecord> specs = former.isEmpty() ? List.of() : journal.runs(RunFilter.of(cluster.name(), SPECS));
        Map<String, Optional<Cluster>> read = new LinkedHashMap<>();
        for (FoundHost host : former) {
            Stream.concat(specs.stream(), journal.run(host.run()).stream())
                    .filter(run -> !names.contains(host.name()) && (!confined || run.confined()))
                    .flatMap(run -> read.computeIfAbsent(run.id(), any -> read(run)).flatMap(known -> find(known, host))
                            .map(found -> Map.entry(run.id(), found)).stream())
                    .findFirst()
                    .ifPresent(found -> {
                        leaving.add(found.getValue().as(Host.State.FORMER));
                        names.add(found.getValue().name());
                        notes.put(found.getValue().name(), "is not in the spec any more. It is restored, too, as run " + host.run()
                                + " changed it. It is reached as the spec of run " + found.getKey() + " says");
                    });
        }
        return new Known(notes.isEmpty() ? cluster : cluster.withHosts(cluster.hosts(), leaving), notes);
    }

    private static Optional<Host> find(Cluster cluster, FoundHost host) {
        return cluster.everyHost().stream().filter(other -> other.address().equals(host.address()) && !other.isLost()).findFirst();
    }

    private Optional<Cluster> read(RunRecord run) {
        if (!RedactedSpec.isUsable(run.spec()) || run.directory().isEmpty()) {
            return Optional.empty();
        }
        try {
            Expansion expansion = Expansion.in(Path.of(run.directory()));
            return Optional.of(SpecReader.read(run.spec(), "the spec of run " + run.id(),
                    run.confined() ? expansion.confinedTo(allowed) : expansion));
        } catch (InvalidSpec e) {
            LOG.debug("the spec of run {} cannot be read any more", run.id(), e);
            return Optional.empty();
        }
    }

    /** The former hosts that this action works on, as far as they can be reached. */
    public static List<FoundHost> of(Journal journal, Cluster cluster, ActionCall call) {
        // the id of a run may be cut short
        String run = String.valueOf(call.parameters().get("run"));
        return workedOn(journal, cluster, call.action().undoes(), id -> id.startsWith(run));
    }

    /** @param rolledBack the runs that are rolled back, if that is what the action undoes */
    private static List<FoundHost> workedOn(Journal journal, Cluster cluster, Undoes undoes, Predicate<String> rolledBack) {
        return switch (undoes) {
            case NOTHING -> List.of();
            case CLUSTER -> of(journal, cluster);
            case RUN -> of(journal, cluster).stream().filter(host -> journal.found(cluster.name(), host.address()).stream()
                    .anyMatch(found -> rolledBack.test(found.run()))).toList();
        };
    }

    /** The former hosts of a cluster, by their addresses. A step that may still run there is no change of a host. */
    public static List<FoundHost> of(Journal journal, Cluster cluster) {
        Set<String> addresses = cluster.everyHost().stream().map(Host::address).collect(Collectors.toSet());
        return journal.foundHosts(cluster.name()).stream()
                .filter(host -> !addresses.contains(host.address()))
                .filter(host -> !journal.found(cluster.name(), host.address()).stream().allMatch(UnfinishedStep::isOne))
                .toList();
    }
}
