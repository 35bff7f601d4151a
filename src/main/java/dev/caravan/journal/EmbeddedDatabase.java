package dev.caravan.journal;

import dev.caravan.data.PrivateFiles;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Optional;
import java.util.Set;
import org.h2.api.ErrorCode;

/**
 * H2 in a file of the data directory. Several processes of one machine share it: the first has the file, the others reach it
 * through that one, on loopback.
 *
 * <p>H2 never forces what it writes to the disk unless asked to. Here nothing is written at a commit; {@link #force} writes and
 * forces all that was committed, through {@link PowerSafeFiles}. H2 writes between that only where it brings together what is left of
 * old pages.
 */
final class EmbeddedDatabase implements Database {
    private static final String USER = "caravan";
    private static final String FILE = "journal.mv.db";
    /**
     * RETENTION_TIME: how long space stays as it was, in milliseconds. H2 takes 45 s, in the hope that the disk has all by then; here that
     * is known. WRITE_DELAY: three times in it H2 looks for space to use again, else the file would grow for as long as it is open. But
     * once that long has gone without a write H2 writes by itself, with threads for which {@link #force} does not wait: it has to be longer
     * than two signs of life, see {@link Timing}.
     */
    private static final String SPACE = ";RETENTION_TIME=2000;WRITE_DELAY=30000";
    /** What H2 says where another process opens or closes the file at this moment. */
    private static final Set<Integer> OPENING = Set.of(ErrorCode.DATABASE_ALREADY_OPEN_1, ErrorCode.ERROR_OPENING_DATABASE_1,
            ErrorCode.DATABASE_CALLED_AT_SHUTDOWN, ErrorCode.DATABASE_IS_CLOSED, ErrorCode.CONNECTION_BROKEN_1);

    private static final Set<Integer> DAMAGED = Set.of(ErrorCode.FILE_CORRUPTED_1, ErrorCode.FILE_VERSION_ERROR_1);
    /** Of a database that an earlier version made. */
    private static final String NONE = "";
    private static final int ROUNDS = 2;

    private final Path data;
    private final String url;
    private final JournalPassword password;
    private final OpeningTurn turn;

    EmbeddedDatabase(Path data) {
        this(data, "", SPACE);
    }

    /**
     * @param disk     the file system of H2's that the files are in, with its colon
     * @param settings of H2, beside the usual ones
     */
    EmbeddedDatabase(Path data, String disk, String settings) {
        PowerSafeFiles.register();
        this.data = data;
        this.password = new JournalPassword(data);
        this.turn = new OpeningTurn(data.resolve("journal.turn"));
        this.url = "jdbc:h2:" + PowerSafeFiles.SCHEME + ":" + disk + data.toAbsolutePath().resolve("journal")
                + ";AUTO_SERVER=TRUE;LOCK_TIMEOUT=20000;TRACE_LEVEL_FILE=0;TRACE_LEVEL_SYSTEM_OUT=0" + settings;
    }

    @Override
    public String name() {
        return "the journal under " + data;
    }

    @Override
    public Connection connect() throws SQLException {
        createDirectory();
        try (OpeningTurn.Held held = turn.take()) {
            return connectInTurn();
        }
    }

    private Connection connectInTurn() throws SQLException {
        boolean isNew = !Files.exists(data.resolve(FILE));
        requireOwn();
        // A second process (caravan status beside caravan serve) reaches the same file through the first, on loopback only.
        System.setProperty("h2.bindAddress", "127.0.0.1");
        Connection connection = authenticated(isNew);
        connection.setAutoCommit(false); // else H2 reconnects automatically within a transaction
        if (isNew) {
            force(connection);
            forceDirectory();
        }
        return connection;
    }

