package dev.caravan.run;

import dev.caravan.actions.Action;
import dev.caravan.actions.Action.ActionCall;
import dev.caravan.actions.Actions;
import dev.caravan.history.Occurrence.RunQueued;
import dev.caravan.history.RunHost;
import dev.caravan.journal.RequestKey;
import dev.caravan.spec.Cluster;
import dev.caravan.spec.Host;
import dev.caravan.spec.Nearest;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * What is asked for when a run is begun.
 *
 * @param spec      the spec's text with secrets replaced, for the journal
 * @param directory where the spec's relative paths start
 * @param source    command, inbox or http
 * @param relaxed   what the spec relaxes of what is safe, a line each
 * @param confined  whether the spec's author may not name the engine's files and variables
 * @param key       of the request, where it has one
 * @param by        who asked for it, where that is known
 */
public record RunOrder(
        Cluster cluster, String spec, String directory, ActionCall call, String source, List<String> relaxed, boolean confined,
        Optional<RequestKey> key, Optional<String> by) {
    public RunOrder(Cluster cluster, String spec, String directory, ActionCall call, String source, List<String> relaxed) {
        this(cluster, spec, directory, call, source, relaxed, false, Optional.empty(), Optional.empty());
    }

    /** The action with the defaults of its parameters. */
    public RunOrder(Cluster cluster, String spec, String directory, Action action, String source, List<String> relaxed) {
        this(cluster, spec, directory, action.withDefaults(), source, relaxed);
    }

    /**
     * The hosts that the run is to act on: all of the spec, or those that the action is limited to.
     *
     * @throws CannotBegin if it is limited to a host that the spec does not have
     */
    public List<Host> targets() {
        Set<String> wanted = call.limitedTo();
        if (wanted.isEmpty()) {
            return cluster.everyHost();
        }
        List<String> names = cluster.hosts().stream().map(Host::name).toList();
        wanted.stream().filter(name -> !names.contains(name)).findFirst().ifPresent(unknown -> {
            throw new CannotBegin(call.action().name() + " cannot be limited to the host " + unknown + ", which the spec does not have; "
                    + Nearest.to(unknown, names).map(near -> "did you mean " + near + "?")
                            .orElse("it has " + names.stream().limit(20).collect(Collectors.joining(", "))
                                    + (names.size() > 20 ? " and " + (names.size() - 20) + " more" : "")));
        });
        return cluster.hosts().stream().filter(host -> wanted.contains(host.name())).toList();
    }

    /** The same for that cluster: the spec's, and hosts that left the spec. */
    RunOrder of(Cluster withFormer) {
        return new RunOrder(withFormer, spec, directory, call, source, relaxed, confined, key, by);
    }

    /** @throws CannotBegin if its action is none of these any more, or is limited to a host that the spec does not have */
    void requirePossible(Actions loaded) {
        if (loaded.find(call.action().name()).isEmpty()) {
            throw new CannotBegin("there is no action " + call.action().name() + " any more: the route files were changed");
        }
        targets();
    }

    /** The first event of the run. */
    RunQueued queued(boolean rehearsal, Set<String> rollsBack) {
        Action action = call.action();
        List<RunHost> hosts = targets().stream()
                .map(host -> new RunHost(host.name(), host.address(), host.roles().stream().map(Object::toString).sorted().toList()))
                .toList();
        return new RunQueued(action.name(), cluster.name(), hosts, rehearsal, action.changesHosts(), action.plan(),
                Optional.of(cluster.kubernetes().version()), List.copyOf(rollsBack), action.outcome(), call.texts(),
                !call.limitedTo().isEmpty(), action.undoes(), action.shows(), by);
    }
}
