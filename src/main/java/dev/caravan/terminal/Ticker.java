package dev.caravan.terminal;

import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;

/** The clockwork of outputs that show how time passes. */
final class Ticker {
    private Ticker() {}

    /** One daemon thread: a forgotten output keeps no process alive. */
    static ScheduledExecutorService create(String name) {
        return Executors.newSingleThreadScheduledExecutor(task -> {
            Thread thread = new Thread(task, name);
            thread.setDaemon(true);
            return thread;
        });
    }
}
