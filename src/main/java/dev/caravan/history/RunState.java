package dev.caravan.history;

import dev.caravan.spec.Words;
import java.util.Optional;

/** The states of a run. A run ends in one of those that have an {@link #exitStatus()}. */
public enum RunState {
    QUEUED,
    RUNNING,
    SUCCEEDED,
    /** Done, except for some hosts, which were rolled back or left out. */
    PARTLY,
    /** Preflight refused it; nothing was changed. */
    REFUSED,
    FAILED,
    ROLLED_BACK,
    CANCELLED;

    /** The word in events, JSON, the journal and the API: {@code rolled-back}. */
    public String word() {
        return Words.of(this);
    }

    /** The state with that word; a word that this version does not know counts as a failure. */
    public static RunState of(String word) {
        return Words.find(values(), word).orElse(FAILED);
    }

    /** What a command ends with whose run ended so; empty while the run continues. */
    public Optional<ExitStatus> exitStatus() {
        return switch (this) {
            case QUEUED, RUNNING -> Optional.empty();
            case SUCCEEDED -> Optional.of(ExitStatus.SUCCEEDED);
            case PARTLY -> Optional.of(ExitStatus.PARTLY);
            case REFUSED -> Optional.of(ExitStatus.REFUSED);
            case FAILED -> Optional.of(ExitStatus.FAILED);
            case ROLLED_BACK -> Optional.of(ExitStatus.ROLLED_BACK);
            case CANCELLED -> Optional.of(ExitStatus.CANCELLED);
        };
    }
}
