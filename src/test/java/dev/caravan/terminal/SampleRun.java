package dev.caravan.terminal;

import dev.caravan.history.Attempt;
import dev.caravan.history.Detached;
import dev.caravan.history.Event;
import dev.caravan.history.Failure;
import dev.caravan.history.Occurrence;
import dev.caravan.history.Occurrence.HostWaiting;
import dev.caravan.history.Occurrence.Note;
import dev.caravan.history.Occurrence.RunEnded;
import dev.caravan.history.Occurrence.RunQueued;
import dev.caravan.history.Occurrence.RunStarted;
import dev.caravan.history.Occurrence.StepEnded;
import dev.caravan.history.Occurrence.StepProgress;
import dev.caravan.history.Occurrence.StepRetried;
import dev.caravan.history.Occurrence.StepStarted;
import dev.caravan.history.Occurrences;
import dev.caravan.history.RunHost;
import dev.caravan.history.RunState;
import dev.caravan.history.Shows;
import dev.caravan.history.StepState;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/** Writes the events of a run as an engine would have recorded them, each at a time given in seconds from its start. */
final class SampleRun {
    static final Instant START = Instant.parse("2026-11-23T06:00:00Z");

    private record Draft(double at, Occurrence what) {}

    private final String id;
    private final List<Draft> drafts = new ArrayList<>();

    private SampleRun(String id) {
        this.id = id;
    }

    static SampleRun of(String id, String action, boolean rehearsal, List<String> hosts) {
        SampleRun run = new SampleRun(id);
        List<RunHost> described = new ArrayList<>();
        for (int i = 0; i < hosts.size(); i++) {
            described.add(new RunHost(hosts.get(i), "10.77." + i / 200 + "." + (11 + i % 200),
                    List.of(i == 0 ? "control-plane" : "worker")));
        }
        run.add(0, Occurrences.showing(action.equals("apply") ? Shows.SPEC : Shows.DRIFT, new RunQueued(action, "demo", described,
                rehearsal, !action.equals("plan"), action.equals("plan"), Optional.of("1.20.2"), List.of(),
                action.equals("apply") ? "is as its spec says" : "", Map.of(), false)));
        run.add(0.1, new RunStarted());
        return run;
    }

    SampleRun add(double at, Occurrence what) {
        drafts.add(new Draft(at, what));
        return this;
    }

    /** @param host empty for the cluster as a whole */
    private static Attempt attempt(String host, String step, int number) {
        return new Attempt(some(host), step, number);
    }

    private static Optional<String> some(String host) {
        return Optional.of(host).filter(name -> !name.isEmpty());
    }

    /** A step from its start to its end at the first attempt. */
    SampleRun step(double from, double to, String host, String step, StepState state, String message, String... changes) {
        started(from, host, step, 1);
        return ended(from, to, host, step, 1, state, message, changes);
    }

    SampleRun started(double at, String host, String step, int attempt) {
        return add(at, new StepStarted(attempt(host, step, attempt), Optional.of(
                new Detached(id + "-" + host + "-" + step, 0, Optional.empty()))));
    }

    SampleRun progress(double at, String host, String step, String message) {
        return progress(at, host, step, 1, message);
    }

    SampleRun progress(double at, String host, String step, int attempt, String message) {
        return add(at, new StepProgress(attempt(host, step, attempt), message));
    }

    SampleRun waiting(double at, String host, String message) {
        return add(at, new HostWaiting(some(host), message, OptionalInt.empty()));
    }

    SampleRun retry(double at, String host, String step, int attempt, long delayMillis, String message) {
        return add(at, new StepRetried(attempt(host, step, attempt), message, new Failure("connection", "", List.of()),
                Optional.of(Duration.ofMillis(delayMillis)), Optional.empty()));
    }

    SampleRun note(double at, String host, String message) {
        return add(at, new Note(some(host), message));
    }

    SampleRun ended(
            double from, double to, String host, String step, int attempt, StepState state, String message, String... changes) {
        return add(to, new StepEnded(attempt(host, step, attempt), message, state, List.of(changes), List.of(), Map.of(), false,
                Optional.empty(), Optional.of(duration(from, to)), Optional.empty()));
    }

    SampleRun failed(
            double from, double to, String host, String step, int attempt, String cause, String remedy, String... lastWords) {
        return add(to, StepEnded.failed(attempt(host, step, attempt), cause, new Failure("command", remedy, List.of(lastWords)),
                Optional.of(duration(from, to))));
    }

    private static Duration duration(double from, double to) {
        return Duration.ofMillis(Math.round((to - from) * 1000));
    }

    SampleRun end(double at, RunState state) {
        return add(at, RunEnded.of(state, ""));
    }

    /** With the kubeconfig that was fetched. */
    SampleRun end(double at, String kubeconfig) {
        return add(at, new RunEnded(RunState.SUCCEEDED, "", Optional.of(kubeconfig), List.of(), Map.of(), Optional.empty()));
    }

    /** The events in the order of their times, numbered. */
    List<Event> events() {
        List<Draft> sorted = new ArrayList<>(drafts);
        sorted.sort(Comparator.comparingDouble(Draft::at));
        List<Event> events = new ArrayList<>();
        sorted.forEach(draft -> events.add(new Event(events.size() + 1, at(draft.at()), id, draft.what())));
        return events;
    }

    /** The events up to that many seconds after the start. */
    List<Event> until(double seconds) {
        Instant end = START.plusMillis(Math.round(seconds * 1000));
        return events().stream().filter(event -> !event.at().isAfter(end)).toList();
    }

    static Instant at(double seconds) {
        return START.plusMillis(Math.round(seconds * 1000));
    }
}
