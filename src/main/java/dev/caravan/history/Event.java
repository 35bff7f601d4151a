package dev.caravan.history;

import dev.caravan.history.Occurrence.OfStep;
import java.time.Instant;
import java.util.Optional;

/**
 * One thing that happened in a run, with its place there. Events of a run are numbered from 1 without gaps, and everything that is shown
 * of a run (live table, JSON lines, API answers) is made from them. They never hold a secret.
 *
 * @param seq position in the run, from 1
 */
public record Event(long seq, Instant at, String run, Occurrence occurrence) {
    /** The host's name; empty if it concerns the whole run. */
    public Optional<String> host() {
        return occurrence.host();
    }

    /** The step's name; empty if it concerns no step. */
    public Optional<String> step() {
        return as(OfStep.class).map(OfStep::step);
    }

    /** The number of the attempt at the step, from 1; 0 if it concerns no step. */
    public int attempt() {
        return as(OfStep.class).map(what -> what.attempt().number()).orElse(0);
    }

    /** Text for the reader; may have several lines, may be empty. */
    public String message() {
        return occurrence.message();
    }

    /** Whether this is what happened. */
    public boolean is(Class<? extends Occurrence> kind) {
        return kind.isInstance(occurrence);
    }

    /** What happened, if it was that. */
    public <T extends Occurrence> Optional<T> as(Class<T> kind) {
        return is(kind) ? Optional.of(kind.cast(occurrence)) : Optional.empty();
    }
}
