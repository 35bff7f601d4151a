package dev.caravan.workflow;

import dev.caravan.history.Occurrence.CheckpointPassed;
import dev.caravan.run.Run;
import dev.caravan.run.Variables;
import org.apache.camel.Variable;

/**
 * Divides a route into what only looks and what changes something: bean {@code checkpoint}. If an action says {@code resumeFrom:
 * checkpoint}, a run that was interrupted before it begins again, and looks at its hosts as they are then.
 */
public final class Checkpoint {

    /** Marks the place in the route: before it, nothing was changed. */
    public void pass(@Variable(Variables.RUN) Run run) {
        if (!run.past().hasPassedCheckpoint()) {
            run.record(new CheckpointPassed());
        }
    }
}
