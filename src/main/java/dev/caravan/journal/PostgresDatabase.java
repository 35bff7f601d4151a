package dev.caravan.journal;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Optional;
import java.util.Properties;

/** A PostgreSQL database, which several engines may share. The server forces each commit to its disk by itself. */
final class PostgresDatabase implements Database {
    private final String url;
    private final Optional<String> password;

    /** @param password empty where the driver is to look into {@code ~/.pgpass} */
    PostgresDatabase(String url, Optional<String> password) {
        this.url = url;
        this.password = password;
    }

    @Override
    public String name() {
        return "the journal in " + url.replaceFirst("[?].*", "");
    }

    @Override
    public Connection connect() throws SQLException {
        Connection connection = DriverManager.getConnection(url, properties());
        try (Statement statement = connection.createStatement()) {
            // A server may be set up to acknowledge what it has not forced; and what a lost engine had begun must not hold up others.
            statement.execute("select set_config('synchronous_commit', 'on', false) where current_setting('synchronous_commit') = 'off'");
            statement.execute("set lock_timeout = '20s'; set idle_in_transaction_session_timeout = '60s'");
            connection.setAutoCommit(false);
            return connection;
        } catch (SQLException e) {
            connection.close();
            throw e;
        }
    }

    /** The URL has precedence. */
    private Properties properties() {
        Properties properties = new Properties();
        properties.setProperty("ApplicationName", "caravan");
        properties.setProperty("connectTimeout", "5");
        properties.setProperty("socketTimeout", "30");
        properties.setProperty("tcpKeepAlive", "true");
        password.ifPresent(word -> properties.setProperty("password", word));
        return properties;
    }

    @Override
    public String explain(Exception failure) {
        boolean isLogin = failure instanceof SQLException sql && String.valueOf(sql.getSQLState()).startsWith("28");
        return failure.getMessage() + (isLogin ? " Look at the user in --journal and at CARAVAN_JOURNAL_PASSWORD, PGPASSWORD or ~/.pgpass."
                : " Look at --journal (or CARAVAN_JOURNAL), and whether that server runs and has the database.");
    }

    @Override
    public boolean isOpening(SQLException failure) {
        return "57P03".equals(failure.getSQLState()); // the database system is starting up
    }

    @Override
    public boolean isFull(SQLException failure) {
        return "53100".equals(failure.getSQLState());
    }

    @Override
    public void begin(Connection connection, boolean durable) throws SQLException {
        if (!durable) {
            try (Statement statement = connection.createStatement()) {
                statement.execute("set local synchronous_commit = off");
            }
        }
    }

    @Override
    public void takeTurn(Connection connection) throws SQLException {
        Sql.query(connection, "select id from claim_turn for update", row -> row.getInt(1));
    }

    @Override
    public String now() {
        return "clock_timestamp()"; // a transaction may have waited for long since its beginning
    }

    @Override
    public String upSince() {
        return "pg_postmaster_start_time()";
    }

    @Override
    public String connectedSince() {
        return "(select backend_start from pg_stat_activity where pid = pg_backend_pid())";
    }

    @Override
    public boolean isOfThisMachine() {
        return false;
    }

    @Override
    public void migrate(Connection connection) throws SQLException {
        Database.migrate(url, null, password.orElse(null));
    }
}
