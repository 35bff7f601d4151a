package dev.caravan.journal;

import java.time.Duration;

/**
 * How long a journal waits for what.
 *
 * @param reconnect how long a lost database is waited for
 * @param heartbeat between two signs of life of an engine
 * @param silence   after which an engine whose process cannot be looked at is considered dead
 */
record Timing(Duration reconnect, Duration heartbeat, Duration silence) {
    static final Timing USUAL = new Timing(Duration.ofSeconds(30), Duration.ofSeconds(5), Duration.ofSeconds(60));
}
