package dev.caravan.http;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.caravan.journal.Event;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Where a run's time went: each attempt at a step, each pause before the next one, each wait of a host, in the order in which they
 * began. A fold over the run's events. Not thread-safe.
 */
final class RunTimeline {
    private final ArrayNode spans = Json.object().arrayNode();
    private final ArrayNode notes = Json.object().arrayNode();
    private final Map<String, ObjectNode> steps = new HashMap<>();
    private final Map<String, ObjectNode> waits = new HashMap<>();

    private RunTimeline() {}

    /** What has not ended has no {@code to}. */
    static ObjectNode of(List<Event> events, Instant now) {
        RunTimeline timeline = new RunTimeline();
        events.forEach(timeline::accept);
        ObjectNode tree = Json.object().put("now", now.toString()).put("seq", events.isEmpty() ? 0 : events.get(events.size() - 1).seq());
        tree.set("spans", timeline.spans);
        tree.set("notes", timeline.notes);
        return tree;
    }

    private void accept(Event event) {
        switch (event.type()) {
            case STEP_STARTED -> {
                close(waits.remove(event.host().orElse("")), event, "waited");
                close(steps.remove(key(event)), event, "interrupted");
                steps.put(key(event), open(event, "attempt"));
            }
            case STEP_RETRY -> {
                close(steps.remove(key(event)), event, "retrying");
                steps.put(key(event), open(event, "pause"));
            }
            case STEP_ENDED -> ended(event);
            case HOST_WAITING -> {
                ObjectNode before = waits.get(event.host().orElse(""));
                if (before == null || !before.path("message").asText().equals(event.message())) {
                    close(before, event, "waited");
                    waits.put(event.host().orElse(""), open(event, "wait"));
                }
            }
            case NOTE -> note(event);
            case RUN_ENDED -> {
                steps.values().forEach(span -> close(span, event, "interrupted"));
                waits.values().forEach(span -> close(span, event, "waited"));
                steps.clear();
                waits.clear();
            }
            case RUN_QUEUED, RUN_STARTED, STEP_PROGRESS, HOST_ROLLED_BACK -> { }
        }
    }

    private void ended(Event event) {
        ObjectNode span = steps.remove(key(event));
        if (span == null || !span.get("kind").asText().equals("attempt")) {
            close(span, event, "waited");
            span = open(event, "attempt");
        }
        close(span, event, String.valueOf(event.data().getOrDefault("state", "ok")));
    }

    private static String key(Event event) {
        return event.host().orElse("") + "\n" + event.step().orElse("");
    }

    private ObjectNode open(Event event, String kind) {
        ObjectNode span = about(spans.addObject().put("kind", kind), event);
        event.step().ifPresent(step -> span.put("step", step));
        if (event.attempt() > 0) {
            span.put("attempt", event.attempt());
        }
        return span.put("from", event.at().toString());
    }

    /** The end of a span, unless the state of a pause before it says more already. */
    private static void close(ObjectNode span, Event event, String state) {
        if (span == null) {
            return;
        }
        boolean attempt = span.get("kind").asText().equals("attempt");
        span.put("to", event.at().toString()).put("state", attempt ? state : "waited");
    }

    private void note(Event event) {
        about(notes.addObject().put("at", event.at().toString()), event);
    }

    private static ObjectNode about(ObjectNode tree, Event event) {
        event.host().ifPresent(host -> tree.put("host", host));
        if (!event.message().isEmpty()) {
            tree.put("message", event.message());
        }
        return tree;
    }
}
