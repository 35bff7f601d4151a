package dev.caravan.terminal;

import java.time.Duration;

/** Durations as people read them. Cut off rather than rounded; a negative one, from a clock set back, counts as none. */
public final class Durations {
    private Durations() {}

    /** 0.4s, 12.4s, 1m12s, 1h02m. */
    public static String text(Duration duration) {
        long millis = Math.max(0, duration.toMillis());
        long seconds = millis / 1000;
        if (seconds < 60) {
            return seconds + "." + millis % 1000 / 100 + "s";
        }
        if (seconds < 3600) {
            return String.format("%dm%02ds", seconds / 60, seconds % 60);
        }
        return String.format("%dh%02dm", seconds / 3600, seconds / 60 % 60);
    }

    /** For something that is still counting, without tenths: 4s, 12s, 1m12s, 1h02m. */
    static String whole(Duration duration) {
        long seconds = Math.max(0, duration.toSeconds());
        return seconds < 60 ? seconds + "s" : text(duration);
    }

    /** In four columns: 4s, 59s, 1m02, 12m, 1h02, 12h. */
    static String narrow(Duration duration) {
        long seconds = Math.max(0, duration.toSeconds());
        if (seconds < 60) {
            return seconds + "s";
        }
        if (seconds < 600) {
            return String.format("%dm%02d", seconds / 60, seconds % 60);
        }
        if (seconds < 3600) {
            return seconds / 60 + "m";
        }
        return seconds < 36000 ? String.format("%dh%02d", seconds / 3600, seconds / 60 % 60) : seconds / 3600 + "h";
    }
}
