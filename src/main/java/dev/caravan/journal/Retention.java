package dev.caravan.journal;

import java.util.OptionalInt;

/**
 * How many ended runs a journal keeps that nothing needs any more. A run is kept if one of the limits keeps it; without limits, all
 * are kept.
 *
 * @param runs the newest ones of each cluster, from 1; empty if their number keeps none
 * @param days those that ended in the last days, from 1; empty if their age keeps none
 */
public record Retention(OptionalInt runs, OptionalInt days) {
    public Retention {
        if (runs.orElse(1) < 1 || days.orElse(1) < 1) {
            throw new IllegalArgumentException("a retention is a number from 1");
        }
    }

    /** Whether runs are deleted at all. */
    public boolean isOn() {
        return runs.isPresent() || days.isPresent();
    }
}
