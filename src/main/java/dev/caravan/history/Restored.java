package dev.caravan.history;

import java.util.Collection;

/** The words with which the message of a run's end says what was rolled back. */
public final class Restored {
    /** Everything. */
    public static final String ALL = ". The run was rolled back: its hosts are as it found them";

    private Restored() {}

    /** Only these hosts. */
    public static String only(Collection<String> hosts) {
        return ". Rolled back: " + String.join(", ", hosts);
    }
}
