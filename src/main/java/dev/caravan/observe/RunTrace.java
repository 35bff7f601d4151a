package dev.caravan.observe;

import dev.caravan.digest.Sha256;
import dev.caravan.history.Event;
import dev.caravan.history.EventRow;
import dev.caravan.history.Failure;
import dev.caravan.history.Occurrence;
import dev.caravan.history.Occurrence.OfStep;
import dev.caravan.history.Occurrence.RunEnded;
import dev.caravan.history.Occurrence.RunQueued;
import dev.caravan.history.Occurrence.RunResumed;
import dev.caravan.history.Occurrence.RunStarted;
import dev.caravan.history.Occurrence.StepEnded;
import dev.caravan.history.Occurrence.StepProgress;
import dev.caravan.history.Occurrence.StepRetried;
import dev.caravan.history.Occurrence.StepStarted;
import dev.caravan.history.RunState;
import dev.caravan.history.StepState;
import dev.caravan.history.UndoStep;
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
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A run that ended, as spans: the run is the root, each step on each host a child, from its first attempt to the end of its last.
 * It is made from the run's events alone, whichever engines wrote them, and ids follow from the run: a run that was resumed
 * after its engine died is one trace, and the same trace however often it is made. Not thread-safe.
 */
final class RunTrace {
    private static final String PREFIX = "caravan.";
    private static final String UNFINISHED = "unfinished";

    private final Resource resource;
    private final List<Event> events;
    private final String traceId;
    private final SpanContext root;
    private final Map<String, List<Event>> open = new LinkedHashMap<>();
    private final List<EventData> spanEvents = new ArrayList<>();
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
        Occurrence what = event.occurrence();
        if (what instanceof StepStarted || what instanceof StepRetried) {
            open.computeIfAbsent(key((OfStep) what), any -> new ArrayList<>()).add(event);
        } else if (what instanceof StepEnded ended) {
            List<Event> begun = open.remove(key(ended));
            step(begun == null ? List.of(event) : begun, event);
        } else if (!(what instanceof RunQueued || what instanceof RunStarted || what instanceof StepProgress || what instanceof RunEnded)) {
            spanEvents.add(EventData.create(nanos(event.at()), EventRow.of(what).type(),
                    attributes(event, Map.of("message", event.message()))));
        }
    }

    private void step(List<Event> begun, Event end) {
        List<EventData> retries = begun.stream().flatMap(event -> event.as(StepRetried.class).map(retried ->
                EventData.create(nanos(event.at()), "retry", Attributes.builder()
                        .put(PREFIX + "attempt", retried.attempt().number()).put("error.type", retried.failure().kind())
                        .put("message", retried.message()).build())).stream())
                .toList();
        OfStep last = (OfStep) end.occurrence();
        Optional<StepEnded> ended = end.as(StepEnded.class);
        Map<String, Object> more = new LinkedHashMap<>();
        more.put(PREFIX + "step", last.step());
        more.put(PREFIX + "attempt", (long) last.attempt().number());
        more.put(PREFIX + "result", ended.map(result -> result.state().word()).orElse(UNFINISHED));
        more.put(PREFIX + "undo", UndoStep.isOne(last.step()));
        ended.ifPresent(result -> more.put(PREFIX + "changes", (long) result.changes().size()));
        failure(last).ifPresent(failure -> more.put("error.type", failure.kind()));
        Event start = begun.get(0);
        boolean failed = ended.filter(result -> result.state() == StepState.FAILED).isPresent();
        spans.add(new Span(last.step(), context(start.seq()), root, status(failed, end.message()),
                nanos(start.at()), nanos(end.at()), attributes(end, more), retries, resource));
    }

    private static Optional<Failure> failure(OfStep last) {
        return last instanceof StepEnded ended ? ended.failure()
                : last instanceof StepRetried retried ? Optional.of(retried.failure()) : Optional.empty();
    }

    private void root() {
        Event first = events.get(0);
        Event last = events.get(events.size() - 1);
        Optional<RunQueued> queued = first.as(RunQueued.class);
        Optional<RunState> state = last.as(RunEnded.class).map(RunEnded::state);
        Map<String, Object> more = new LinkedHashMap<>();
        String action = queued.map(RunQueued::action).orElse("run");
        more.put(PREFIX + "action", action);
        more.put(PREFIX + "cluster", queued.map(RunQueued::cluster).orElse(""));
        more.put(PREFIX + "rehearsal", queued.map(RunQueued::rehearsal).orElse(false));
        more.put(PREFIX + "hosts", queued.map(run -> (long) run.hosts().size()).orElse(0L));
        more.put(PREFIX + "result", state.map(RunState::word).orElse(UNFINISHED));
        more.put(PREFIX + "resumed", events.stream().filter(event -> event.is(RunResumed.class)).count());
        boolean failed = !state.equals(Optional.of(RunState.SUCCEEDED)) && !state.equals(Optional.of(RunState.CANCELLED));
        spans.add(new Span(action, root, SpanContext.getInvalid(), status(failed, last.message()), nanos(first.at()), nanos(last.at()),
                attributes(last, more), spanEvents, resource));
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

    private static String key(OfStep what) {
        return what.host().orElse("") + " " + what.step();
    }

    private static long nanos(Instant at) {
        return at.getEpochSecond() * 1_000_000_000L + at.getNano();
    }
}
