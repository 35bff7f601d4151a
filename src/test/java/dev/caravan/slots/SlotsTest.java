package dev.caravan.slots;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class SlotsTest {
    @Test
    void aPlaceIsFreeAgainHoweverItsWorkEnds() {
        Slots slots = new Slots(1);
        CompletableFuture<String> work = new CompletableFuture<>();
        CompletableFuture<String> first = slots.with(() -> work).toCompletableFuture();
        CompletableFuture<String> second = slots.<String>with(() -> {
            throw new IllegalStateException("cannot begin");
        }).toCompletableFuture();
        CompletableFuture<String> third = slots.with(() -> CompletableFuture.completedFuture("third")).toCompletableFuture();
        assertThat(slots.waiting()).isEqualTo(2);

        work.completeExceptionally(new IllegalStateException("failed"));
        assertThat(first).isCompletedExceptionally();
        assertThatThrownBy(second::join).hasRootCauseMessage("cannot begin");
        assertThat(third).isCompletedWithValue("third");
        assertThat(slots.taken()).isZero();
    }

    @Test
    void manyThatEndAtOnceDoNotStartEachOther() throws Exception {
        Slots slots = new Slots(1);
        Runnable first = slots.take().toCompletableFuture().join();
        ExecutorService thread = Executors.newSingleThreadExecutor();
        try {
            CompletableFuture<?>[] all = new CompletableFuture<?>[100_000];
            for (int piece = 0; piece < all.length; piece++) {
                all[piece] = slots.with(thread, () -> CompletableFuture.completedFuture("done")).toCompletableFuture();
            }
            CompletableFuture<String> bad = slots.<String>with(thread, () -> {
                throw new IllegalStateException("cannot begin");
            }).toCompletableFuture();
            first.run();
            CompletableFuture.allOf(all).get(60, TimeUnit.SECONDS);
            assertThat(bad).failsWithin(60, TimeUnit.SECONDS);
            assertThat(slots.take().toCompletableFuture().get(60, TimeUnit.SECONDS)).as("the place is free again").isNotNull();
        } finally {
            thread.shutdownNow();
        }
    }

    @Test
    void whoWaitedLongestComesNext() {
        Slots slots = new Slots(1);
        Runnable first = slots.take().toCompletableFuture().join();
        CompletableFuture<Runnable> second = slots.take().toCompletableFuture();
        CompletableFuture<Runnable> third = slots.take().toCompletableFuture();
        assertThat(second).isNotDone();

        first.run();
        assertThat(second).isCompleted();
        assertThat(third).isNotDone();
        first.run();
        assertThat(third).as("a place is freed once, however often that is said").isNotDone();
        second.join().run();
        assertThat(third).isCompleted();
    }

    @Test
    void needsAPlace() {
        assertThatThrownBy(() -> new Slots(0)).isInstanceOf(IllegalArgumentException.class).hasMessageContaining("0");
    }

    @Test
    void neverMoreThanThereArePlacesWhicheverThreadsAsk() throws Exception {
        Slots slots = new Slots(3);
        AtomicInteger inside = new AtomicInteger();
        AtomicInteger most = new AtomicInteger();
        CountDownLatch done = new CountDownLatch(2000);
        ExecutorService threads = Executors.newFixedThreadPool(8);
        try {
            for (int piece = 0; piece < 2000; piece++) {
                threads.execute(() -> slots.take().thenAcceptAsync(free -> {
                    most.accumulateAndGet(inside.incrementAndGet(), Math::max);
                    inside.decrementAndGet();
                    free.run();
                    done.countDown();
                }, threads));
            }
            assertThat(done.await(60, TimeUnit.SECONDS)).isTrue();
        } finally {
            threads.shutdownNow();
        }
        assertThat(most.get()).isBetween(1, 3);
    }
}
