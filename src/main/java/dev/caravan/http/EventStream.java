package dev.caravan.http;

import dev.caravan.history.Event;
import dev.caravan.history.EventRow;
import dev.caravan.history.Occurrence.RunEnded;
import dev.caravan.journal.Journal;
import io.vertx.core.Context;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.RoutingContext;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;

/**
 * One client that follows a run. A new event only makes it read on in the journal from where it is, so that
 * nothing is missed or doubled, and nothing piles up for a client that reads slowly. Nobody tells of what another engine does: there
 * the journal is looked at each second. All its state belongs to one event loop.
 */
final class EventStream {
    private static final int LOOK_MILLIS = 1_000;
    /** Between two lines at least: proxies close connections that are silent for a minute. */
    private static final int SILENT_LOOKS = 14;

    private final RoutingContext request;
    private final Context loop;
    private final Journal journal;
    private final String run;
    private final BooleanSupplier tellsItself;
    private final BooleanSupplier mayFollow;
    private Optional<EventText> text = Optional.empty();
    private long after;
    private boolean reading;
    private boolean more;
    private boolean closed;
    private int silent;
    private long timer;

    /**
     * @param tellsItself whether the run is one of this process, whose events are heard of
     * @param mayFollow   whether who asked may still follow it: their token may be gone by now
     */
    EventStream(RoutingContext request, Journal journal, String run, long after, BooleanSupplier tellsItself, BooleanSupplier mayFollow) {
        this.request = request;
        this.loop = request.vertx().getOrCreateContext();
        this.journal = journal;
        this.run = run;
        this.after = after;
        this.tellsItself = tellsItself;
        this.mayFollow = mayFollow;
    }

    /** Begins; {@code atEnd} is called once, when the client or the run is gone. */
    void open(Runnable atEnd) {
        HttpServerResponse response = request.response();
        response.setChunked(true)
                .putHeader("Content-Type", "text/event-stream; charset=utf-8")
                .putHeader("X-Accel-Buffering", "no")
                .write("retry: 2000\n\n");
        timer = request.vertx().setPeriodic(LOOK_MILLIS, any -> look());
        request.addEndHandler(done -> {
            closed = true;
            request.vertx().cancelTimer(timer);
            atEnd.run();
        });
        read();
    }

    /** Called on any thread. */
    void heard(Event event) {
        if (event.run().equals(run)) {
            loop.runOnContext(any -> read());
        }
    }

    private void end() {
        if (!closed) {
            closed = true;
            request.vertx().cancelTimer(timer);
            request.response().end();
        }
    }

    private void look() {
        if (!mayFollow.getAsBoolean()) {
            end();
            return;
        }
        if (++silent >= SILENT_LOOKS && !closed && !request.response().writeQueueFull()) {
            silent = 0;
            request.response().write(": still here\n\n");
        }
        if (!tellsItself.getAsBoolean()) {
            read();
        }
    }

    private void read() {
        if (closed) {
            return;
        }
        if (reading || request.response().writeQueueFull()) {
            more = true;
            return;
        }
        reading = true;
        more = false;
        long from = after;
        Optional<EventText> known = text;
        loop.executeBlocking(() -> new Next(known.orElseGet(() -> EventText.of(journal, run)), journal.events(run, from)), false)
                .onComplete(next -> {
                    reading = false;
                    if (next.failed()) {
                        request.fail(500, next.cause());
                        return;
                    }
                    text = Optional.of(next.result().text());
                    write(next.result());
                });
    }

    private record Next(EventText text, List<Event> events) {}

    private void write(Next next) {
        if (closed) {
            return;
        }
        HttpServerResponse response = request.response();
        List<Event> events = next.events();
        if (!events.isEmpty()) {
            StringBuilder lines = new StringBuilder();
            events.forEach(event -> lines.append("id: ").append(event.seq())
                    .append("\nevent: ").append(EventRow.of(event.occurrence()).type()).append("\ndata: ").append(next.text().line(event))
                    .append("\n\n"));
            Event last = events.get(events.size() - 1);
            after = last.seq();
            silent = 0;
            response.write(lines.toString());
            if (last.is(RunEnded.class)) {
                end();
                return;
            }
        }
        if (response.writeQueueFull()) {
            more = true;
            response.drainHandler(any -> read());
        } else if (more) {
            read();
        }
    }
}
