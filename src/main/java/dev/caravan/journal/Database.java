package dev.caravan.journal;

import java.sql.Connection;
import java.sql.SQLException;

/** A database that a journal is kept in: what differs from one to the other. Connections are without autocommit. */
interface Database {

    /** For messages. */
    String name();

    /** @throws SQLException where it cannot be reached now */
    Connection connect() throws SQLException;

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

    /** Why it could not be opened, and what to do. */
    String explain(Exception failure);
}
