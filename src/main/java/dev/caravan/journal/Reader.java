package dev.caravan.journal;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;

/** Reads from the journal's database, over a connection of its own. Thread-safe. */
final class Reader implements AutoCloseable {
    private final Database database;
    private final Link link;

    Reader(Database database, Timing timing) {
        this.database = database;
        this.link = new Link(database, timing.reconnect());
    }

    <T> List<T> query(String sql, Sql.Row<T> row, Object... values) {
        return read(connection -> Sql.query(connection, sql, row, values));
    }

    /** What is read in a transaction. */
    interface Reading<T> {
        /** @param wasLost whether the database was lost, and this connection is a later one */
        T with(Connection connection, boolean wasLost) throws SQLException;
    }

    /** Does the work in a transaction. @throws JournalException if the database cannot be read */
    <T> T read(Link.Work<T> work) {
        return read((connection, wasLost) -> work.with(connection));
    }

    /** The same. */
    <T> T read(Reading<T> work) {
        try {
            return link.call(connection -> {
                T result = work.with(connection, link.hasReconnected());
                connection.commit();
                return result;
            });
        } catch (SQLException e) {
            throw new JournalException(database.name() + " cannot be read: " + e.getMessage(), e);
        }
    }

    @Override
    public void close() {
        link.close();
    }
}
