package dev.caravan.run;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/** Numbers the attempts and the detached steps of one run, and knows which shared results may be used. Thread-safe. */
public final class StepCounts {
    private final String run;
    private final Map<String, AtomicInteger> attempts = new ConcurrentHashMap<>();
    private final Map<String, Long> invalidatedAt = new ConcurrentHashMap<>();
    private final AtomicInteger detached = new AtomicInteger();

    StepCounts(String run, Past past) {
        this.run = run;
        this.detached.set(past.lastDetached());
        past.attempts().forEach((step, number) -> attempts.put(step, new AtomicInteger(number)));
    }

    /** The number of the attempt about to be made of that step on that host, from 1. */
    public int nextAttempt(String host, String step) {
        return attempts.computeIfAbsent(host + " " + step, any -> new AtomicInteger()).incrementAndGet();
    }

    /** The number of the last attempt; 1 before the first. */
    int lastAttempt(String host, String step) {
        return attempts.getOrDefault(host + " " + step, new AtomicInteger(1)).get();
    }

    /** Whether that step was begun on that host, in this life of the run or an earlier one. */
    public boolean hasBegun(String host, String step) {
        return attempts.containsKey(host + " " + step);
    }

    /** Makes results of that step which are shared, and were asked for before now, unusable. */
    public void invalidate(String step) {
        invalidatedAt.put(step, System.nanoTime());
    }

    /** Whether a shared result of that step that was asked for at that moment, {@link System#nanoTime()}, may be used. */
    public boolean isUsable(String step, long askedAt) {
        Long since = invalidatedAt.get(step);
        return since == null || askedAt - since > 0;
    }

    /** A new id for a detached step. */
    public String nextDetachedId() {
        return run + "-" + detached.incrementAndGet();
    }
}
