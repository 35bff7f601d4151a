package dev.caravan.journal;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes to the database for one journal, on a thread of its own: what several threads ask for meanwhile goes into one
 * transaction and is forced to the disk once. Each transaction begins by entering its number in this engine's row of
 * table {@code engine}. That does three things:
 * <ol>
 *   <li>it is a sign of life; where nothing is written for a while, one is given so;
 *   <li>where the connection is lost, it finds out whether the transaction was committed, so that nothing is written twice;
 *   <li>where another engine took this one for gone and deleted the row, the transaction fails. From then on this journal writes as
 *       a new engine, of a new id, and {@link OwnRuns} refuses what is for runs of the old one.
 * </ol>
 * Thread-safe.
 */
final class Writer implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Writer.class);
    private static final int MOST_AT_ONCE = 64;

    private final Link link;
    private final Database database;
    private final EngineIdentity identity;
    private final Timing timing;
    private final Lease lease;
    private final Events events;
    private final LinkedBlockingQueue<Entry<?>> queue = new LinkedBlockingQueue<>();
    private Thread thread;
    private boolean closing;

    // What follows belongs to the thread.
    private final Deque<Runnable> toNotify = new ArrayDeque<>();
    private boolean telling;
    private String engine = UUID.randomUUID().toString();
    private boolean isMarked;
    private long number;
    private boolean loose;
    private long forcedAt = System.nanoTime();

    /** What the writer's owner has to know; on the writer's thread. */
    interface Events {
        /** A transaction was not committed, or may not have been, and the next one begins. */
        void afterFailure();

        /** Another engine considered this one dead, and may have its runs. */
        void lost(String engine);
    }

    /** @param lease renewed with each transaction */
    Writer(Link link, Database database, EngineIdentity identity, Timing timing, Lease lease, Events events) {
        this.link = link;
        this.database = database;
        this.identity = identity;
        this.timing = timing;
        this.lease = lease;
        this.events = events;
    }

    /** What is written. It may be done more than once until it is committed; what it returned last counts. */
    interface Change<T> {
        /** @param engine the id that this journal writes as */
        T make(Connection connection, String engine) throws SQLException;
    }

    /** How a change is written. */
    enum Way {
        /** On disk when it returns. */
        DURABLE,
        /** On disk with the next one that is durable, or with the next sign of life. */
        LOOSE,
        /** On disk when it returns, and not while any engine's change of this kind is under way. */
        ALONE
    }

    private static final class Entry<T> {
        private final Way way;
        private final Change<T> change;
        private final Consumer<T> listener;
        private final CompletableFuture<T> done = new CompletableFuture<>();
        private T result;

        private Entry(Way way, Change<T> change, Consumer<T> listener) {
            this.way = way;
            this.change = change;
            this.listener = listener;
        }

        private void make(Connection connection, String engine) throws SQLException {
            result = change.make(connection, engine);
        }

        private void notifyCaller() {
            try {
                listener.accept(result);
            } catch (RuntimeException e) {
                LOG.error("a listener of the journal failed", e);
            }
            done.complete(result);
        }
    }

    <T> T write(Way way, Change<T> change) {
        return write(way, change, result -> {});
    }

    /**
     * Writes that, and returns when it is written.
     *
     * @param listener called on the writer's thread once it is written, in the order of what was written, before this returns; it may
     *             write as well, and that is passed on after what was written before it
     * @throws JournalException where it was not written, or where nobody knows
     */
    <T> T write(Way way, Change<T> change, Consumer<T> listener) {
        Entry<T> entry = new Entry<>(way, change, listener);
        if (isThread()) {
            settle(List.of(entry));
            entry.done.complete(entry.result);
        } else {
            submit(entry);
        }
        try {
            return entry.done.join();
        } catch (CompletionException e) {
            // With the stack of the one who asked, too.
            Throwable cause = e.getCause();
            throw cause instanceof TakenOver lost ? new TakenOver(lost.run(), lost)
                    : new JournalException(cause instanceof JournalException ? cause.getMessage()
                            : database.name() + " cannot be written: " + cause.getMessage(), cause);
        }
    }

    private synchronized boolean isThread() {
        return Thread.currentThread() == thread;
    }

    private synchronized void submit(Entry<?> entry) {
        if (closing) {
            throw new JournalException(database.name() + " is closed", null);
        }
        queue.add(entry);
        if (thread == null) {
            thread = new Thread(this::work, "caravan-journal");
            thread.setDaemon(true);
            thread.start();
        }
    }

    private void work() {
        try {
            boolean more = true;
            while (more) {
                List<Entry<?>> batch = new ArrayList<>();
                Entry<?> first = queue.poll(timing.heartbeat().toMillis(), TimeUnit.MILLISECONDS);
                if (first != null) {
                    batch.add(first);
                    queue.drainTo(batch, MOST_AT_ONCE - 1);
                }
                settle(batch);
                synchronized (this) {
                    more = !closing || !queue.isEmpty();
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void settle(List<Entry<?>> batch) {
        try {
            commit(batch);
        } catch (SQLException | RuntimeException e) {
            events.afterFailure();
            if (batch.isEmpty()) {
                LOG.warn("no sign of life could be given: {}", e.getMessage());
            } else if (batch.size() == 1 || e instanceof Link.Unavailable) {
                batch.forEach(entry -> entry.done.completeExceptionally(e));
            } else {
                batch.forEach(one -> settle(List.of(one))); // one that cannot be written is not the others' fault
            }
            return;
        }
        batch.forEach(entry -> toNotify.add(entry::notifyCaller));
        if (!telling) {
            telling = true;
            while (!toNotify.isEmpty()) {
                toNotify.remove().run();
            }
            telling = false;
        }
    }

    private void commit(List<Entry<?>> batch) throws SQLException {
        try {
            commitOnce(batch);
        } catch (TakenForGone e) {
            LOG.warn("another engine considered this one dead: what it had under way is not its own any more");
            events.lost(engine);
            engine = UUID.randomUUID().toString();
            isMarked = false;
            if (!batch.isEmpty()) {
                commitOnce(batch);
            }
        }
    }

    private void commitOnce(List<Entry<?>> batch) throws SQLException {
        boolean alone = batch.stream().anyMatch(entry -> entry.way == Way.ALONE);
        boolean durable = batch.stream().anyMatch(entry -> entry.way != Way.LOOSE)
                || loose && System.nanoTime() - forcedAt >= timing.heartbeat().toNanos();
        long transaction = ++number;
        AtomicBoolean again = new AtomicBoolean();
        Link.Work<Lease.Moment> work = connection -> {
            Lease.Moment begun = Lease.Moment.now();
            if (again.getAndSet(true)) {
                events.afterFailure();
            }
            database.begin(connection, durable);
            if (alone) {
                database.takeTurn(connection);
            }
            if (write(connection, transaction)) {
                for (Entry<?> entry : batch) {
                    entry.make(connection, engine);
                }
            }
            connection.commit();
            return begun;
        };
        lease.renew(link.call(work));
        isMarked = true;
        loose = !durable;
        forcedAt = durable ? System.nanoTime() : forcedAt;
    }

    /** False where that transaction has been committed. */
    private boolean write(Connection connection, long transaction) throws SQLException {
        // Where the earlier attempt is still being committed, this waits for it and then finds its number.
        if (Sql.update(connection, "update engine set written = ?, seen_at = " + database.now() + " where id = ? and written < ?",
                transaction, engine, transaction) == 1) {
            return true;
        }
        if (!Sql.query(connection, "select written from engine where id = ?", row -> row.getLong(1), engine).isEmpty()) {
            return false;
        }
        if (isMarked) {
            throw new TakenForGone();
        }
        Sql.update(connection,
                "insert into engine (id, host, boot, pid, began, written, seen_at) values (?, ?, ?, ?, ?, ?, " + database.now() + ")",
                engine, identity.host(), identity.boot(), identity.pid(), identity.began(), transaction);
        return true;
    }

    /** The row of this engine is gone. */
    private static final class TakenForGone extends RuntimeException {
        private TakenForGone() {
            super("another engine considered this one dead");
        }
    }

    /** Releases all that this engine had claimed, in order; what waits to be written is written before. */
    @Override
    public void close() {
        Thread ending;
        synchronized (this) {
            if (closing) {
                return;
            }
            ending = thread;
            lease.end();
            if (ending != null) {
                queue.add(new Entry<>(Way.DURABLE, (connection, id) -> Sql.update(connection, "delete from engine where id = ?", id),
                        rows -> {}));
            }
            closing = true;
        }
        try {
            if (ending != null) {
                ending.join(timing.reconnect().plus(Duration.ofSeconds(5)).toMillis());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
