package dev.caravan.observe;

import dev.caravan.digest.Sha256;
import dev.caravan.journal.Event;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.common.AttributesBuilder;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.api.trace.TraceFlags;
import io.opentelemetry.api.trace.TraceState;
import io.opentelemetry.sdk.resources.Resource;
import io.opentelemetry.sdk.trace.data.EventData;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.data.StatusData;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A run that ended, as spans: the run is the root, each step on each host a child, from its first attempt to the end of its last.
 * It is made from the run's events alone, whichever engines wrote them, and ids follow from the run: a run that was gone on with
 * after its engine died is one trace, and the same trace however often it is made. Not thread-safe.
 */
final class RunTrace {
    private static final String PREFIX = "caravan.";

    private final Resource resource;
    private final List<Event> events;
    private final String traceId;
    private final SpanContext root;
    private final Map<String, List<Event>> open = new LinkedHashMap<>();
    private final List<EventData> told = new ArrayList<>();
    private final List<SpanData> spans = new ArrayList<>();

    private RunTrace(List<Event> events, Resource resource) {
        this.events = events;
        this.resource = resource;
        Event first = events.get(0);
        this.traceId = Sha256.hex(first.run() + " " + first.at()).substring(0, 32);
        this.root = context(0);
    }

    /** The spans of a run with these events, the root last. */
    static List<SpanData> of(List<Event> events, Resource resource) {
        return new RunTrace(events, resource).spans();
    }

    private List<SpanData> spans() {
        events.forEach(this::add);
        // A step that nobody ended: its run was stopped while it waited for another attempt.
        List.copyOf(open.values()).forEach(steps -> step(steps, steps.get(steps.size() - 1)));
        root();
        return spans;
    }

    private void add(Event event) {
        switch (event.type()) {
            case STEP_STARTED, STEP_RETRY -> open.computeIfAbsent(key(event), any -> new ArrayList<>()).add(event);
            case STEP_ENDED -> {
                List<Event> begun = open.remove(key(event));
                step(begun == null ? List.of(event) : begun, event);
            }
            case HOST_WAITING, HOST_ROLLED_BACK, NOTE ->
                    told.add(EventData.create(nanos(event.at()), event.type().word(),
                            attributes(event, Map.of("message", event.message()))));
            default -> { }
        }
    }

    private void step(List<Event> begun, Event end) {
        List<EventData> retries = begun.stream().filter(event -> event.type() == Event.Type.STEP_RETRY)
                .map(event -> EventData.create(nanos(event.at()), "retry", Attributes.builder()
                        .put(PREFIX + "attempt", event.attempt()).put("error.type", String.valueOf(event.data().get("kind")))
                        .put("message", event.message()).build()))
                .toList();
        Map<String, Object> more = new LinkedHashMap<>();
        String state = end.type() == Event.Type.STEP_ENDED ? String.valueOf(end.data().get("state")) : "unfinished";
        more.put(PREFIX + "step", end.step().orElse(""));
        more.put(PREFIX + "attempt", (long) end.attempt());
        more.put(PREFIX + "result", state);
        more.put(PREFIX + "undo", end.step().orElse("").startsWith("undo-"));
        if (end.data().get("changes") instanceof Collection<?> changes) {
            more.put(PREFIX + "changes", (long) changes.size());
        }
        if (end.data().get("kind") instanceof String kind) {
            more.put("error.type", kind);
        }
        Event start = begun.get(0);
        spans.add(new Span(end.step().orElse("step"), context(start.seq()), root, status("failed".equals(state), end.message()),
                nanos(start.at()), nanos(end.at()), attributes(end, more), retries, resource));
    }

    private void root() {
        Event first = events.get(0);
        Event last = events.get(events.size() - 1);
        String state = String.valueOf(last.data().getOrDefault("state", "unfinished"));
        Map<String, Object> more = new LinkedHashMap<>();
        String action = String.valueOf(first.data().getOrDefault("action", "run"));
        more.put(PREFIX + "action", action);
        more.put(PREFIX + "cluster", String.valueOf(first.data().getOrDefault("cluster", "")));
        more.put(PREFIX + "rehearsal", Boolean.TRUE.equals(first.data().get("rehearsal")));
        more.put(PREFIX + "hosts", first.data().get("hosts") instanceof Collection<?> hosts ? (long) hosts.size() : 0L);
        more.put(PREFIX + "result", state);
        more.put(PREFIX + "resumed", events.stream().filter(event -> Boolean.TRUE.equals(event.data().get("resumed"))).count());
        boolean failed = !"succeeded".equals(state) && !"cancelled".equals(state);
        spans.add(new Span(action, root, SpanContext.getInvalid(), status(failed, last.message()), nanos(first.at()), nanos(last.at()),
                attributes(last, more), told, resource));
    }

    private static StatusData status(boolean failed, String message) {
        return failed ? StatusData.create(StatusCode.ERROR, message) : StatusData.create(StatusCode.OK, "");
    }

    private static Attributes attributes(Event event, Map<String, Object> more) {
        AttributesBuilder all = Attributes.builder().put(PREFIX + "run", event.run());
        event.host().ifPresent(host -> all.put(PREFIX + "host", host));
        more.forEach((name, value) -> {
            if (value instanceof Long number) {
                all.put(AttributeKey.longKey(name), number);
            } else if (value instanceof Boolean yes) {
                all.put(AttributeKey.booleanKey(name), yes);
            } else {
                all.put(AttributeKey.stringKey(name), String.valueOf(value));
            }
        });
        return all.build();
    }

    private SpanContext context(long seq) {
        return SpanContext.create(traceId, Sha256.hex(traceId + " " + seq).substring(0, 16), TraceFlags.getSampled(),
                TraceState.getDefault());
    }

    private static String key(Event event) {
        return event.host().orElse("") + " " + event.step().orElse("");
    }

    private static long nanos(Instant at) {
        return at.getEpochSecond() * 1_000_000_000L + at.getNano();
    }
}
