package dev.caravan.ssh;

import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * Runs what follows commands, which may block: on a few threads, however many hosts there are. If none of them has ended anything for a
 * while, and something waits, there are more. So what blocks for long, as a route of a user's may, does not keep back all other hosts.
 * Thread-safe.
 */
final class Callbacks implements Executor {
    static final int THREADS = 16;
    private static final int MOST_THREADS = 256;
    private static final int MORE = 16;
    private static final long LOOK_MILLIS = 500;

    private final ThreadPoolExecutor threads;
    private long ended;

    /** @param timer calls back twice a second, until it is shut down */
    Callbacks(ThreadFactory factory, ScheduledExecutorService timer) {
        threads = new ThreadPoolExecutor(THREADS, MOST_THREADS, 10, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), factory,
                (task, closed) -> task.run());
        threads.allowCoreThreadTimeOut(true);
        timer.scheduleWithFixedDelay(this::look, LOOK_MILLIS, LOOK_MILLIS, TimeUnit.MILLISECONDS);
    }

    private void look() {
        long now = threads.getCompletedTaskCount();
        if (threads.getQueue().isEmpty()) {
            threads.setCorePoolSize(THREADS);
        } else if (now == ended) {
            threads.setCorePoolSize(Math.min(MOST_THREADS, threads.getCorePoolSize() + MORE));
        }
        ended = now;
    }

    @Override
    public void execute(Runnable task) {
        threads.execute(task);
    }

    /** What waits is run; what comes later is run by its caller. */
    void close() {
        threads.shutdown();
    }
}
