package dev.caravan.journal;

import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * The record of every run, kept on disk. An entry is written before the call returns, and only then do listeners hear of
 * it. Implementations are thread-safe. It holds no secret.
 */
public interface Journal extends AutoCloseable {

    /** Opens the journal of a data directory, which is created where it is missing. */
    static Journal open(Path data) {
        return JdbcJournal.embedded(data);
    }

    /** Enters a new run. */
    void begin(RunRecord run);

    /** Enters that a run is under way. */
    void running(String run);

    /** Enters that a run has ended; {@code state} is one of the final ones. */
    void end(String run, String state, int exitStatus);

    /**
     * Appends to a run what happened.
     *
     * @param host    null for what concerns the whole run
     * @param step    null for what concerns no step
     * @param attempt from 1; 0 where there is none
     */
    Event append(String run, Event.Type type, String host, String step, int attempt, String message, Map<String, Object> data);

    /** The events of a run after that number, in order; after 0 for all of them. */
    List<Event> events(String run, long after);

    Optional<RunRecord> run(String id);

    /** The newest runs first. */
    List<RunRecord> runs(int limit);

    // ---- what was found

    /**
     * Keeps what a step found on a host before it changes something there; on disk when this returns.
     *
     * @param address the host's, as names may change from spec to spec
     * @param line    KIND, KEY and state, separated by tabs, as {@code scripts/lib.sh} describes them. It may hold the content of
     *                the host's files, so it is kept encrypted
     */
    void keepFound(String run, String host, String address, String step, String line);

    /** What was found at that address in all runs of that cluster and has not been given back, oldest first. */
    List<Found> found(String cluster, String address);

    /** Enters that the hosts have these back as they were found. */
    void gaveBack(Collection<Found> found);

    // ---- who works on what

    /**
     * Claims clusters and hosts for a run of this engine, all of them or none. What an engine that is gone had claimed counts
     * as free. To claim again for the same run is to take it over from an engine that is gone.
     *
     * @param names such as {@code cluster/demo} and {@code host/10.0.0.1}
     * @return the run that has one of them, where it is not this one; empty when all are claimed
     */
    Optional<String> claim(String run, Collection<String> names);

    /** Lets go of all that was claimed for that run. */
    void release(String run);

    /** The runs that have not ended and that no living engine works on, oldest first. */
    List<RunRecord> orphans();

    /**
     * Lets {@code listener} hear of every event from now on, in the order of each run's numbers, on the thread that appended
     * it. A listener must be quick and must not throw. Closing the handle ends it.
     */
    AutoCloseable listen(Consumer<Event> listener);

    @Override
    void close();
}
