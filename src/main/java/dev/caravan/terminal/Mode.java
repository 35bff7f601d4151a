package dev.caravan.terminal;

import java.util.Locale;

/** How a run is shown; the values of {@code --output}, which are written in lower case. */
public enum Mode {
    /** {@link #TTY} where standard output is a terminal that can move its cursor, {@link #PLAIN} elsewhere. */
    AUTO,
    /** A live table, redrawn in place. */
    TTY,
    /** A line for each thing that matters. */
    PLAIN,
    /** A JSON object for each event, one a line. */
    JSON,
    /** Failures and the final line. */
    QUIET;

    /** The word that the command line takes. */
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }

    Mode resolve(TerminalFacts facts) {
        if (this != AUTO) {
            return this;
        }
        return facts.terminal() && !facts.dumb() ? TTY : PLAIN;
    }
}
