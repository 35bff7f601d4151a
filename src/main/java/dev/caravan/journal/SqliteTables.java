package dev.caravan.journal;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;

/** The tables of a journal in SQLite. Their version is in the file's own field for it. */
final class SqliteTables {
    /** As in PostgreSQL, where the earlier versions are as well. */
    private static final int FIRST = 6;
    private static final int LATEST = 9;

    private SqliteTables() {}

    /**
     * Brings the tables to what this version of Caravan expects, whole or not at all. Processes that do so at the same time do it one
     * after the other.
     *
     * @param connection without autocommit, outside of a transaction
     */
    static void update(Connection connection) throws SQLException {
        if (version(connection) != LATEST) {
            connection.setAutoCommit(true);
            try (Statement statement = connection.createStatement()) {
                statement.execute("begin immediate");
                updateInTurn(connection, statement);
            } finally {
                connection.setAutoCommit(false);
            }
        }
    }

    private static void updateInTurn(Connection connection, Statement statement) throws SQLException {
        try {
            int version = version(connection);
            if (version > LATEST) {
                throw new JournalException("a newer version of Caravan wrote it (tables of version " + version + ", not " + LATEST
                        + "): use that one", null);
            }
            for (int next = Math.max(FIRST, version + 1); next <= LATEST; next++) {
                statement.executeUpdate(script(next));
                statement.execute("pragma user_version = " + next);
            }
            statement.execute("commit");
        } catch (SQLException | RuntimeException e) {
            statement.execute("rollback");
            throw e;
        }
    }

    private static int version(Connection connection) throws SQLException {
        return Sql.query(connection, "pragma user_version", row -> row.getInt(1)).get(0);
    }

    private static String script(int version) {
        try (InputStream script = SqliteTables.class.getResourceAsStream("/db/sqlite/V" + version + ".sql")) {
            return new String(script.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
