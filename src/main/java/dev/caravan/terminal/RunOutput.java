package dev.caravan.terminal;

import dev.caravan.history.Event;
import java.io.PrintStream;
import java.time.InstantSource;

/**
 * Shows one run while it lasts. Takes the run's events in their order, from any thread and from several (calls are
 * serialised); a call may take as long as the output takes to accept what is written, so hand events over on a thread that
 * may wait. When the run's end has been taken, all that there is to show has been written.
 */
public interface RunOutput extends AutoCloseable {

    /** Takes the next event of the run. Never throws for what an event holds. */
    void on(Event event);

    /** Says how long such a run took before, so that what is left of this one can be shown; at any time. */
    default void expect(FormerRun run) {
        // of use only where the time is shown as it goes by
    }

    /** Leaves the terminal as it was found; what was shown stays. May be called more than once. Leaves the stream open. */
    @Override
    void close();

    /**
     * What shows a run in this mode. Text is written as UTF-8 whatever the stream's own encoding is, each line ended by a line
     * feed, and flushed with each event.
     */
    static RunOutput create(Mode mode, PrintStream out, TerminalFacts facts) {
        return create(mode, out, facts, InstantSource.system());
    }

    /** As {@link #create(Mode, PrintStream, TerminalFacts)}, with the clock that elapsed times are read from. */
    static RunOutput create(Mode mode, PrintStream out, TerminalFacts facts, InstantSource clock) {
        Lines lines = new Lines(out);
        return switch (mode.resolve(facts)) {
            case TTY -> new LiveOutput(lines, facts, clock);
            case JSON -> new JsonOutput(lines);
            case QUIET -> new QuietOutput(lines, facts);
            default -> new PlainOutput(lines, facts, clock);
        };
    }
}
