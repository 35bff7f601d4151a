package dev.caravan.run;

import dev.caravan.actions.Action.ResumeFrom;
import dev.caravan.artefacts.Artefact;
import dev.caravan.journal.Event;
import dev.caravan.step.StepFailure;
import dev.caravan.step.StepResult;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What a run did before its engine went away, from its events. A run is gone on with by sending it through its routes again:
 * a step that ended then gives the result that was recorded and does not reach its host; a step that was under way keeps its
 * id, by which it is found on its host. So a route takes the same turns as before, and work begins where it stood.
 *
 * <p>Two exceptions: results that held secrets were never recorded, so those steps run again; and the action may say that its
 * runs are resumed from the beginning, or that they are as long as preflight has not passed, since nothing changes before that.
 * Thread-safe.
 */
public final class Past {
    private static final String PREFLIGHT = "preflight";

    private final Map<String, Deque<Event>> ended = new HashMap<>();
    private final Set<String> done = new HashSet<>();
    private final Set<String> rolledBack = new HashSet<>();
    private final Map<String, UnderWay> underWay = new LinkedHashMap<>();
    private final Map<String, List<String>> leftDirectories = new HashMap<>();
    private final Map<String, Integer> attempts = new HashMap<>();
    private final List<Event> events;
    private final boolean preflightPassed;
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
        this.preflightPassed = events.stream().anyMatch(event -> event.type() == Event.Type.STEP_ENDED
                && event.step().equals(Optional.of(PREFLIGHT))
                && "ok".equals(event.data().get("state")));
        events.forEach(this::add);
        if (from == ResumeFrom.BEGINNING || from == ResumeFrom.PREFLIGHT && !preflightPassed) {
            ended.clear();
            done.clear();
            underWay.values().forEach(step -> left(step.at(), step.id()));
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

    private void add(Event event) {
        switch (event.type()) {
            case STEP_STARTED -> started(event);
            case STEP_RETRY -> {
                // A lost connection says nothing about the step, which is found again by its id.
                if (!StepFailure.isOfTheConnection(String.valueOf(event.data().get("kind")))) {
                    over(event);
                }
            }
            case STEP_ENDED -> {
                over(event);
                done.add(key(event));
                if (!Boolean.TRUE.equals(event.data().get("secrets"))) {
                    ended.computeIfAbsent(key(event), any -> new ArrayDeque<>()).add(event);
                }
            }
            case HOST_ROLLED_BACK -> event.host().ifPresent(rolledBack::add);
            case NOTE -> {
                cancelled |= Boolean.TRUE.equals(event.data().get("cancelled"));
                if (Boolean.TRUE.equals(event.data().get("givenUp"))) {
                    givenUp = Optional.of(event.message());
                }
            }
            default -> { }
        }
    }

    private void started(Event event) {
        attempts.merge(key(event), event.attempt(), Math::max);
        if (event.data().get("id") instanceof String id) {
            lastDetached = Math.max(lastDetached, Integer.parseInt(id.substring(id.lastIndexOf('-') + 1)));
            long offset = event.data().get("logOffset") instanceof Number number ? number.longValue() : 0;
            UnderWay before = underWay.get(key(event));
            String host = event.host().orElse("");
            // The next attempt at the same detached step goes on in the same part of the log.
            underWay.put(key(event), before != null && before.id().equals(id) ? before
                    : new UnderWay(host, event.step().orElse(""), text(event, "at").isEmpty() ? host : text(event, "at"), id, offset));
        }
    }

    private void over(Event event) {
        UnderWay step = underWay.remove(key(event));
        if (step != null) {
            left(step.at(), step.id());
        }
    }

    private void left(String host, String id) {
        leftDirectories.computeIfAbsent(host, any -> new ArrayList<>()).add(id);
    }

    private static String key(Event event) {
        return key(event.host().orElse(""), event.step().orElse(""));
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
        Deque<Event> results = ended.get(key(host, step));
        Event event = results == null ? null : results.poll();
        if (event == null) {
            return Optional.empty();
        }
        if ("failed".equals(event.data().get("state"))) {
            throw new StepFailure(host, step, text(event, "kind"), false, event.message(), text(event, "remedy"),
                    list(event, "lastWords"), null);
        }
        StepResult.State state = Arrays.stream(StepResult.State.values()).filter(known -> known.word().equals(text(event, "state")))
                .findFirst().orElseThrow();
        return Optional.of(new StepResult(step, host, state, list(event, "changes"), List.of(), outputs(event), Map.of(),
                Artefact.ofData(event.data().get("artefact")), event.message()));
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

    /** Ids of steps whose result is known and whose directories may still be on that host. */
    public List<String> leftDirectories(String host) {
        return List.copyOf(leftDirectories.getOrDefault(host, List.of()));
    }

    /** Every value that a step gave under that name, on whichever host. */
    public List<String> outputs(String step, String name) {
        return events.stream()
                .filter(event -> event.type() == Event.Type.STEP_ENDED && event.step().equals(Optional.of(step)))
                .map(event -> outputs(event).get(name))
                .filter(value -> value != null)
                .toList();
    }

    // ---- asked by the run

    boolean isEmpty() {
        return events.isEmpty();
    }

    boolean hasPassedPreflight() {
        return preflightPassed;
    }

    /** What the rules over all hosts gave, where preflight passed. */
    Map<String, String> preflightOutputs() {
        return events.stream()
                .filter(event -> event.type() == Event.Type.STEP_ENDED && event.step().equals(Optional.of(PREFLIGHT)))
                .filter(event -> event.host().isEmpty())
                .map(Past::outputs)
                .reduce(Map.of(), (first, second) -> second);
    }

    /** The hosts that were rolled back. */
    Set<String> rolledBack() {
        return Set.copyOf(rolledBack);
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

    private static String text(Event event, String name) {
        return event.data().get(name) instanceof String text ? text : "";
    }

    private static List<String> list(Event event, String name) {
        return event.data().get(name) instanceof List<?> items ? items.stream().map(String::valueOf).toList() : List.of();
    }

    private static Map<String, String> outputs(Event event) {
        Map<String, String> outputs = new LinkedHashMap<>();
        if (event.data().get("outputs") instanceof Map<?, ?> values) {
            values.forEach((name, value) -> outputs.put(String.valueOf(name), String.valueOf(value)));
        }
        return outputs;
    }
}
