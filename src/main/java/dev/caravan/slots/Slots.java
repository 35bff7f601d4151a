package dev.caravan.slots;

import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.function.Supplier;

/**
 * A number of places of which each holder takes one, waiting in line without a thread. Thread-safe.
 */
public final class Slots {
    private final Queue<CompletableFuture<Runnable>> first = new ArrayDeque<>();
    private final Queue<CompletableFuture<Runnable>> waiting = new ArrayDeque<>();
    private final int places;
    private int free;

    /** @param places at least 1 */
    public Slots(int places) {
        if (places < 1) {
            throw new IllegalArgumentException("at least one place is needed, not " + places);
        }
        this.places = places;
        this.free = places;
    }

    /** Completes once a place is free; running what it gives frees the place again, however often it is run. */
    public CompletionStage<Runnable> take() {
        return take(false);
    }

    /** Starts this once a place is free, and frees the place when it is done. Fails as it does. */
    public <T> CompletionStage<T> with(Supplier<? extends CompletionStage<T>> action) {
        return take().thenCompose(release -> started(action).whenComplete((done, failure) -> release.run()));
    }

    /** The same, started on that executor, so that many whose actions end at once do not start each other one within the other. */
    public <T> CompletionStage<T> with(Executor executor, Supplier<? extends CompletionStage<T>> action) {
        return take().thenComposeAsync(release -> started(action).whenComplete((done, failure) -> release.run()), executor);
    }

    private static <T> CompletionStage<T> started(Supplier<? extends CompletionStage<T>> action) {
        try {
            return action.get();
        } catch (RuntimeException e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    /** The same as {@link #take()}, where {@code before} says so before all who wait, except for those of whom that was said. */
    public CompletionStage<Runnable> take(boolean before) {
        CompletableFuture<Runnable> place = new CompletableFuture<>();
        synchronized (this) {
            if (free == 0) {
                (before ? first : waiting).add(place);
                return place;
            }
            free--;
        }
        place.complete(release());
        return place;
    }

    /** How many there are. */
    public int places() {
        return places;
    }

    /** How many places are taken now. */
    public synchronized int taken() {
        return places - free;
    }

    /** How many wait for a place now. */
    public synchronized int waiting() {
        return first.size() + waiting.size();
    }

    private Runnable release() {
        return new Runnable() {
            private boolean released;

            @Override
            public void run() {
                CompletableFuture<Runnable> next;
                synchronized (Slots.this) {
                    if (released) {
                        return;
                    }
                    released = true;
                    next = first.isEmpty() ? waiting.poll() : first.poll();
                    if (next == null) {
                        free++;
                    }
                }
                if (next != null) {
                    next.complete(release());
                }
            }
        };
    }
}
