package dev.caravan.cli;

import dev.caravan.history.Event;
import dev.caravan.history.EventJson;
import dev.caravan.history.Occurrence.RunEnded;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * Server-sent events of a run. A connection that is lost is made again after a second, from the last event that arrived on, for
 * five minutes: so that nothing is missed, and a restart of the server is sat out.
 */
final class ServerEvents implements History.Following {
    private static final String DATA = "data:";
    private static final Duration PATIENCE = Duration.ofMinutes(5);

    private final Source source;
    private final BlockingQueue<Heard> heard = new LinkedBlockingQueue<>();
    private final Thread reader = new Thread(this::read, "events");
    private volatile InputStream stream = InputStream.nullInputStream();
    private volatile boolean closed;
    private long after;

    /** The stream of events after that one. */
    @FunctionalInterface
    interface Source {
        InputStream open(long after) throws IOException, UserError;
    }

    /** An event, or why there will be no more. */
    private record Heard(Event event, Exception end) {}

    ServerEvents(Source source) {
        this.source = source;
        reader.setDaemon(true);
        reader.start();
    }

    @Override
    public List<Event> next(Duration wait) throws IOException, UserError, InterruptedException {
        List<Heard> arrived = new ArrayList<>();
        Heard first = heard.poll(wait.toMillis(), TimeUnit.MILLISECONDS);
        if (first != null) {
            arrived.add(first);
            heard.drainTo(arrived);
        }
        List<Event> events = new ArrayList<>();
        for (Heard each : arrived) {
            if (each.event() != null) {
                events.add(each.event());
            } else if (events.isEmpty()) {
                if (each.end() instanceof UserError wrong) {
                    throw wrong;
                }
                throw new IOException(each.end().getMessage(), each.end());
            } else {
                heard.add(each);
            }
        }
        return events;
    }

    private void read() {
        long lost = 0;
        boolean ever = false;
        while (!closed) {
            try (InputStream in = source.open(after)) {
                stream = in;
                lost = 0;
                ever = true;
                if (isEnd(in)) {
                    return;
                }
            } catch (IOException | UserError | RuntimeException e) {
                // What was answered before and is not now may be a server that starts again; what never was is a mistake.
                lost = lost == 0 ? System.nanoTime() : lost;
                if (!ever || System.nanoTime() - lost > PATIENCE.toNanos()) {
                    heard.add(new Heard(null, e));
                    return;
                }
            }
            pause();
        }
    }

    private boolean isEnd(InputStream in) throws IOException {
        BufferedReader lines = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8));
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            if (line.startsWith(DATA)) {
                Event event = EventJson.read(line.substring(DATA.length()).strip());
                after = event.seq();
                heard.add(new Heard(event, null));
                if (event.is(RunEnded.class)) {
                    return true;
                }
            }
        }
        return false;
    }

    private void pause() {
        try {
            TimeUnit.SECONDS.sleep(1);
        } catch (InterruptedException e) {
            closed = true;
        }
    }

    @Override
    public void close() {
        closed = true;
        reader.interrupt();
        try {
            stream.close();
        } catch (IOException e) {
            // It is not read any more.
            return;
        }
    }
}
