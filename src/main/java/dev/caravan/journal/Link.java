package dev.caravan.journal;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A connection to a database that reconnects if it was lost: the server restarts, or the disk failed for a while. One transaction at a
 * time. Thread-safe.
 */
final class Link implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Link.class);
    private static final long PAUSE_MILLIS = 200;
    private static final int ALIVE_SECONDS = 5;

    private final Database database;
    private final Duration patience;
    private Connection connection;
    private boolean wasConnected;
    private volatile boolean reconnected;
    private volatile boolean closed;

    Link(Database database, Duration patience) {
        this.database = database;
        this.patience = patience;
    }

    /** The database is lost, or its disk is full or broken: to try with something else would fail as well. */
    static final class Unavailable extends JournalException {
        Unavailable(String message, Throwable cause) {
            super(message, cause);
        }
    }

    /** What is done with a connection, from beginning to commit. */
    interface Work<T> {
        T with(Connection connection) throws SQLException;
    }

    /** Connects. Where another process opens or closes the database at this moment, it is tried again. */
    synchronized void open() throws SQLException {
        long until = System.nanoTime() + patience.toNanos();
        while (connection == null) {
            try {
                connection = database.connect();
                wasConnected = true;
            } catch (SQLException e) {
                if (!database.isOpening(e) || System.nanoTime() - until > 0) {
                    throw e;
                }
                pause();
            }
        }
    }

    /**
     * Does that work, again from its beginning where the connection is lost in its midst, for as long as the database is waited
     * for. Work that fails for any other reason is undone.
     *
     * @throws Unavailable where the database does not come back, or its disk is full
     */
    synchronized <T> T call(Work<T> work) throws SQLException {
        boolean interrupted = Thread.interrupted(); // who was interrupted may write all the same
        long until = System.nanoTime() + patience.toNanos();
        boolean wasLost = false;
        try {
            while (true) {
                try {
                    if (connection == null) {
                        connection = database.connect();
                        reconnected |= wasConnected;
                        wasConnected = true;
                    }
                    if (wasLost) {
                        LOG.warn("{} is there again", database.name());
                        wasLost = false;
                    }
                    return work.with(connection);
                } catch (SQLException e) {
                    boolean lost = isLost(e);
                    if (database.isFull(e)) {
                        throw new Unavailable(database.name() + " cannot be written: no space left on the device; make room there", e);
                    }
                    if (!lost) {
                        throw e;
                    }
                    if (closed || System.nanoTime() - until > 0) {
                        throw new Unavailable(database.name() + " was lost and did not come back within " + patience.toSeconds() + " s: "
                                + e.getMessage(), e);
                    }
                    if (!wasLost) {
                        LOG.warn("{} was lost, connecting again: {}", database.name(), e.getMessage());
                        wasLost = true;
                    }
                    pause();
                } catch (RuntimeException e) {
                    isLost(e);
                    throw e;
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** Whether the database was lost since the first connection. */
    boolean hasReconnected() {
        return reconnected;
    }

    /** Ends the transaction that failed, and finds out whether the connection did as well. */
    private boolean isLost(Exception failure) {
        if (connection == null) {
            return true;
        }
        boolean isBroken = failure instanceof SQLException sql && database.isBroken(sql);
        try {
            connection.rollback();
            if (!isBroken && connection.isValid(ALIVE_SECONDS)) {
                return false;
            }
        } catch (SQLException e) {
            LOG.debug("the connection is not usable any more", e);
        }
        drop();
        return true;
    }

    private void drop() {
        try {
            connection.close();
        } catch (SQLException e) {
            LOG.debug("a lost connection did not close", e);
        }
        connection = null;
    }

    private static void pause() {
        try {
            Thread.sleep(PAUSE_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new JournalException("the journal was waited for no longer: this thread was interrupted", e);
        }
    }

    /** Ends a wait for the database as well. */
    @Override
    public void close() {
        closed = true;
        synchronized (this) {
            if (connection != null) {
                drop();
            }
        }
    }
}
