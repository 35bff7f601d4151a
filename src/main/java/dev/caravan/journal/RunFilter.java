package dev.caravan.journal;

import dev.caravan.history.RunState;
import java.time.Instant;
import java.util.Optional;

/**
 * Which runs are asked for: the newest of those that meet all conditions. Immutable.
 *
 * @param id      how the id begins
 * @param cluster the name of the cluster
 * @param action  the name of the action, as {@link RunRecord#action()} has it
 * @param since   only runs that began then or later
 * @param before  only runs that a list has after this one
 * @param limit   how many at most, from 1
 */
public record RunFilter(
        Optional<String> id, Optional<RunState> state, Optional<String> cluster, Optional<String> action, Optional<Instant> since,
        Optional<Before> before, int limit) {

    /**
     * A place in the list of all runs, the newest first.
     *
     * @param at  when a run began
     * @param run of runs that began at that moment, the one after which the list continues; empty for none of them
     */
    public record Before(Instant at, Optional<String> run) {
        /** After that run. */
        public static Before of(RunRecord run) {
            return new Before(run.createdAt(), Optional.of(run.id()));
        }

        /** From the first run that began before that moment. */
        public static Before of(Instant at) {
            return new Before(at, Optional.empty());
        }
    }

    /** The newest of all. */
    public static RunFilter newest(int limit) {
        return new RunFilter(Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty(),
                limit);
    }

    /** The newest whose ids begin so. */
    public static RunFilter beginning(String id, int limit) {
        return new RunFilter(Optional.of(id), Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty(),
                limit);
    }

    /** The newest of that cluster. */
    public static RunFilter of(String cluster, int limit) {
        return new RunFilter(Optional.empty(), Optional.empty(), Optional.of(cluster), Optional.empty(), Optional.empty(), Optional.empty(),
                limit);
    }
}
