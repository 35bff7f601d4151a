package dev.caravan.engine;

import dev.caravan.history.Event;
import dev.caravan.history.Occurrence;
import dev.caravan.history.Occurrence.RunEnded;
import dev.caravan.journal.CancelRequest;
import dev.caravan.journal.Found;
import dev.caravan.journal.FoundHost;
import dev.caravan.journal.Journal;
import dev.caravan.journal.JournalException;
import dev.caravan.journal.RequestKey;
import dev.caravan.journal.Retention;
import dev.caravan.journal.RunFilter;
import dev.caravan.journal.RunRecord;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.function.Supplier;

/**
 * A journal whose engine dies at a moment of the test's choice: what was entered by then stays, nothing is entered any more,
 * and every attempt fails, as a process that has ended writes nothing. Thread-safe.
 */
public final class MortalJournal implements Journal {
    private final Journal journal;
    private final Runnable death;
    private volatile Predicate<Event> before = event -> false;
    private volatile Predicate<Event> after = event -> false;
    private volatile boolean dead;

    /** @param death what else dies with the engine */
    public MortalJournal(Journal journal, Runnable death) {
        this.journal = journal;
        this.death = death;
    }

    /** Dies when an event like this is about to be entered; it is not. */
    public void dieBefore(Predicate<Event> event) {
        before = event;
    }

    /** Dies when an event like this was entered. */
    public void dieAfter(Predicate<Event> event) {
        after = event;
    }

    public boolean isDead() {
        return dead;
    }

    /** Dies now. */
    public synchronized void die() {
        if (!dead) {
            dead = true;
            // Not here: what dies with the engine may just be waiting for this journal.
            new Thread(death, "death").start();
        }
    }

    private void requireLife() {
        if (dead) {
            throw new JournalException("the engine is dead", null);
        }
    }

    @Override
    public synchronized Event append(String run, Occurrence what) {
        return mortally(run, what, () -> journal.append(run, what));
    }

    private Event mortally(String run, Occurrence what, Supplier<Event> entering) {
        requireLife();
        Event planned = new Event(0, java.time.Instant.EPOCH, run, what);
        if (before.test(planned)) {
            die();
            requireLife();
        }
        Event event = entering.get();
        if (after.test(event)) {
            die();
            requireLife();
        }
        return event;
    }

    @Override
    public synchronized void begin(RunRecord run, Optional<RequestKey> key) {
        requireLife();
        journal.begin(run, key);
    }

    @Override
    public synchronized void keepKey(String run, RequestKey key) {
        requireLife();
        journal.keepKey(run, key);
    }

    @Override
    public Optional<RequestKey.Used> usedKey(String name) {
        return journal.usedKey(name);
    }

    @Override
    public synchronized void keepValues(String run, String values) {
        requireLife();
        journal.keepValues(run, values);
    }

    @Override
    public Optional<String> values(String run) {
        return journal.values(run);
    }

    @Override
    public synchronized void running(String run) {
        requireLife();
        journal.running(run);
    }

    @Override
    public synchronized Event end(String run, RunEnded end) {
        return mortally(run, end, () -> journal.end(run, end));
    }

    @Override
    public synchronized void keepFound(String run, String host, String address, String step, String line) {
        requireLife();
        journal.keepFound(run, host, address, step, line);
    }

    @Override
    public synchronized void markRolledBack(Collection<Found> found) {
        requireLife();
        journal.markRolledBack(found);
    }

    @Override
    public synchronized Optional<String> claim(String run, Collection<String> names) {
        requireLife();
        return journal.claim(run, names);
    }

    @Override
    public synchronized void release(String run) {
        requireLife();
        journal.release(run);
    }

    @Override
    public Optional<List<Event>> outline(String run, long longerThan) {
        return journal.outline(run, longerThan);
    }

    @Override
    public List<Event> events(String run, long after) {
        return journal.events(run, after);
    }

    @Override
    public Optional<RunRecord> run(String id) {
        return journal.run(id);
    }

    @Override
    public List<RunRecord> runs(RunFilter filter) {
        return journal.runs(filter);
    }

    @Override
    public boolean hasRuns(boolean rehearsal) {
        return journal.hasRuns(rehearsal);
    }

    @Override
    public List<String> clusters(int limit) {
        return journal.clusters(limit);
    }

    @Override
    public List<Found> found(String cluster, String address) {
        return journal.found(cluster, address);
    }

    @Override
    public List<FoundHost> foundHosts(String cluster) {
        return journal.foundHosts(cluster);
    }

    @Override
    public boolean hasFound(String run) {
        return journal.hasFound(run);
    }

    @Override
    public Optional<String> rolledBackBy(String run) {
        return journal.rolledBackBy(run);
    }

    @Override
    public List<RunRecord> orphans() {
        return journal.orphans();
    }

    @Override
    public List<RunRecord> deletable(Retention keep, Instant now) {
        return journal.deletable(keep, now);
    }

    @Override
    public synchronized boolean delete(String run, Retention keep, Instant now) {
        requireLife();
        return journal.delete(run, keep, now);
    }

    @Override
    public Set<String> deleted(Collection<String> runs) {
        return journal.deleted(runs);
    }

    @Override
    public boolean isOwn(String run) {
        return !dead && journal.isOwn(run);
    }

    @Override
    public AutoCloseable listenForLoss(Consumer<String> listener) {
        return journal.listenForLoss(listener);
    }

    @Override
    public synchronized void askToCancel(String run, Optional<String> by) {
        requireLife();
        journal.askToCancel(run, by);
    }

    @Override
    public List<CancelRequest> cancelRequests() {
        return journal.cancelRequests();
    }

    @Override
    public synchronized void forgetCancelRequest(String run) {
        requireLife();
        journal.forgetCancelRequest(run);
    }

    @Override
    public AutoCloseable listen(Consumer<Event> listener) {
        return journal.listen(listener);
    }

    @Override
    public void close() {
        // the next engine uses what it wraps
    }
}
