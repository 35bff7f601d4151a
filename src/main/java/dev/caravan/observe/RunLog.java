package dev.caravan.observe;

import dev.caravan.history.Event;
import dev.caravan.history.Occurrence;
import dev.caravan.history.Occurrence.CheckpointPassed;
import dev.caravan.history.Occurrence.HostRolledBack;
import dev.caravan.history.Occurrence.HostWaiting;
import dev.caravan.history.Occurrence.RunEnded;
import dev.caravan.history.Occurrence.RunQueued;
import dev.caravan.history.Occurrence.RunStarted;
import dev.caravan.history.Occurrence.StepEnded;
import dev.caravan.history.Occurrence.StepProgress;
import dev.caravan.history.Occurrence.StepRetried;
import dev.caravan.history.Occurrence.StepStarted;
import dev.caravan.history.RunState;
import dev.caravan.history.StepState;
import java.util.Locale;
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

    private final ThreadPoolExecutor writer = new ThreadPoolExecutor(1, 1, 0, TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(MOST_WAITING), work -> {
        Thread thread = new Thread(work, "caravan-log");
        thread.setDaemon(true);
        return thread;
    }, new ThreadPoolExecutor.DiscardPolicy());

    /** To be called for every event, in order. */
    public void heard(Event event) {
        Occurrence what = event.occurrence();
        if (!(what instanceof RunStarted || what instanceof CheckpointPassed || what instanceof HostWaiting || what instanceof StepStarted
                || what instanceof StepProgress)) {
            writer.execute(() -> log(event));
        }
    }

    private static void log(Event event) {
        MDC.put(RUN, event.run());
        event.host().ifPresent(host -> MDC.put(HOST, host));
        event.step().ifPresent(step -> MDC.put(STEP, step));
        try {
            String line = line(event);
            if (isBad(event.occurrence())) {
                LOG.warn(line);
            } else {
                LOG.info(line);
            }
        } finally {
            MDC.clear();
        }
    }

    private static boolean isBad(Occurrence what) {
        return what instanceof StepRetried || what instanceof HostRolledBack
                || what instanceof StepEnded step && step.state() == StepState.FAILED
                || what instanceof RunEnded run && run.state() != RunState.SUCCEEDED && run.state() != RunState.CANCELLED;
    }

    private static String line(Event event) {
        String what = words(event.occurrence());
        StringBuilder line = new StringBuilder("run ").append(event.run());
        event.host().ifPresent(host -> line.append("  ").append(host));
        event.step().ifPresent(step -> line.append("  ").append(step));
        line.append("  ").append(what);
        // A run that failed says so itself, too.
        String message = event.message().startsWith(what + ": ") ? event.message().substring(what.length() + 2) : event.message();
        return message.isEmpty() ? line.toString() : line.append(": ").append(message).toString();
    }

    private static String words(Occurrence what) {
        if (what instanceof RunQueued queued) {
            return queued.action() + " of " + queued.cluster() + " begins, hosts: " + queued.hosts().size();
        } else if (what instanceof StepRetried retried) {
            return "attempt " + retried.attempt().number() + " failed and may pass (" + retried.failure().kind() + ")";
        } else if (what instanceof StepEnded ended) {
            return ended.state().word() + ended.duration()
                    .map(time -> String.format(Locale.ROOT, " (%.1fs)", time.toMillis() / 1000.0)).orElse("");
        } else if (what instanceof RunEnded ended) {
            return ended.state().word();
        }
        return what instanceof HostRolledBack ? "rolled back" : "note";
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
