package dev.caravan.run;

import dev.caravan.slots.Slots;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * Bounds how many hosts are worked on at the same time. A host holds one slot while any step runs on it and none while it
 * waits for another host, so that waiting hosts cannot keep out the one that they wait for. Thread-safe.
 */
public final class HostSlots {
    private final Slots slots;
    private final Map<String, Held> held = new HashMap<>();

    private static final class Held {
        private final CompletableFuture<Runnable> slot = new CompletableFuture<>();
        private int steps;
    }

    /** @param hosts at least 1 */
    public HostSlots(int hosts) {
        this.slots = new Slots(hosts);
    }

    /**
     * Completes when work on that host may begin; running what it gives says that this piece of work has ended.
     *
     * @param host  what tells it from all other hosts, of other clusters too
     * @param first whether others wait for this host, so that it comes before those who wait for a slot
     */
    public CompletionStage<Runnable> take(String host, boolean first) {
        Held mine;
        boolean isNew;
        synchronized (held) {
            mine = held.computeIfAbsent(host, any -> new Held());
            isNew = mine.steps++ == 0;
        }
        if (isNew) {
            slots.take(first).thenAccept(mine.slot::complete);
        }
        return mine.slot.thenApply(release -> () -> {
            synchronized (held) {
                if (--mine.steps > 0) {
                    return;
                }
                held.remove(host);
            }
            release.run();
        });
    }

    /** How many hosts are worked on at the same time at most. */
    public int hosts() {
        return slots.places();
    }

    /** How many hosts are worked on now. */
    public int taken() {
        return slots.taken();
    }

    /** How many hosts wait for a slot now. */
    public int waiting() {
        return slots.waiting();
    }
}
