package dev.caravan.run;

import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

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

    /** The same, where {@code before} says so before all who wait, but for those of whom that was said. */
    CompletionStage<Runnable> take(boolean before) {
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

    int places() {
        return places;
    }

    /** How many places are taken now. */
    synchronized int taken() {
        return places - free;
    }

    /** How many wait for a place now. */
    synchronized int waiting() {
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
