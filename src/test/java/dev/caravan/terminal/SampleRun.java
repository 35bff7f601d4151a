package dev.caravan.terminal;

import dev.caravan.journal.Event;
import dev.caravan.journal.Event.Type;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Writes the events of a run as an engine would have recorded them, each at a time given in seconds from its start. */
final class SampleRun {
    static final Instant START = Instant.parse("2026-11-23T06:00:00Z");

    private record Draft(
            double at, Type type, String host, String step, int attempt, String message, Map<String, Object> data) {}

    private final String id;
    private final List<Draft> drafts = new ArrayList<>();

    private SampleRun(String id) {
        this.id = id;
    }

    static SampleRun of(String id, String action, boolean rehearsal, List<String> hosts) {
        SampleRun run = new SampleRun(id);
        List<Map<String, Object>> described = new ArrayList<>();
        for (int i = 0; i < hosts.size(); i++) {
            described.add(Map.of("name", hosts.get(i), "address", "10.77." + i / 200 + "." + (11 + i % 200), "roles",
                    List.of(i == 0 ? "control-plane" : "worker")));
        }
        Map<String, Object> data = new LinkedHashMap<>();
        data.put("action", action);
        data.put("cluster", "demo");
        data.put("hosts", described);
        data.put("rehearsal", rehearsal);
        data.put("changesHosts", !action.equals("plan"));
        if (action.equals("apply")) {
            data.put("outcome", "is as its spec says");
        }
        run.add(0, Type.RUN_QUEUED, "", "", 0, "", data);
        run.add(0.1, Type.RUN_STARTED, "", "", 0, "", Map.of());
        return run;
    }

    SampleRun add(double at, Type type, String host, String step, int attempt, String message, Map<String, Object> data) {
        drafts.add(new Draft(at, type, host, step, attempt, message, data));
        return this;
    }

    /** A step from its start to its end at the first attempt. */
    SampleRun step(double from, double to, String host, String step, String state, String message, String... changes) {
        started(from, host, step, 1);
        return ended(from, to, host, step, 1, state, message, changes);
    }

    SampleRun started(double at, String host, String step, int attempt) {
        return add(at, Type.STEP_STARTED, host, step, attempt, "", Map.of("id", id + "-" + host + "-" + step));
    }

    SampleRun progress(double at, String host, String step, String message) {
        return add(at, Type.STEP_PROGRESS, host, step, 1, message, Map.of());
    }

    SampleRun waiting(double at, String host, String step, String message) {
        return add(at, Type.HOST_WAITING, host, step, 0, message, Map.of());
    }

    SampleRun retry(double at, String host, String step, int attempt, long delayMillis, String message) {
        return add(at, Type.STEP_RETRY, host, step, attempt, message, Map.of("kind", "connection", "delayMillis", delayMillis));
    }

    SampleRun note(double at, String host, String message) {
        return add(at, Type.NOTE, host, "", 0, message, Map.of());
    }

    SampleRun ended(
            double from, double to, String host, String step, int attempt, String state, String message, String... changes) {
        return add(to, Type.STEP_ENDED, host, step, attempt, message,
                Map.of("state", state, "changes", List.of(changes), "durationMillis", Math.round((to - from) * 1000)));
    }

    SampleRun failed(
            double from, double to, String host, String step, int attempt, String cause, String remedy, String... lastWords) {
        return add(to, Type.STEP_ENDED, host, step, attempt, cause, Map.of(
                "state", "failed", "changes", List.of(), "durationMillis", Math.round((to - from) * 1000),
                "kind", "command", "remedy", remedy, "lastWords", List.of(lastWords)));
    }

    SampleRun end(double at, String state, int exitStatus, String message, Map<String, Object> more) {
        Map<String, Object> data = new LinkedHashMap<>(more);
        data.put("state", state);
        data.put("exitStatus", exitStatus);
        return add(at, Type.RUN_ENDED, "", "", 0, message, data);
    }

    /** The events in the order of their times, numbered. */
    List<Event> events() {
        List<Draft> sorted = new ArrayList<>(drafts);
        sorted.sort(Comparator.comparingDouble(Draft::at));
        List<Event> events = new ArrayList<>();
        for (Draft draft : sorted) {
            events.add(new Event(
                    events.size() + 1, START.plusMillis(Math.round(draft.at() * 1000)), id, draft.type(),
                    Optional.of(draft.host()).filter(host -> !host.isEmpty()),
                    Optional.of(draft.step()).filter(step -> !step.isEmpty()),
                    draft.attempt(), draft.message(), draft.data()));
        }
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
