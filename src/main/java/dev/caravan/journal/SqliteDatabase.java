package dev.caravan.journal;

import dev.caravan.data.PrivateFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.sqlite.SQLiteConfig;
import org.sqlite.SQLiteErrorCode;
import org.sqlite.SQLiteException;

/**
 * SQLite in a file of the data directory, which several processes of one machine may share. It writes ahead into a log beside the file.
 * A durable transaction is on the disk when its commit returns.
 *
 * <p>Nothing else in this process may open the file: when such a one is closed, the operating system releases SQLite's locks as well.
 */
final class SqliteDatabase implements Database {
    private static final String FILE = "journal.db";
    private static final List<String> BESIDE = List.of("-wal", "-shm");
    private static final int LOCK_TIMEOUT_MILLIS = 20_000;
    private static final long ROOM = 1 << 20;
    /** What SQLite says if another process makes, recovers or closes the file at this moment. */
    private static final Set<SQLiteErrorCode> OPENING = Set.of(SQLiteErrorCode.SQLITE_BUSY, SQLiteErrorCode.SQLITE_LOCKED,
            SQLiteErrorCode.SQLITE_PROTOCOL);
    private static final Set<SQLiteErrorCode> DAMAGED = Set.of(SQLiteErrorCode.SQLITE_CORRUPT, SQLiteErrorCode.SQLITE_NOTADB);

    private final Path data;
    private final Path file;
    private volatile boolean hasFailed;

    SqliteDatabase(Path data) {
        this.data = data;
        this.file = data.toAbsolutePath().resolve(FILE);
    }

    @Override
    public String name() {
        return "the journal under " + data;
    }

    @Override
    public Connection connect() throws SQLException {
        try {
            PrivateFiles.makeDirectories(data);
            SqliteLibrary.load(data);
            FormerJournal former = new FormerJournal(data);
            if (former.isThere(file)) {
                former.moveTo(file);
            }
            makeFile();
        } catch (IOException e) {
            throw new JournalException(e.getMessage(), e);
        }
        Connection connection = open(file);
        try {
            if (hasFailed) {
                // The system may count what it could not write to the log as written.
                execute(connection, "pragma wal_checkpoint(truncate)");
                hasFailed = false;
            }
            connection.setAutoCommit(false);
            return connection;
        } catch (SQLException | RuntimeException e) {
            connection.close();
            throw e;
        }
    }

    private void makeFile() throws IOException {
        PrivateFiles.make(file);
        for (String ending : BESIDE) {
            Path beside = file.resolveSibling(FILE + ending);
            if (Files.exists(beside, LinkOption.NOFOLLOW_LINKS)) {
                PrivateFiles.make(beside);
            }
        }
    }

    /** With autocommit. The file is made if it is missing; SQLite forces its name to the disk with its first content. */
    static Connection open(Path file) throws SQLException {
        SQLiteConfig config = new SQLiteConfig();
        config.setBusyTimeout(LOCK_TIMEOUT_MILLIS);
        config.enforceForeignKeys(true);
        Connection connection = config.createConnection("jdbc:sqlite:" + file.toUri());
        try {
            // The order matters: each holds for a file that is still empty.
            execute(connection, "pragma auto_vacuum = full");
            execute(connection, "pragma journal_mode = wal");
            execute(connection, "pragma synchronous = full");
            return connection;
        } catch (SQLException | RuntimeException e) {
            connection.close();
            throw e;
        }
    }

    private static void execute(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    @Override
    public String explain(Exception failure) {
        if (failure instanceof SQLException sql && isFull(sql)) {
            return "no space left on the device; make room there";
        }
        return unusable().map(why -> why + "; name another directory with --data")
                .orElseGet(() -> failure instanceof SQLException sql && isOf(DAMAGED, sql)
                        ? "its file " + file + " is damaged. Put back a copy of it, or move it away. Caravan then begins a new one, which "
                                + "knows neither earlier runs nor what they changed (" + failure.getMessage() + ")"
                        : failure.getMessage());
    }

    private Optional<String> unusable() {
        Path there = Files.exists(file) ? file : data.toAbsolutePath();
        while (!Files.exists(there)) {
            there = there.getParent();
        }
        if (!Files.isWritable(there)) {
            return Optional.of("this user may not write to " + there);
        }
        if (there.equals(file)) {
            return Optional.empty();
        }
        if (!Files.isDirectory(there)) {
            return Optional.of(there + " is not a directory");
        }
        return there.equals(data.toAbsolutePath()) ? Optional.empty() : Optional.of("no directory can be made in " + there);
    }

    private static boolean isOf(Set<SQLiteErrorCode> codes, SQLException failure) {
        return codes.contains(SQLiteErrorCode.getErrorCode(failure.getErrorCode() & 0xff));
    }

    @Override
    public boolean isOpening(SQLException failure) {
        return isOf(OPENING, failure) && unusable().isEmpty();
    }

    @Override
    public boolean isFull(SQLException failure) {
        return isOf(Set.of(SQLiteErrorCode.SQLITE_FULL), failure) || isOfDisk(failure) && data.toFile().getUsableSpace() < ROOM;
    }

    @Override
    public boolean isBroken(SQLException failure) {
        hasFailed |= isOfDisk(failure);
        return isOfDisk(failure);
    }

    private static boolean isOfDisk(SQLException failure) {
        return failure instanceof SQLiteException && isOf(Set.of(SQLiteErrorCode.SQLITE_IOERR), failure);
    }

    /** The driver begins a transaction by itself, and within one the setting cannot be changed. */
    @Override
    public void begin(Connection connection, boolean durable) throws SQLException {
        connection.setAutoCommit(true);
        execute(connection, "pragma synchronous = " + (durable ? "full" : "normal"));
        connection.setAutoCommit(false);
    }

    /** Only one transaction writes at a time. */
    @Override
    public void takeTurn(Connection connection) {
        // The turn comes with the first write.
    }

    @Override
    public String now() {
        return "cast(unixepoch('subsec') * 1000 as integer)";
    }

    @Override
    public String upSince() {
        return "0";
    }

    @Override
    public String connectedSince() {
        return "0";
    }

    @Override
    public boolean isOfThisMachine() {
        return true;
    }

    @Override
    public void migrate(Connection connection) throws SQLException {
        SqliteTables.update(connection);
    }
}
