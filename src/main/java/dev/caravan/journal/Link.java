package dev.caravan.journal;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Locale;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A connection to a database that reconnects if it was lost: the process that has the embedded database's file was
 * killed, or the server restarts. One transaction at a time. Thread-safe.
 */
final class Link implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Link.class);
    private static final long PAUSE_MILLIS = 200;
    private static final int ALIVE_SECONDS = 5;
    /** The longest that the close of a connection is waited for. A large journal is compacted meanwhile. */
    private static final Duration CLOSE = Duration.ofSeconds(60);

    private final Database database;
    private final Duration patience;
    private Connection connection;
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
        boolean interrupted = Thread.interrupted(); // H2 would close the file under all who use it
        long until = System.nanoTime() + patience.toNanos();
        boolean wasLost = false;
        try {
            while (true) {
                try {
                    if (connection == null) {
                        connection = database.connect();
                    }
                    if (wasLost) {
                        LOG.warn("{} is there again", database.name());
                        wasLost = false;
                    }
                    return work.with(connection);
                } catch (SQLException e) {
                    boolean lost = isLost();
                    if (isFull(e)) {
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
                    isLost();
                    throw e;
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** Ends the transaction that failed, and finds out whether the connection did as well. */
    private boolean isLost() {
        if (connection == null) {
            return true;
        }
        try {
            connection.rollback();
            if (connection.isValid(ALIVE_SECONDS)) {
                return false;
            }
        } catch (SQLException e) {
            LOG.debug("the connection is not usable any more", e);
        }
        drop();
        return true;
    }

    /*
     * H2 does not return from the close of a store whose disk fails during the close: MVStore.closeStore then waits for itself (2.x). So
     * the wait has a limit. The thread that is left keeps no process alive.
     */
    private void drop() {
        Connection dropped = connection;
        connection = null;
        Thread closing = new Thread(() -> close(dropped), "caravan-journal-close");
        closing.setDaemon(true);
        closing.start();
        boolean interrupted = false;
        long until = System.nanoTime() + CLOSE.toNanos();
        for (long left = CLOSE.toMillis(); closing.isAlive() && left > 0; left = (until - System.nanoTime()) / 1_000_000) {
            try {
                closing.join(left);
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (closing.isAlive()) {
            LOG.warn("{} did not close within {} s; it is left as it is", database.name(), CLOSE.toSeconds());
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private void close(Connection connection) {
        try {
            database.disconnect(connection);
        } catch (SQLException e) {
            LOG.debug("a lost connection did not close", e);
        }
    }

    /** A disk that is full is said at once: waiting makes no room. */
    private static boolean isFull(Throwable failure) {
        for (Throwable at = failure; at != null; at = at.getCause()) {
            String message = String.valueOf(at.getMessage()).toLowerCase(Locale.ROOT);
            if (message.contains("no space left on device") || message.contains("disk quota exceeded")
                    || at instanceof SQLException sql && "53100".equals(sql.getSQLState())) {
                return true;
            }
        }
        return false;
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
            if (!isLost()) {
                drop();
            }
        }
    }
}
