package dev.caravan.journal;

import java.time.Duration;

/**
 * How long a journal waits for what. A dead engine's runs are to be resumed within 30 s, so silence and the search
 * for them fit into that.
 *
 * @param reconnect how long a lost database is waited for
 * @param heartbeat between two signs of life of an engine
 * @param silence   after which an engine is considered dead, unless all engines see each other's processes
 */
record Timing(Duration reconnect, Duration heartbeat, Duration silence) {
    static final Timing USUAL = new Timing(Duration.ofSeconds(30), Duration.ofSeconds(3), Duration.ofSeconds(15));
}