    /**
     * With the password of the file beside the database. Earlier versions had none, and one that was killed may have left the file and
     * not set in the database: then it is set now. Two processes may do so at the same time, hence the second round.
     */
    private Connection authenticated(boolean isNew) throws SQLException {
        for (int round = 1;; round++) {
            Optional<String> known = isNew ? Optional.of(password.make()) : password.read();
            try {
                return known.isPresent() ? connect(known.get()) : announce(connect(NONE));
            } catch (SQLException e) {
                requireWrongPassword(e);
            }
            if (known.isPresent()) {
                try {
                    return announce(connect(NONE));
                } catch (SQLException e) {
                    requireWrongPassword(e);
                }
            }
            if (round == ROUNDS) {
                throw new JournalException(known.isPresent()
                        ? "its password is not the one in " + password + ": put back the file that was there"
                        : "its password is missing: put back " + password + ", which is kept together with it", null);
            }
        }
    }

    private Connection connect(String word) throws SQLException {
        return DriverManager.getConnection(url, USER, word);
    }

    /** The file is on the disk before the database asks for what is in it. */
    private Connection announce(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute("alter user " + USER + " set password '" + password.make() + "'");
            force(connection);
            return connection;
        } catch (SQLException | RuntimeException e) {
            connection.close();
            throw e;
        }
    }

    private static void requireWrongPassword(SQLException failure) throws SQLException {
        if (failure.getErrorCode() != ErrorCode.WRONG_USER_OR_PASSWORD) {
            throw failure;
        }
    }

    private void createDirectory() {
        if (Files.isDirectory(data)) {
            return;
        }
        try {
            PrivateFiles.makeDirectories(data);
        } catch (IOException e) {
            throw new JournalException("cannot create the data directory " + data + ": " + e.getMessage(), e);
        }
    }

    private void requireOwn() {
        try {
            PrivateFiles.requireOwn(data.resolve(FILE));
        } catch (IOException e) {
            throw new JournalException(e.getMessage(), e);
        }
    }

    /** A new file is only there after a power cut if its name is. */
    private void forceDirectory() {
        for (Path directory : new Path[] {data.toAbsolutePath(), data.toAbsolutePath().getParent()}) {
            try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
                channel.force(true);
            } catch (IOException e) {
                // This system does not force directories.
                return;
            }
        }
    }

    @Override
    public String explain(Exception failure) {
        return unusable(data).or(() -> Optional.of(data.resolve(FILE)).filter(Files::exists).flatMap(EmbeddedDatabase::unusable))
                .map(why -> why + "; name another directory with --data")
                .orElseGet(() -> failure instanceof SQLException sql && DAMAGED.contains(sql.getErrorCode())
                        ? "its file " + data.resolve(FILE)
                                + " is damaged. Put back a copy of it; or move it away, and Caravan begins a new one, which knows neither "
                                + "earlier runs nor what they changed (" + failure.getMessage() + ")"
                        : failure.getMessage());
    }

    private static Optional<String> unusable(Path wanted) {
        Path there = wanted.toAbsolutePath();
        while (!Files.exists(there)) {
            there = there.getParent();
        }
        if (!Files.isWritable(there)) {
            return Optional.of("this user may not write to " + there);
        }
        if (there.endsWith(FILE)) {
            return Optional.empty();
        }
        if (!Files.isDirectory(there)) {
            return Optional.of(there + " is not a directory");
        }
        return there.equals(wanted.toAbsolutePath()) ? Optional.empty() : Optional.of("no directory can be made in " + there);
    }

    @Override
    public boolean isOpening(SQLException failure) {
        return OPENING.contains(failure.getErrorCode()) && unusable(data).isEmpty();
    }

    @Override
    public void relax(Connection connection) {
        // Commits are not forced before that is asked for.
    }

    @Override
    public void force(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute("checkpoint sync");
        }
    }

    /** Other processes may have to open the file next. */
    @Override
    public void disconnect(Connection connection) throws SQLException {
        try (OpeningTurn.Held held = turn.take()) {
            connection.close();
        }
    }

    @Override
    public boolean isOfThisMachine() {
        return true;
    }

    @Override
    public void migrate() throws SQLException {
        try (OpeningTurn.Held held = turn.take()) {
            Database.migrate(url, USER, password.read().orElseThrow());
        }
    }
}
