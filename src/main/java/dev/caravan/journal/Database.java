package dev.caravan.journal;

import java.sql.Connection;
import java.sql.SQLException;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.FlywayException;

/** A database that a journal is kept in: what differs from one to the other. Connections are without autocommit. */
interface Database {

    /** For messages. */
    String name();

    /** @throws SQLException where it cannot be reached now */
    Connection connect() throws SQLException;

    /** Closes a connection of {@link #connect}. */
    default void disconnect(Connection connection) throws SQLException {
        connection.close();
    }

    /** Whether an attempt to connect that failed so may succeed shortly. */
    boolean isOpening(SQLException failure);

    /** Called in a transaction whose loss in a power cut does no harm. */
    void relax(Connection connection) throws SQLException;

    /** Called after commits: all that was committed survives a power cut when this returns. */
    void force(Connection connection) throws SQLException;

    /** Whether every engine in it is on this machine. */
    boolean isOfThisMachine();

    /**
     * Brings the tables to what this version expects; called with a connection open.
     *
     * @throws SQLException where that failed, and nothing is half-done
     */
    void migrate() throws SQLException;

    /** The same with this login; user and password may be null, where the address says them. */
    static void migrate(String url, String user, String password) throws SQLException {
        try {
            Flyway.configure(Database.class.getClassLoader()).dataSource(url, user, password).locations("classpath:db/migration")
                    .load().migrate();
        } catch (FlywayException e) {
            throw new SQLException(e.getMessage(), e);
        }
    }

    /** Why it could not be opened, and what to do. */
    String explain(Exception failure);
}
