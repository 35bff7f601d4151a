package dev.caravan.runner;

import java.time.Duration;

/**
 * How long an engine waits for runners.
 *
 * @param beat at this interval it asks them whether they are there
 * @param patience so long an order waits for a runner
 */
public record Timing(Duration beat, Duration patience) {
    private static final int MISSED = 4;
    private static final int SHORT = 3;

    /** A runner that has said nothing for so long is taken to be gone. */
    Duration silence() {
        return beat.multipliedBy(MISSED);
    }

    /** So long what is missing of an order may still be on its way. */
    Duration grace() {
        return beat.multipliedBy(SHORT);
    }
}
