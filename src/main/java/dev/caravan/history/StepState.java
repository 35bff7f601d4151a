package dev.caravan.history;

import dev.caravan.spec.Words;

/** The states of a step on a host. A step ends in one of those that {@link #ended()}. */
public enum StepState {
    RUNNING,
    /** An attempt failed; the next one is to come after a pause. */
    RETRYING,
    /** Looked and found everything as it should be. */
    OK,
    CHANGED,
    SKIPPED,
    FAILED,
    /** It changed the host, and what it changed was undone. Follows from a later event; no step ends so. */
    ROLLED_BACK;

    /** The word in events, JSON and the API: {@code rolled-back}. */
    public String word() {
        return Words.of(this);
    }

    public boolean ended() {
        return this != RUNNING && this != RETRYING;
    }
}
