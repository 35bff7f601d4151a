package dev.caravan.observe;

import dev.caravan.journal.Event;
import java.util.Collection;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.MDC;

/**
 * Tells in the service's log what its runs do: a line for each step that ended, was tried again or failed. Each line's context
 * ({@link MDC}) has {@value #RUN} and, where they apply, {@value #HOST} and {@value #STEP}, which are fields of JSON lines.
 * Lines are written by a thread of their own, as who reports an event waits for nobody who reads the log. Thread-safe.
 */
public final class RunLog implements AutoCloseable {
    static final String RUN = "run";
    static final String HOST = "host";
    static final String STEP = "step";

    private static final Logger LOG = LoggerFactory.getLogger("dev.caravan.run");
    private static final int MOST_WAITING = 10_000;
    /** The states of runs and steps that somebody should look at. */
    private static final Set<String> BAD = Set.of("failed", "rolled-back", "refused", "partly");

    private final ThreadPoolExecutor writer = new ThreadPoolExecutor(1, 1, 0, TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(MOST_WAITING), work -> {
        Thread thread = new Thread(work, "caravan-log");
        thread.setDaemon(true);
        return thread;
    }, new ThreadPoolExecutor.DiscardPolicy());

    /** To be called for every event, in order. */
    public void heard(Event event) {
        switch (event.type()) {
            case RUN_QUEUED, HOST_ROLLED_BACK, STEP_RETRY, STEP_ENDED, NOTE, RUN_ENDED -> writer.execute(() -> log(event));
            default -> { }
        }
    }

    private static void log(Event event) {
        MDC.put(RUN, event.run());
        event.host().ifPresent(host -> MDC.put(HOST, host));
        event.step().ifPresent(step -> MDC.put(STEP, step));
        try {
            String line = line(event);
            if (event.type() == Event.Type.STEP_RETRY || isBad(event)) {
                LOG.warn(line);
            } else {
                LOG.info(line);
            }
        } finally {
            MDC.clear();
        }
    }

    private static boolean isBad(Event event) {
        return event.type() == Event.Type.HOST_ROLLED_BACK || BAD.contains(String.valueOf(event.data().get("state")));
    }

    private static String line(Event event) {
        String what = switch (event.type()) {
            case RUN_QUEUED -> event.data().get("action") + " of " + event.data().get("cluster") + " begins"
                    + (event.data().get("hosts") instanceof Collection<?> hosts ? ", hosts: " + hosts.size() : "");
            case STEP_RETRY -> "attempt " + event.attempt() + " failed and may pass (" + event.data().get("kind") + ")";
            case STEP_ENDED, RUN_ENDED -> String.valueOf(event.data().get("state")) + took(event);
            case HOST_ROLLED_BACK -> "rolled back";
            default -> "note";
        };
        StringBuilder line = new StringBuilder("run ").append(event.run());
        event.host().ifPresent(host -> line.append("  ").append(host));
        event.step().ifPresent(step -> line.append("  ").append(step));
        line.append("  ").append(what);
        // A run that failed says so itself, too.
        String message = event.message().startsWith(what + ": ") ? event.message().substring(what.length() + 2) : event.message();
        return message.isEmpty() ? line.toString() : line.append(": ").append(message).toString();
    }

    private static String took(Event event) {
        return Optional.ofNullable(event.data().get("durationMillis")).filter(Number.class::isInstance)
                .map(millis -> String.format(Locale.ROOT, " (%.1fs)", ((Number) millis).longValue() / 1000.0)).orElse("");
    }

    /** Writes what is left. */
    @Override
    public void close() {
        writer.shutdown();
        try {
            writer.awaitTermination(2, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
