package dev.caravan.journal;

import java.time.Instant;
import java.util.Optional;

/**
 * A run as the journal lists it.
 *
 * @param action     apply, plan or reset
 * @param source     what triggered it: command, inbox or http
 * @param spec       the spec's text with secrets replaced
 * @param directory  where the spec's relative paths start
 * @param state      queued, running, succeeded, refused, failed, rolled-back or cancelled
 * @param exitStatus as the command line's, once the run has ended
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
        Optional<Instant> endedAt) {

    public boolean hasEnded() {
        return endedAt.isPresent();
    }
}
