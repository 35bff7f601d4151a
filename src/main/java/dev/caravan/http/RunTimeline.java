package dev.caravan.http;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.caravan.history.Event;
import dev.caravan.history.Occurrence;
import dev.caravan.history.Occurrence.HostWaiting;
import dev.caravan.history.Occurrence.OfStep;
import dev.caravan.history.Occurrence.Remark;
import dev.caravan.history.Occurrence.RunEnded;
import dev.caravan.history.Occurrence.StepEnded;
import dev.caravan.history.Occurrence.StepRetried;
import dev.caravan.history.Occurrence.StepStarted;
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

    /** What has not ended has no {@code endedAt}. */
    static ObjectNode of(List<Event> events, Instant now) {
        RunTimeline timeline = new RunTimeline();
        events.forEach(timeline::accept);
        ObjectNode tree = Json.object().put("now", now.toString()).put("seq", events.isEmpty() ? 0 : events.get(events.size() - 1).seq());
        tree.set("spans", timeline.spans);
        tree.set("notes", timeline.notes);
        return tree;
    }

    private void accept(Event event) {
        Occurrence what = event.occurrence();
        if (what instanceof StepStarted started) {
            close(waits.remove(host(what)), event, "waited");
            close(steps.remove(key(started)), event, "interrupted");
            steps.put(key(started), open(event, "attempt"));
        } else if (what instanceof StepRetried retried) {
            close(steps.remove(key(retried)), event, "retrying");
            steps.put(key(retried), open(event, "pause"));
        } else if (what instanceof StepEnded ended) {
            ended(event, ended);
        } else if (what instanceof HostWaiting) {
            waits(event);
        } else if (what instanceof RunEnded) {
            steps.values().forEach(span -> close(span, event, "interrupted"));
            waits.values().forEach(span -> close(span, event, "waited"));
            steps.clear();
            waits.clear();
        } else if (what instanceof Remark) {
            about(notes.addObject().put("at", event.at().toString()), event);
        }
    }

    private void waits(Event event) {
        ObjectNode before = waits.get(host(event.occurrence()));
        if (before == null || !before.path("message").asText().equals(event.message())) {
            close(before, event, "waited");
            waits.put(host(event.occurrence()), open(event, "wait"));
        }
    }

    private void ended(Event event, StepEnded ended) {
        ObjectNode span = steps.remove(key(ended));
        if (span == null || !span.get("kind").asText().equals("attempt")) {
            close(span, event, "waited");
            span = open(event, "attempt");
        }
        close(span, event, ended.state().word());
    }

    private static String host(Occurrence what) {
        return what.host().orElse("");
    }

    private static String key(OfStep what) {
        return host(what) + "\n" + what.step();
    }

    private ObjectNode open(Event event, String kind) {
        ObjectNode span = about(spans.addObject().put("kind", kind), event);
        event.step().ifPresent(step -> span.put("step", step));
        if (event.attempt() > 0) {
            span.put("attempt", event.attempt());
        }
        return span.put("startedAt", event.at().toString());
    }

    /** The end of a span, unless the state of a pause before it says more already. */
    private static void close(ObjectNode span, Event event, String state) {
        if (span == null) {
            return;
        }
        boolean attempt = span.get("kind").asText().equals("attempt");
        span.put("endedAt", event.at().toString()).put("state", attempt ? state : "waited");
    }

    private static ObjectNode about(ObjectNode tree, Event event) {
        event.host().ifPresent(host -> tree.put("host", host));
        if (!event.message().isEmpty()) {
            tree.put("message", event.message());
        }
        return tree;
    }
}
