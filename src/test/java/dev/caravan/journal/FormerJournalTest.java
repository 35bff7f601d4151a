package dev.caravan.journal;

import static dev.caravan.journal.Records.note;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.caravan.history.Event;
import dev.caravan.history.EventJson;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Journals in H2, as real earlier versions left them after rehearsals, each with the runs and events that such a version lists of it.
 * {@code killed}: the process was killed during its third run, and the database's file has nothing of that run, which is in the redo log
 * alone. {@code early}: of a version without a password and with tables of version 3.
 */
class FormerJournalTest {
    private static final String HOST = "203.0.113.11";

    @TempDir
    private Path data;

    private void unpack(String name) throws IOException {
        try (InputStream file = FormerJournalTest.class.getResourceAsStream(name + ".zip"); ZipInputStream zip = new ZipInputStream(file)) {
            for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
                Files.write(data.resolve(entry.getName()), zip.readAllBytes());
            }
        }
    }

    private Journal open() {
        return Journal.open(JournalPlace.in(data));
    }

    /** When a run began is in its events; the version that listed them did not say it of runs. */
    private void assertWhole(Journal journal) throws IOException {
        List<RunRecord> runs = journal.runs(100);
        assertThat(runs).extracting(run -> RunRecordJson.tree(run).without("startedAt").toString())
                .isEqualTo(Files.readAllLines(data.resolve("runs.json")));
        List<Event> events = new ArrayList<>();
        for (int oldestFirst = runs.size() - 1; oldestFirst >= 0; oldestFirst--) {
            events.addAll(journal.events(runs.get(oldestFirst).id(), 0));
        }
        assertThat(events).isEqualTo(Files.readAllLines(data.resolve("events.json")).stream().map(EventJson::read).toList());
    }

    private List<String> names() throws IOException {
        try (Stream<Path> files = Files.list(data)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"killed", "early"})
    void allOfItIsThereAfterTheFirstStartAndTheNext(String name) throws IOException {
        unpack(name);
        Path file = data.resolve("journal.mv.db");
        for (int start = 0; start < 2; start++) {
            try (Journal journal = open()) {
                assertWhole(journal);
                assertThat(file).doesNotExist();
            }
        }
        assertThat(names()).contains("journal.db", "journal-h2.mv.db").noneMatch(each -> each.contains("moving") || each.contains("redo"));
    }

    /** The state of the run, what it found, which only the key opens, and its claims, which are free. */
    @Test
    void aRunThatWasKilledCanBeResumedAndRolledBack() throws IOException {
        unpack("killed");
        try (Journal journal = open()) {
            RunRecord killed = journal.orphans().get(0);
            assertThat(journal.orphans()).hasSize(1);
            assertThat(journal.claim(killed.id(), List.of("cluster/demo", "host/" + HOST))).isEmpty();
            int events = journal.events(killed.id(), 0).size();
            assertThat(note(journal, killed.id(), "goes on").seq()).isEqualTo(events + 1L);
            List<Found> found = journal.found("demo", HOST);
            assertThat(found).extracting(Found::run).contains(killed.id()).doesNotContain("fc5ab952");
            assertThat(found).extracting(Found::line).allSatisfy(line -> assertThat(line).contains("\t"));
            long last = found.get(found.size() - 1).id();
            journal.keepFound(killed.id(), "h1", HOST, "step", "file\t/x\tabsent");
            List<Found> more = journal.found("demo", HOST);
            assertThat(more.get(more.size() - 1).id()).isGreaterThan(last);
            journal.markRolledBack(more);
            assertThat(journal.found("demo", HOST)).isEmpty();
        }
    }

    @Test
    void whatACrashLeftHalfMovedIsMovedAgain() throws IOException {
        unpack("killed");
        open().close();
        Files.delete(data.resolve("journal.db"));
        for (String left : List.of("journal.moving", "journal.moving-wal", "journal.moving.mv.db")) {
            Files.writeString(data.resolve(left), "half of it");
        }
        try (Journal journal = open()) {
            assertWhole(journal);
        }
        assertThat(names()).noneMatch(each -> each.contains("moving"));
    }

    /** An earlier version locks the file as long as it has it open. */
    @Test
    void nothingIsMovedWhileAnEarlierVersionHasItOpen() throws Exception {
        unpack("killed");
        byte[] before = Files.readAllBytes(data.resolve("journal.mv.db"));
        Process other = JournalProcess.start(Locking.class, data, data.resolve("output"));
        try {
            JournalProcess.awaitOutput(other, data.resolve("output"));
            assertThatThrownBy(this::open).isInstanceOf(JournalException.class)
                    .hasMessageContaining("an earlier version of Caravan works with it: end that one");
            assertThat(Files.readAllBytes(data.resolve("journal.mv.db"))).isEqualTo(before);
            assertThat(names()).contains("journal.redo", "journal.lock.db").doesNotContain("journal.db");
        } finally {
            other.destroyForcibly().waitFor();
        }
        try (Journal journal = open()) {
            assertWhole(journal);
        }
    }

    /** Locks a file until it is killed. */
    static final class Locking {
        private Locking() {}

        public static void main(String[] arguments) throws Exception {
            try (FileChannel file = FileChannel.open(Path.of(arguments[0], "journal.mv.db"), StandardOpenOption.WRITE);
                    FileLock lock = file.lock()) {
                System.out.println(lock.isValid());
                Thread.sleep(Long.MAX_VALUE);
            }
        }
    }

    @Test
    void processesThatStartAtOnceAllReadIt() throws Exception {
        unpack("killed");
        List<Process> reading = new ArrayList<>();
        for (int number = 0; number < 3; number++) {
            reading.add(JournalProcess.start(Counting.class, data, data.resolve("output" + number)));
        }
        for (int number = 0; number < 3; number++) {
            JournalProcess.awaitEnd(reading.get(number), data.resolve("output" + number));
            assertThat(data.resolve("output" + number)).hasContent("3 runs");
        }
    }

    /** Opens the journal and says how many runs it has. */
    static final class Counting {
        private Counting() {}

        public static void main(String[] arguments) {
            try (Journal journal = Journal.open(JournalPlace.in(Path.of(arguments[0])))) {
                System.out.println(journal.runs(100).size() + " runs");
            }
        }
    }

    @Test
    void anEarlierVersionThatWasUsedAgainAfterwardsIsNotOverlooked() throws IOException {
        unpack("killed");
        open().close();
        Files.copy(data.resolve("journal-h2.mv.db"), data.resolve("journal.mv.db"));
        assertThatThrownBy(this::open).isInstanceOf(JournalException.class)
                .hasMessageContaining("has worked with this data directory after a newer one")
                .hasMessageContaining("move one of both journals to another directory");
        Files.delete(data.resolve("journal.mv.db"));
        try (Journal journal = open()) {
            assertWhole(journal);
        }
    }

    @Test
    void aWrongPasswordIsSaidAndLosesNothing() throws IOException {
        unpack("killed");
        Path password = data.resolve("journal.password");
        String right = Files.readString(password);
        Files.writeString(password, "0".repeat(64));
        assertThatThrownBy(this::open).isInstanceOf(JournalException.class).hasMessageContaining("put back the file that was there");
        Files.writeString(password, right);
        try (Journal journal = open()) {
            assertWhole(journal);
        }
    }
}
