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

    /** Whether an attempt to connect that failed so may succeed shortly. */
    boolean isOpening(SQLException failure);

    /** Whether that failed because there is no room left where it is. */
    boolean isFull(SQLException failure);

    /** Whether the connection on which that happened is of no more use, although it answers. */
    default boolean isBroken(SQLException failure) {
        return false;
    }

    /**
     * Begins a transaction that writes.
     *
     * @param durable whether it has to survive a power cut, with all that was committed before it, when its commit returns
     */
    void begin(Connection connection, boolean durable) throws SQLException;

    /** Until this transaction's end, no other one has the turn. To be called before anything else in it. */
    void takeTurn(Connection connection) throws SQLException;

    /** The present time by its own clock, in SQL. */
    String now();

    /** Since when all engines could give signs of life, by the same clock in SQL: the server's start. */
    String upSince();

    /** Since when this connection is open, likewise. */
    String connectedSince();

    /** Whether every engine in it is on this machine. */
    boolean isOfThisMachine();

    /**
     * Brings the tables to what this version expects.
     *
     * @param connection an open one, outside of a transaction
     * @throws SQLException where that failed, and nothing is half-done
     */
    void migrate(Connection connection) throws SQLException;

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
