package dev.caravan.step;

import dev.caravan.history.UndoStep;
import dev.caravan.journal.Found;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Collectors;

/**
 * A step of a host that is to be rolled back: as the body of an exchange it makes {@code step:undo} run
 * {@code undo-STEP.sh}, or {@code undo.sh} where there is no such script, with what the step found on standard input. The
 * generated text is not used: what was found may hold the content of a file. Immutable.
 *
 * @param found newest first
 */
public record Undo(String step, List<Found> found) {
    public Undo {
        found = List.copyOf(found);
    }

    /** The name of the step that rolls it back, by which it is recorded. */
    public String name() {
        return UndoStep.of(step);
    }

    public byte[] lines() {
        return found.stream().map(one -> one.line() + "\n").collect(Collectors.joining()).getBytes(StandardCharsets.UTF_8);
    }

    @Override
    public String toString() {
        return name();
    }
}
