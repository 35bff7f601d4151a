package dev.caravan.journal;

import java.nio.file.Path;
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

    /**
     * Lets {@code listener} hear of every event from now on, in the order of each run's numbers, on the thread that appended
     * it. A listener must be quick and must not throw. Closing the handle ends it.
     */
    AutoCloseable listen(Consumer<Event> listener);

    @Override
    void close();
}
