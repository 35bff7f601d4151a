package dev.caravan.http;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/** How many requests each client has had in this second. What was counted is forgotten with the second. Thread-safe. */
final class RateLimit {
    private final int most;
    private final LongSupplier nanos;
    private volatile Second now = new Second(Long.MIN_VALUE, new ConcurrentHashMap<>());

    private record Second(long number, Map<String, Integer> requests) {}

    /**
     * @param most  requests of one client in a second
     * @param nanos the clock, as {@link System#nanoTime}
     */
    RateLimit(int most, LongSupplier nanos) {
        this.most = most;
        this.nanos = nanos;
    }

    /** Counts one more; whether the client may have it. */
    boolean admit(String client) {
        long number = TimeUnit.NANOSECONDS.toSeconds(nanos.getAsLong());
        Second second = now;
        if (second.number() != number) {
            second = new Second(number, new ConcurrentHashMap<>());
            now = second;
        }
        return second.requests().merge(client, 1, Integer::sum) <= most;
    }
}
