package dev.caravan.journal;

import java.time.Duration;

/**
 * For how long after its last heartbeat an engine may act on hosts. It is shorter than the silence after which others take its runs
 * over, and is measured from before the heartbeat was sent. So the clocks of two machines are never compared. Thread-safe.
 */
final class Lease {
    /** Of the silence: what is left is for clocks that run at different speeds, and for what is on its way to a host. */
    private static final double PART = 2 / 3.0;

    private final long nanos;
    private volatile Moment proven = Moment.now().minus(Duration.ofDays(1));
    private volatile boolean over;

    /** @param silence after which others take over; none if they see the process itself */
    Lease(Duration silence, boolean seen) {
        this.nanos = seen ? Long.MAX_VALUE : (long) (silence.toNanos() * PART);
    }

    /* A machine that slept may have stopped the first of these clocks, and somebody may set the second one. */
    record Moment(long nanos, long millis) {
        static Moment now() {
            return new Moment(System.nanoTime(), System.currentTimeMillis());
        }

        private Moment minus(Duration time) {
            return new Moment(nanos - time.toNanos(), millis - time.toMillis());
        }

        private long nanosSince(Moment earlier) {
            return Math.max(nanos - earlier.nanos, Math.multiplyExact(Math.abs(millis - earlier.millis), 1_000_000L));
        }
    }

    /** The heartbeat that was begun at that moment is in the database. */
    void renew(Moment begun) {
        proven = begun;
    }

    /** Another engine may take over from now on. */
    void end() {
        over = true;
    }

    boolean isHeld() {
        return !over && (nanos == Long.MAX_VALUE || Moment.now().nanosSince(proven) < nanos);
    }
}
