package dev.caravan.run;

import dev.caravan.actions.Action.ResumeFrom;
import dev.caravan.history.Event;
import dev.caravan.history.Failure;
import dev.caravan.history.Occurrence;
import dev.caravan.history.Occurrence.CancelRequested;
import dev.caravan.history.Occurrence.CheckpointPassed;
import dev.caravan.history.Occurrence.GivenUp;
import dev.caravan.history.Occurrence.HostRolledBack;
import dev.caravan.history.Occurrence.OfStep;
import dev.caravan.history.Occurrence.RunResumed;
import dev.caravan.history.Occurrence.StepEnded;
import dev.caravan.history.Occurrence.StepRetried;
import dev.caravan.history.Occurrence.StepStarted;
import dev.caravan.step.StepFailure;
import dev.caravan.step.StepResult;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * What a run did before its engine went away, from its events. A run is resumed by sending it through its routes again: a step that
 * ended then gives the recorded result and does not reach its host; a step that was running keeps its id, by which it is found on its
 * host. So a route takes the same turns as before, and work begins where it was interrupted.
 *
 * <p>Two exceptions: results that held secrets were never recorded, so those steps run again; and the action may say that its
 * runs are resumed from the beginning, or that they are as long as they have not passed the checkpoint of their route, since nothing
 * changes before that. Thread-safe.
 */
public final class Past {
    private final Map<String, Deque<StepEnded>> ended = new HashMap<>();
    private final Set<String> done = new HashSet<>();
    private final Set<String> rolledBack = new HashSet<>();
    private final Map<String, UnderWay> underWay = new LinkedHashMap<>();
    private final List<UnderWay> dropped = new ArrayList<>();
    private final Map<String, List<String>> leftDirectories = new HashMap<>();
    private final Map<String, Integer> attempts = new HashMap<>();
    private final List<Event> events;
    private final boolean checkpointPassed;
    private boolean cancelled;
    private Optional<String> givenUp = Optional.empty();
    private int lastDetached;

    /**
     * A step that was begun on a host and whose end nobody heard of.
     *
     * @param at        the host that it runs on
     * @param logOffset where its part of the log file begins
     */
    public record UnderWay(String host, String step, String at, String id, long logOffset) {}

    private Past(List<Event> events, ResumeFrom from) {
        this.events = List.copyOf(events);
        this.checkpointPassed = events.stream().map(Event::occurrence).anyMatch(Past::isBehindCheckpoint);
        events.forEach(event -> add(event.occurrence()));
        if (from == ResumeFrom.BEGINNING || from == ResumeFrom.CHECKPOINT && !checkpointPassed) {
            ended.clear();
            done.clear();
            dropped.addAll(underWay.values());
            underWay.clear();
        }
    }

    /** Of a run that only begins. */
    static Past none() {
        return new Past(List.of(), ResumeFrom.STEP);
    }

    /** Of a run with these events, whose action is resumed from there. */
    static Past of(List<Event> events, ResumeFrom from) {
        return new Past(events, from);
    }

    /* Nothing changes before the checkpoint, so that a change says the same: of a route without one, and of runs of earlier versions. */
    private static boolean isBehindCheckpoint(Occurrence what) {
        return what instanceof CheckpointPassed || what instanceof StepEnded step && !step.changes().isEmpty();
    }

    private void add(Occurrence what) {
        if (what instanceof StepStarted started) {
            started(started);
        } else if (what instanceof StepRetried retried) {
            // A lost connection says nothing about the step, which is found again by its id.
            if (!StepFailure.isOfTheConnection(retried.failure().kind())) {
                over(retried);
            }
        } else if (what instanceof StepEnded step) {
            if (step.failure().filter(failure -> StepFailure.isOfTheConnection(failure.kind())).isEmpty()) {
                over(step);
            }
            done.add(key(step));
            if (!step.secrets()) {
                ended.computeIfAbsent(key(step), any -> new ArrayDeque<>()).add(step);
            }
        } else if (what instanceof HostRolledBack) {
            what.host().ifPresent(rolledBack::add);
        } else if (what instanceof CancelRequested) {
            cancelled = true;
        } else if (what instanceof GivenUp reason) {
            givenUp = Optional.of(reason.message());
        }
    }

