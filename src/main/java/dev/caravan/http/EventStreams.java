package dev.caravan.http;

import dev.caravan.history.Event;
import dev.caravan.history.Occurrence.RunEnded;
import dev.caravan.journal.Journal;
import dev.caravan.journal.RunIds;
import dev.caravan.journal.RunRecord;
import dev.caravan.run.Runs;
import io.vertx.core.Handler;
import io.vertx.ext.web.RoutingContext;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Pattern;

/**
 * Server-sent events (WHATWG HTML, 9.2) of a run, from the journal, until the run has ended. The id of an event is its
 * number in the run; who comes again with {@code Last-Event-ID} (or begins with {@code ?after=}) misses nothing. No client
 * costs a thread. Thread-safe.
 */
final class EventStreams implements Handler<RoutingContext> {
    static final String TEMPLATE = "/api/v1/runs/{id}/events";
    /** The same as Vert.x writes it. */
    static final String PATH = TEMPLATE.replace("{id}", ":id");
    private static final Pattern AS_DESCRIBED = Pattern.compile(TEMPLATE.replace("{id}", Resources.IDS.pattern()));

    static final List<String> PARAMETERS = List.of("after");
    private static final long ALL_SEEN = -1;

    private final Runs runs;
    private final Journal journal;
    private final AuthFilter access;
    private final int most;
    private final AtomicInteger reserved = new AtomicInteger();
    private final Set<EventStream> streams = ConcurrentHashMap.newKeySet();

    /** @param most streams at the same time */
    EventStreams(Runs runs, Journal journal, AuthFilter access, int most) {
        this.access = access;
        this.most = most;
        this.runs = runs;
        this.journal = journal;
        journal.listen(event -> streams.forEach(stream -> stream.heard(event)));
    }

    @Override
    public void handle(RoutingContext request) {
        if (!AS_DESCRIBED.matcher(request.request().path()).matches()) {
            request.next(); // Vert.x takes //, /./ and %65 for the same; the rest of the API does not
            return;
        }
        Optional<ProblemDocument> unknown = Resources.unknown(request.queryParams().names(), PARAMETERS);
        if (unknown.isPresent()) {
            BodyFilter.send(request, unknown.get());
            return;
        }
        String asked = request.pathParam("id");
        // Reserved before anything is looked up, as many may ask in the same moment.
        if (reserved.incrementAndGet() > most) {
            reserved.decrementAndGet();
            BodyFilter.send(request,
                    ProblemDocument.of(503, "too-many-streams", "Too many clients", "At most " + most + " clients follow events at a time.")
                    .header("Retry-After", "5"));
            return;
        }
        request.addEndHandler(done -> reserved.decrementAndGet());
        long after = after(request);
        request.vertx().executeBlocking(() -> look(asked, after), false).onComplete(looked -> {
            if (looked.failed() && looked.cause() instanceof RunIds.NotFound none) {
                BodyFilter.send(request, ProblemDocument.noSuchRun(none));
            } else if (looked.failed()) {
                request.fail(500, looked.cause());
            } else if (looked.result().after() == ALL_SEEN) {
                // Tells browsers, which would come again and again, that there is no more (204 stops an EventSource).
                request.response().setStatusCode(204).end();
            } else if (!request.response().closed() && !request.response().ended()) {
                open(request, looked.result());
            }
        });
    }

    /** @param after the number after which the events are to be sent, or {@link #ALL_SEEN} */
    private record Place(String run, long after) {}

    private Place look(String asked, long after) throws RunIds.NotFound {
        RunRecord run = RunIds.find(journal, asked);
        return new Place(run.id(), place(run, after));
    }

    private long place(RunRecord run, long after) {
        String id = run.id();
        if (after == 0 || !journal.events(id, after).isEmpty()) {
            return after;
        }
        if (run.hasEnded()) {
            return ALL_SEEN;
        }
        // Also for a number that the run never came to: the stream would wait for that for ever.
        List<Event> events = journal.events(id, 0);
        if (events.stream().anyMatch(event -> event.is(RunEnded.class))) {
            return ALL_SEEN;
        }
        return events.isEmpty() ? 0 : Math.min(after, events.get(events.size() - 1).seq());
    }

    private void open(RoutingContext request, Place place) {
        AuthFilter.Credentials credentials = request.get(BodyFilter.CREDENTIALS);
        EventStream stream = new EventStream(request, journal, place.run(), place.after(), () -> isUnderWay(place.run()),
                () -> access.caller(credentials).isPresent());
        streams.add(stream);
        stream.open(() -> streams.remove(stream));
    }

    private boolean isUnderWay(String id) {
        return runs.underWay().stream().anyMatch(run -> run.id().equals(id));
    }

    /** What is no number is taken as the beginning: a client may then get events twice, but misses none. */
    private static long after(RoutingContext request) {
        String asked = Optional.ofNullable(request.request().getHeader("Last-Event-ID")).orElse(request.queryParams().get("after"));
        try {
            return asked == null ? 0 : Math.max(0, Long.parseLong(asked.strip()));
        } catch (NumberFormatException e) {
            return 0;
        }
    }
}
