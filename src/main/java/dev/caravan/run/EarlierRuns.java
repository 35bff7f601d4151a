package dev.caravan.run;

import dev.caravan.actions.Action;
import dev.caravan.actions.Action.ActionCall;
import dev.caravan.actions.Action.ResumeFrom;
import dev.caravan.actions.InvalidParameters;
import dev.caravan.actions.NoSuchAction;
import dev.caravan.history.Event;
import dev.caravan.history.Occurrence.RunEnded;
import dev.caravan.history.Occurrence.RunQueued;
import dev.caravan.history.RunState;
import dev.caravan.history.Undoes;
import dev.caravan.journal.Journal;
import dev.caravan.journal.RunIds;
import dev.caravan.journal.RunRecord;
import dev.caravan.spec.Cluster;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/** What runs in the journal were begun with, by their events and the actions that are loaded now. Thread-safe. */
final class EarlierRuns {
    private final Workflows workflows;
    private final Journal journal;
    private final boolean rehearsal;

    EarlierRuns(Workflows workflows, Journal journal, boolean rehearsal) {
        this.workflows = workflows;
        this.journal = journal;
        this.rehearsal = rehearsal;
    }

    /** The run that a new one is to roll back, if that is what its action does. */
    Optional<String> undone(ActionCall call, Cluster cluster) {
        if (call.action().undoes() != Undoes.RUN) {
            return Optional.empty();
        }
        RunRecord earlier = found(String.valueOf(call.parameters().get("run")));
        String id = earlier.id();
        if (!earlier.hasEnded()) {
            throw new CannotBegin("run " + id + " has not ended");
        }
        if (!earlier.cluster().equals(cluster.name())) {
            throw new CannotBegin("run " + id + " was of cluster " + earlier.cluster() + ", and the spec is of cluster "
                    + cluster.name());
        }
        return Optional.of(id);
    }

    private RunRecord found(String id) {
        try {
            RunRecord found = RunIds.find(journal, id);
            if (found.rehearsal() == rehearsal) {
                return found;
            }
        } catch (RunIds.NotFound e) {
            if (!e.candidates().isEmpty()) {
                throw new CannotBegin(e.getMessage());
            }
        }
        throw new CannotBegin("the journal has no run " + id + " to roll back");
    }

    /** The runs of that cluster that engines left unfinished; these that are under way here are none. */
    List<RunRecord> leftUnfinished(Cluster cluster, Set<String> underWay) {
        return journal.orphans().stream()
                .filter(run -> run.rehearsal() == rehearsal && run.cluster().equals(cluster.name()) && !underWay.contains(run.id()))
                .toList();
    }

    /** The steps that these runs, and ended ones, left on hosts of the cluster of the run that begins. */
    List<UnfinishedStep> unfinished(List<RunRecord> left, Run begins) {
        Stream<UnfinishedStep> ofLeft = left.stream().flatMap(old -> {
            boolean isRecorded = workflows.actions().find(old.action()).map(Action::isRecorded).orElse(true);
            return Past.of(journal.events(old.id(), 0), ResumeFrom.STEP).underWay().stream()
                    .map(step -> new UnfinishedStep(old.id(), step, isRecorded, Optional.empty()));
        });
        Stream<UnfinishedStep> ofEnded = begins.cluster().everyHost().stream().filter(host -> !host.isLost())
                .flatMap(host -> begins.rollback().unfinished(host).stream());
        return Stream.concat(ofLeft, ofEnded).toList();
    }

    /** Ends a run that was left unfinished, in favour of another. */
    void supersede(RunRecord old, Run by) {
        String message = "was left unfinished when its engine went away, and ended in favour of run " + by.id();
        journal.end(old.id(), new RunEnded(RunState.FAILED, message, Optional.empty(), List.of(), Map.of(), Optional.of(old.action())));
    }

    /**
     * What that run was begun with: its action as it is loaded now, and the recorded values of its parameters.
     *
     * @throws CannotBegin if the action is not loaded any more, or does not take these values now
     */
    ActionCall call(RunRecord run, List<Event> events) {
        try {
            Action action = workflows.actions().require(run.action());
            // Runs of earlier versions say which run they roll back in another way.
            return action.undoes() == Undoes.RUN && parameters(events).isEmpty() ? action.withDefaults() : action.call(parameters(events));
        } catch (NoSuchAction | InvalidParameters e) {
            throw new CannotBegin(e.getMessage());
        }
    }

    /** The name that its action has now. */
    String name(RunRecord run) {
        return workflows.actions().find(run.action()).map(Action::name).orElse(run.action());
    }

    static Map<String, String> parameters(List<Event> events) {
        return queued(events).map(RunQueued::parameters).orElse(Map.of());
    }

    private static Optional<RunQueued> queued(List<Event> events) {
        return events.stream().flatMap(event -> event.as(RunQueued.class).stream()).findFirst();
    }

    static Set<String> rollsBack(List<Event> events) {
        return queued(events).map(RunQueued::rollsBack).map(Set::copyOf).orElse(Set.of());
    }
}