    private void started(StepStarted started) {
        attempts.merge(key(started), started.attempt().number(), Math::max);
        started.detached().ifPresent(detached -> {
            String id = detached.id();
            lastDetached = Math.max(lastDetached, Integer.parseInt(id.substring(id.lastIndexOf('-') + 1)));
            String host = started.host().orElse("");
            // The next attempt at the same detached step continues in the same part of the log.
            underWay.merge(key(started), new UnderWay(host, started.step(), detached.at().orElse(host), id, detached.logOffset()),
                    (before, now) -> before.id().equals(id) ? before : now);
        });
    }

    private void over(OfStep what) {
        UnderWay step = underWay.remove(key(what));
        if (step != null) {
            left(step.at(), step.id());
        }
    }

    private void left(String host, String id) {
        leftDirectories.computeIfAbsent(host, any -> new ArrayList<>()).add(id);
    }

    private static String key(OfStep what) {
        return key(what.host().orElse(""), what.step());
    }

    private static String key(String host, String step) {
        return host + " " + step;
    }

    // ---- asked by steps

    /**
     * The recorded result of the next time that this step ran on that host; each is given once.
     *
     * @throws StepFailure the recorded failure, where that is how it ended
     */
    public synchronized Optional<StepResult> result(String host, String step) throws StepFailure {
        Deque<StepEnded> results = ended.get(key(host, step));
        StepEnded recorded = results == null ? null : results.poll();
        if (recorded == null) {
            return Optional.empty();
        }
        if (recorded.failure().isPresent()) {
            Failure failure = recorded.failure().get();
            throw new StepFailure(host, step, failure.kind(), false, recorded.message(), failure.remedy(), failure.lastWords(), null);
        }
        return Optional.of(new StepResult(step, host, recorded.state(), recorded.changes(), recorded.differences(), recorded.outputs(),
                Map.of(), recorded.artefact(), recorded.message()));
    }

    /** Whether this step ended on that host, in whichever way. */
    public boolean isDone(String host, String step) {
        return done.contains(key(host, step));
    }

    /** This step's detached run on that host, where its end was not heard of; given once. */
    public synchronized Optional<UnderWay> underWay(String host, String step) {
        return Optional.ofNullable(underWay.remove(key(host, step)));
    }

    /** All steps whose end was not heard of. */
    public synchronized List<UnderWay> underWay() {
        return List.copyOf(underWay.values());
    }

    /** Whether the end of this step was not heard of. */
    public synchronized boolean isUnderWay(String host, String step) {
        return underWay.containsKey(key(host, step));
    }

    /** Those of them that are not resumed: the run begins again. */
    public List<UnderWay> dropped() {
        return List.copyOf(dropped);
    }

    /** Ids of steps whose result is known and whose directories may still be on that host. */
    public List<String> leftDirectories(String host) {
        return List.copyOf(leftDirectories.getOrDefault(host, List.of()));
    }

    /** Every value that a step gave under that name, on whichever host. */
    public List<String> outputs(String name) {
        return events.stream().flatMap(event -> event.as(StepEnded.class).stream()).map(step -> step.outputs().get(name))
                .filter(Objects::nonNull).toList();
    }

    // ---- asked by the run

    /** All that it recorded, in order. */
    Stream<Occurrence> occurrences() {
        return events.stream().map(Event::occurrence);
    }

    boolean isEmpty() {
        return events.isEmpty();
    }

    /** Whether it may have changed something: it passed the checkpoint of its route. */
    public boolean hasPassedCheckpoint() {
        return checkpointPassed;
    }

    /** The hosts that were rolled back. */
    Set<String> rolledBack() {
        return Set.copyOf(rolledBack);
    }

    /** How often the run was resumed before. No two engines that work on it one after the other have the same number. */
    public int lives() {
        return isEmpty() ? 0 : 1 + (int) occurrences().filter(RunResumed.class::isInstance).count();
    }

    boolean isCancelled() {
        return cancelled;
    }

    Optional<String> givenUp() {
        return givenUp;
    }

    int lastDetached() {
        return lastDetached;
    }

    Map<String, Integer> attempts() {
        return Map.copyOf(attempts);
    }
}
