package dev.caravan.journal;

import dev.caravan.history.ExitStatus;
import dev.caravan.history.RunState;
import java.time.Instant;
import java.util.Optional;

/**
 * A run as the journal lists it.
 *
 * @param action     its name, as it was when the run began
 * @param source     what triggered it: command, inbox or http
 * @param spec       the spec's text with secrets replaced
 * @param directory  where the spec's relative paths start
 * @param startedAt  when it began to run first; empty as long as it is queued
 * @param confined   whether the spec is of somebody who may not name the engine's files and variables, as one that came over HTTP is
 * @param begunBy    the name of who began it; empty where that is not known
 */
public record RunRecord(
        String id,
        String cluster,
        String action,
        String source,
        boolean rehearsal,
        String spec,
        String directory,
        RunState state,
        Instant createdAt,
        Optional<Instant> startedAt,
        Optional<Instant> endedAt,
        boolean confined,
        Optional<String> begunBy) {

    /** One whose spec may name whatever it likes. */
    public RunRecord(
            String id, String cluster, String action, String source, boolean rehearsal, String spec, String directory, RunState state,
            Instant createdAt, Optional<Instant> endedAt) {
        this(id, cluster, action, source, rehearsal, spec, directory, state, createdAt, endedAt, false);
    }

    /** One that is not known to have started. */
    public RunRecord(
            String id, String cluster, String action, String source, boolean rehearsal, String spec, String directory, RunState state,
            Instant createdAt, Optional<Instant> endedAt, boolean confined) {
        this(id, cluster, action, source, rehearsal, spec, directory, state, createdAt, Optional.empty(), endedAt, confined,
                Optional.empty());
    }

    /** The same, begun by somebody of that name. */
    public RunRecord begunBy(Optional<String> name) {
        return new RunRecord(id, cluster, action, source, rehearsal, spec, directory, state, createdAt, startedAt, endedAt, confined,
                name);
    }

    /** How its command ended; empty until the run has ended. */
    public Optional<ExitStatus> exitStatus() {
        return state.exitStatus();
    }

    public boolean hasEnded() {
        return endedAt.isPresent();
    }
}
