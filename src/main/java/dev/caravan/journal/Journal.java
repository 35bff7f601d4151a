package dev.caravan.journal;

import dev.caravan.history.Event;
import dev.caravan.history.Occurrence;
import dev.caravan.history.Occurrence.HostWaiting;
import dev.caravan.history.Occurrence.RunEnded;
import dev.caravan.history.Occurrence.StepProgress;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/**
 * The record of every run, kept on disk. What a call writes survives a power cut once the call has returned, and only then do
 * listeners hear of it; except for {@link StepProgress} and {@link HostWaiting}, which get to the disk with the next entry or
 * within seconds. A database that is lost is waited for, for half a minute; nothing is written twice because of that. Where it
 * does not come back, or cannot be written, calls throw {@link JournalException}, and nobody knows whether the entry is there.
 * Implementations are thread-safe. It holds no secret; what was found on hosts is encrypted.
 */
public interface Journal extends AutoCloseable {

    /**
     * Opens the journal of that place; a data directory is created where it is missing.
     *
     * @throws CannotOpen where it cannot be opened
     */
    static Journal open(JournalPlace place) {
        return JdbcJournal.open(place);
    }

    /**
     * The same for an engine, which keeps what it finds on hosts under the journal's key.
     *
     * @throws CannotOpen where it cannot be opened, or its key is missing or another than the one it was kept under until now
     */
    static Journal openToWrite(JournalPlace place) {
        JdbcJournal journal = JdbcJournal.open(place);
        journal.requireKey();
        return journal;
    }

    /**
     * Enters a new run, and in the same moment the key of the request that began it.
     *
     * @throws JournalException also where another run has that key
     */
    void begin(RunRecord run, Optional<RequestKey> key);

    /** Enters a new run. */
    default void begin(RunRecord run) {
        begin(run, Optional.empty());
    }

    /** Records that a request of that key resumed a run which had begun before. */
    void keepKey(String run, RequestKey key);

    /** What a key of that name was used for. */
    Optional<RequestKey.Used> usedKey(String name);

    /** Keeps, encrypted, what tells the values of a run's spec from others where the spec's text does not show them. */
    void keepValues(String run, String values);

    /** What was kept so; empty if nothing was. */
    Optional<String> values(String run);

    /** Enters that a run is under way. */
    void running(String run);

    /** Enters that a run has ended: its state and its last event; in the same moment its claims are released. */
    Event end(String run, RunEnded end);

    /** Appends to a run what happened. */
    Event append(String run, Occurrence what);

    /** The events of a run after that number, in order; after 0 for all of them. */
    List<Event> events(String run, long after);

    /** The first event of a run. */
    default Optional<Event> first(String run) {
        return events(run, 0).stream().findFirst();
    }

    /**
     * The events of a long run that say what it was asked, what failed and how it ended: all but those of steps that went well.
     *
     * @return empty if the run has no more events than that
     */
    Optional<List<Event>> outline(String run, long longerThan);

    Optional<RunRecord> run(String id);

    /** The runs that meet this filter, the newest first. */
    List<RunRecord> runs(RunFilter filter);

    /** The newest runs first. */
    default List<RunRecord> runs(int limit) {
        return runs(RunFilter.newest(limit));
    }

    /** Whether there is a rehearsal, or else a run on real hosts. */
    boolean hasRuns(boolean rehearsal);

    /** The names of the clusters that runs are of, the one of the newest run first. */
    List<String> clusters(int limit);

    // ---- what was found

    /**
     * Keeps what a step found on a host before it changes something there; on disk when this returns.
     *
     * @param address the host's, as names may change from spec to spec
     * @param line    KIND, KEY and state, separated by tabs, as {@code scripts/lib.sh} describes them. It may hold the content of
     *                the host's files, so it is kept encrypted
     */
    void keepFound(String run, String host, String address, String step, String line);

    /** What was found at that address in all runs of that cluster and has not been rolled back, oldest first. */
    List<Found> found(String cluster, String address);

    /** The hosts on which runs of that cluster found something that has not been rolled back. */
    List<FoundHost> foundHosts(String cluster);

    /** Whether anything that this run found on hosts has not been rolled back. */
    boolean hasFound(String run);

    /** The last run that was begun to roll this one back. */
    Optional<String> rolledBackBy(String run);

    /** Enters that the hosts have these back as they were found. */
    void markRolledBack(Collection<Found> found);

    // ---- who works on what

    /**
     * Claims clusters and hosts for a run of this engine, all of them or none. It may, and should, be called before the run
     * begins. What an engine that is gone had claimed counts as free: that engine's claims are all released, and should it be
     * alive after all (its machine slept), it can write no more to the runs that it had.
     *
     * <p>To claim for a run that another engine claimed is to take it over. That works where that engine is gone, and for one of
     * several that try. To claim again for a run of this engine does no harm and may add names. Who took a run over should look at it again
     * before going on: its engine may have ended it in its last moment.
     *
     * @param names such as {@code cluster/demo} and {@code host/10.0.0.1}
     * @return the run that is in the way: another one that has one of the names, or this very run where another engine that is alive
     *         has it; empty when all are claimed
     */
    Optional<String> claim(String run, Collection<String> names);

    /** Releases all that was claimed for that run. */
    void release(String run);

    /**
     * Whether this engine may act for that run at this moment: it claimed it, and its last heartbeat is so recent that no other engine can
     * have taken it over. To be asked right before something is sent to a host. Takes no time, and reads nothing.
     */
    boolean isOwn(String run);

    /**
     * Lets {@code listener} hear of each run of this engine that may have been taken over by another one, as this one was considered dead.
     * Called on a thread of its own. Closing the handle ends it.
     */
    AutoCloseable listenForLoss(Consumer<String> listener);

    /** The runs that have not ended and that no living engine has claimed, oldest first. To resume one, claim it. */
    List<RunRecord> orphans();

    /** Asks whichever engine works on that run to cancel it. Nothing happens if the run has ended. */
    void askToCancel(String run, Optional<String> by);

    /** What was asked so, of runs of all engines, the oldest first. A request stays until it is forgotten, or its run ends. */
    List<CancelRequest> cancelRequests();

    void forgetCancelRequest(String run);

    // ---- what is deleted

    /**
     * The runs that {@link #delete} would delete, oldest first: those that have ended, that this retention does not keep, and that
     * nothing needs. These are needed whatever the retention is:
     * <ul>
     *   <li>a run that found something on hosts that has not been rolled back, as a rollback and a reset read it;
     *   <li>the newest run of each cluster;
     *   <li>a run that an engine has claimed;
     *   <li>for a day after its end, a run that a request with a key or a file in the inbox began: if the same comes again, it is
     *       recognised by this run.
     * </ul>
     */
    List<RunRecord> deletable(Retention keep, Instant now);

    /**
     * Deletes that run, if it is deletable at this moment, with its events, records and keys, all or nothing.
     *
     * @return whether it was deleted
     */
    boolean delete(String run, Retention keep, Instant now);

    /** Which of these runs were deleted. */
    Set<String> deleted(Collection<String> runs);

    // ----

    /**
     * Lets {@code listener} hear of every event that is appended by this object from now on, in the order of each run's numbers,
     * before {@link #append} returns. A listener must be quick, as all others wait, and must not throw. It may append. Closing the
     * handle ends it.
     */
    AutoCloseable listen(Consumer<Event> listener);

    @Override
    void close();
}
