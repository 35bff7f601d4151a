package dev.caravan.journal;

import dev.caravan.data.PrivateFiles;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.h2.api.ErrorCode;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A journal that earlier versions kept in H2. It is moved as follows:
 * <ol>
 *   <li>its file is locked, so that no earlier version opens it; one that has it open holds the same lock, and then nothing is moved;
 *   <li>what its redo log holds is written to it, and it gets the name under which it is kept;
 *   <li>a copy of it is brought to the newest tables, and these are copied into a new file for SQLite;
 *   <li>that file gets the journal's name.
 * </ol>
 * After a crash it goes on from the second step or from the third one. Who opened a journal and who claimed what is not moved: none of
 * these engines is there any more.
 */
final class FormerJournal {
    private static final Logger LOG = LoggerFactory.getLogger(FormerJournal.class);
    private static final String USER = "caravan";
    private static final int AT_ONCE = 500;

    private final Path file;
    private final Path log;
    private final Path password;
    private final Path turn;
    private final Path kept;
    private final Path copy;
    private final Path made;

    FormerJournal(Path data) {
        Path directory = data.toAbsolutePath();
        this.file = directory.resolve("journal.mv.db");
        this.log = directory.resolve("journal.redo");
        this.password = directory.resolve("journal.password");
        this.turn = directory.resolve("journal.turn");
        this.kept = directory.resolve("journal-h2.mv.db");
        this.copy = directory.resolve("journal.moving.mv.db");
        this.made = directory.resolve("journal.moving");
    }

    /** @param journal the file for SQLite */
    boolean isThere(Path journal) {
        return Files.exists(file) || Files.exists(kept) && !Files.exists(journal);
    }

    /**
     * Moves all that it holds. Processes that do so at the same time do it one after the other.
     *
     * @throws JournalException if an earlier version has it open, or if it cannot be moved; then it is as it was
     */
    void moveTo(Path journal) throws IOException {
        synchronized (FormerJournal.class) {
            PrivateFiles.make(turn);
            // Earlier versions take the same turn before they open their file.
            try (FileChannel mine = FileChannel.open(turn, StandardOpenOption.WRITE)) {
                mine.lock();
                if (isThere(journal)) {
                    move(journal);
                }
            }
        }
    }

    private void move(Path journal) throws IOException {
        if (Files.exists(file) && (Files.exists(journal) || Files.exists(kept))) {
            throw new JournalException("an earlier version of Caravan has worked with this data directory after a newer one. It wrote a "
                    + "journal of its own, " + file + ": move one of both journals to another directory", null);
        }
        try (FileChannel former = FileChannel.open(Files.exists(file) ? file : kept, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            requireLock(former);
            if (Files.exists(file)) {
                takeOver(former);
            }
            copyTo(journal);
        } catch (SQLException e) {
            throw new JournalException("the journal of an earlier version, " + kept + ", cannot be moved: " + e.getMessage(), e);
        }
    }

    private void requireLock(FileChannel former) throws IOException {
        FileLock lock = null;
        try {
            lock = former.tryLock();
        } catch (OverlappingFileLockException e) {
            LOG.debug("this process has it open", e);
        }
        if (lock == null) {
            throw new JournalException("an earlier version of Caravan works with it: end that one, and start this one again", null);
        }
    }

    /** From here on no earlier version can open it. */
    private void takeOver(FileChannel former) throws IOException {
        for (Path one : List.of(file, log, password)) {
            PrivateFiles.requireOwn(one);
        }
        if (Files.exists(log)) {
            FormerRedoLog.replay(log, former);
        }
        Files.deleteIfExists(log);
        Files.deleteIfExists(file.resolveSibling("journal.lock.db"));
        Files.move(file, kept, StandardCopyOption.ATOMIC_MOVE);
        force(kept.getParent());
    }

    private void copyTo(Path journal) throws IOException, SQLException {
        deleteWhatIsHalfDone();
        PrivateFiles.make(copy);
        Files.copy(kept, copy, StandardCopyOption.REPLACE_EXISTING);
        PrivateFiles.make(copy);
        PrivateFiles.make(made);
        String word = login();
        try (Connection from = connect(word); Connection to = SqliteDatabase.open(made)) {
            Database.migrate(url(), USER, word);
            to.setAutoCommit(false);
            SqliteTables.update(to);
            List<String> rows = new ArrayList<>();
            for (String table : List.of("run", "event", "found", "request_key", "deleted_run")) {
                rows.add(FormerTable.copy(table, from, to, AT_ONCE) + " of " + table);
            }
            to.commit();
            LOG.info("moved the journal from H2 to SQLite: {}; {} is kept as it was, and is needed no more", String.join(", ", rows), kept);
        }
        // Closed, so that nothing of it is in a log of its own.
        try (FileChannel channel = FileChannel.open(made, StandardOpenOption.WRITE)) {
            channel.force(true);
        }
        Files.move(made, journal, StandardCopyOption.ATOMIC_MOVE);
        force(journal.getParent());
        deleteWhatIsHalfDone();
    }

    private void deleteWhatIsHalfDone() throws IOException {
        try (Stream<Path> files = Files.list(kept.getParent())) {
            for (Path each : files.filter(each -> each.getFileName().toString().startsWith("journal.moving")).toList()) {
                Files.delete(each);
            }
        }
    }

    private String url() {
        String path = copy.toString();
        return "jdbc:h2:file:" + path.substring(0, path.length() - ".mv.db".length())
                + ";TRACE_LEVEL_FILE=0;TRACE_LEVEL_SYSTEM_OUT=0;LAZY_QUERY_EXECUTION=1";
    }

    private Connection connect(String word) throws SQLException {
        return DriverManager.getConnection(url(), USER, word);
    }

    /** Early versions had no password, and one that was killed may have written the file and not told the database. */
    private String login() throws IOException, SQLException {
        String word = Files.exists(password) ? Files.readString(password, StandardCharsets.US_ASCII).strip() : "";
        for (String one : List.of(word, "")) {
            try (Connection connection = connect(one)) {
                return one;
            } catch (SQLException e) {
                if (e.getErrorCode() != ErrorCode.WRONG_USER_OR_PASSWORD) {
                    throw e;
                }
            }
        }
        throw new JournalException("the journal of an earlier version, " + kept + ", has another password than the one in " + password
                + ": put back the file that was there", null);
    }

    private static void force(Path directory) throws IOException {
        try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }
}
