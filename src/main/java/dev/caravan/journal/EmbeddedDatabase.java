package dev.caravan.journal;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Optional;
import java.util.Set;
import org.flywaydb.core.Flyway;
import org.h2.api.ErrorCode;

/**
 * H2 in a file of the data directory. Several processes of one machine share it: the first has the file, the others reach it
 * through that one, on loopback.
 *
 * <p>H2 never forces what it writes to the disk unless it is told to. Here nothing is written at a commit; {@link #force} writes and
 * forces all that was committed, through {@link PowerSafeFiles}.
 */
final class EmbeddedDatabase implements Database {
    private static final String USER = "caravan";
    private static final String FILE = "journal.mv.db";
    /** How long space stays as it was, in milliseconds: H2 takes 45 s, in the hope that the disk has all by then. Here that is known. */
    private static final String SPACE = ";RETENTION_TIME=2000";
    /** What H2 says where another process opens or closes the file at this moment. */
    private static final Set<Integer> OPENING = Set.of(ErrorCode.DATABASE_ALREADY_OPEN_1, ErrorCode.ERROR_OPENING_DATABASE_1,
            ErrorCode.DATABASE_CALLED_AT_SHUTDOWN, ErrorCode.DATABASE_IS_CLOSED, ErrorCode.CONNECTION_BROKEN_1);

    private static final Set<Integer> DAMAGED = Set.of(ErrorCode.FILE_CORRUPTED_1, ErrorCode.FILE_VERSION_ERROR_1);

    private final Path data;
    private final String url;

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
        // WRITE_DELAY: as good as never, in milliseconds.
        this.url = "jdbc:h2:" + PowerSafeFiles.SCHEME + ":" + disk + data.toAbsolutePath().resolve("journal")
                + ";AUTO_SERVER=TRUE;WRITE_DELAY=" + Integer.MAX_VALUE + ";LOCK_TIMEOUT=20000;TRACE_LEVEL_FILE=0;TRACE_LEVEL_SYSTEM_OUT=0" + settings;
    }

    @Override
    public String name() {
        return "the journal under " + data;
    }

    @Override
    public Connection connect() throws SQLException {
        boolean isNew = !Files.exists(data.resolve(FILE));
        if (isNew) {
            createDirectory();
        }
        // A second process (caravan status beside caravan serve) reaches the same file through the first, on loopback only.
        System.setProperty("h2.bindAddress", "127.0.0.1");
        Connection connection = DriverManager.getConnection(url, USER, "");
        connection.setAutoCommit(false); // else H2 connects anew by itself, in the midst of what belongs together
        if (isNew) {
            force(connection);
            forceDirectory();
        }
        return connection;
    }

    private void createDirectory() {
        try {
            if (!Files.isDirectory(data)) {
                Files.createDirectories(data.toAbsolutePath().getParent());
                // Whoever can read the database's lock file can connect to it.
                Files.createDirectory(data, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
            }
        } catch (IOException | UnsupportedOperationException e) {
            if (!Files.isDirectory(data)) {
                throw new JournalException("cannot create the data directory " + data + ": " + e.getMessage(), e);
            }
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
                        ? "its file " + data.resolve(FILE) + " is damaged. Put back a copy of it; or move it away, and Caravan begins a new one, which knows neither"
                                + " earlier runs nor what they changed (" + failure.getMessage() + ")"
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
        // Commits are not written before they are forced.
    }

    @Override
    public void force(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute("checkpoint sync");
        }
    }

    @Override
    public boolean isOfThisMachine() {
        return true;
    }

    @Override
    public void migrate() {
        Flyway.configure(EmbeddedDatabase.class.getClassLoader()).dataSource(url, USER, "").locations("classpath:db/migration").load().migrate();
    }
}
