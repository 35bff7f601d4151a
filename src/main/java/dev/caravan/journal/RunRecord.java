package dev.caravan.journal;

import java.time.Instant;
import java.util.Optional;

/**
 * A run as the journal lists it.
 *
 * @param action     its name, as it was when the run began
 * @param source     what triggered it: command, inbox or http
 * @param spec       the spec's text with secrets replaced
 * @param directory  where the spec's relative paths start
 * @param state      queued, running, succeeded, partly, refused, failed, rolled-back or cancelled
 * @param exitStatus as the command line's, once the run has ended
 * @param confined   whether the spec is of somebody who may not name the engine's files and variables, as one that came over HTTP is
 */
public record RunRecord(
        String id,
        String cluster,
        String action,
        String source,
        boolean rehearsal,
        String spec,
        String directory,
        String state,
        Optional<Integer> exitStatus,
        Instant createdAt,
        Optional<Instant> endedAt,
        boolean confined) {

    /** One whose spec may name whatever it likes. */
    public RunRecord(
            String id, String cluster, String action, String source, boolean rehearsal, String spec, String directory, String state,
            Optional<Integer> exitStatus, Instant createdAt, Optional<Instant> endedAt) {
        this(id, cluster, action, source, rehearsal, spec, directory, state, exitStatus, createdAt, endedAt, false);
    }

    public boolean hasEnded() {
        return endedAt.isPresent();
    }
}
