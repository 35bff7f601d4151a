package dev.caravan.testkit;

import java.util.Locale;

/** Durations for documents. No test depends on them. */
public final class Figures {
    private Figures() {}

    /** Prints the seconds since that {@link System#nanoTime()}. */
    public static void print(String what, long since) {
        System.out.printf(Locale.ROOT, "%s %.1f s%n", what, (System.nanoTime() - since) / 1e9);
    }
}
