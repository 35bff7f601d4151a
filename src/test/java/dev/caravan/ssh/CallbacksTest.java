package dev.caravan.ssh;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class CallbacksTest {
    private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor();
    private final Set<Thread> used = ConcurrentHashMap.newKeySet();
    private final Callbacks callbacks = new Callbacks(Thread::new, timer);

    @AfterEach
    void close() {
        timer.shutdownNow();
        callbacks.close();
    }

    private void run(int tasks, Runnable what) {
        IntStream.range(0, tasks).forEach(task -> callbacks.execute(() -> {
            used.add(Thread.currentThread());
            what.run();
        }));
    }

    private static void await(CountDownLatch latch) {
        try {
            assertThat(latch.await(60, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }

    @Test
    void thousandsOfTasksNeedFewThreads() {
        CountDownLatch done = new CountDownLatch(5_000);
        timer.execute(() -> await(done)); // it looks at nothing meanwhile
        run(5_000, done::countDown);
        await(done);

        assertThat(used).hasSizeLessThanOrEqualTo(Callbacks.THREADS);
    }

    @Test
    void tasksThatBlockKeepBackNoOthers() {
        CountDownLatch all = new CountDownLatch(3 * Callbacks.THREADS);
        run(3 * Callbacks.THREADS, () -> {
            all.countDown();
            await(all);
        });
        await(all);
    }

    @Test
    void whatComesAfterTheEndIsRunByItsCaller() {
        callbacks.close();
        run(1, () -> { });

        assertThat(used).containsExactly(Thread.currentThread());
    }
}
