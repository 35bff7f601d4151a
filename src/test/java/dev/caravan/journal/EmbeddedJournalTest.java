package dev.caravan.journal;

import static dev.caravan.journal.Records.note;
import static dev.caravan.journal.Records.run;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.caravan.history.Event;
import dev.caravan.history.Occurrence.RunEnded;
import dev.caravan.history.RunState;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The journal under a data directory, and what processes that share one see. */
class EmbeddedJournalTest extends JournalContract {
    @Override
    public JournalPlace place() {
        return JournalPlace.in(data);
    }

    @Override
    public Database database() {
        return new SqliteDatabase(data);
    }

    @Test
    void saysWhyItCannotBeOpened() throws Exception {
        Path file = Files.writeString(data.resolve("file"), "");

        assertThatThrownBy(() -> Journal.open(JournalPlace.in(file.resolve("below")))).isInstanceOf(JournalException.class)
                .hasMessageContaining("file");
    }

    @ParameterizedTest
    @ValueSource(strings = {"journal.db", "journal.db-wal", "journal.db-shm"})
    void aLinkInPlaceOfAFileIsNamedAndNotFollowed(String name) throws Exception {
        Path other = Files.createDirectory(data.resolve("other"));
        Path link = Files.createSymbolicLink(other.resolve(name), data.resolve("nothing"));

        assertThatThrownBy(() -> Journal.open(JournalPlace.in(other))).isInstanceOf(JournalException.class)
                .hasMessageContaining(link + " is a symbolic link");
        assertThat(data.resolve("nothing")).doesNotExist();
    }

    @Test
    void whatWasFoundCannotBeReadFromTheFiles() throws Exception {
        journal.begin(run("a"));
        journal.keepFound("a", "h1", "10.0.0.1", "step", "file\t/etc/shadow\tcanary-2718");
        journal.keepKey("a", new RequestKey("request", "canary-2718"));
        assertThat(journal.found("demo", "10.0.0.1")).extracting(Found::line).containsExactly("file\t/etc/shadow\tcanary-2718");
        assertThat(filesWith("canary-2718")).isEmpty();
        journal.close();

        assertThat(filesWith("canary-2718")).isEmpty();
        assertThat(filesWith("10.0.0.1")).as("else this looks at nothing").isNotEmpty();
        open();
    }

    /** Read by another process: if this one closed the database's file, the database would lose its locks. */
    private List<String> filesWith(String text) throws Exception {
        Process grep = new ProcessBuilder("grep", "-rlaF", "--", text, data.toString()).redirectErrorStream(true).start();
        try (BufferedReader lines = grep.inputReader()) {
            return lines.lines().toList();
        }
    }

    @Test
    void aDataDirectoryThatIsMadeIsForItsOwnerOnly() throws IOException {
        Path made = data.resolve("one").resolve("made");
        Journal.open(JournalPlace.in(made)).close();

        assertThat(mode(made)).isEqualTo("rwx------");
    }

    /** A directory that others may enter, as one that was made by hand is. */
    @Test
    void filesAreForTheirOwnerOnlyWhateverTheDirectoryIs() throws IOException {
        journal.begin(run("a"));
        journal.keepFound("a", "h1", "10.0.0.1", "step", "file\t/x\tabsent");

        List<String> names = List.of("journal.db", "journal.db-wal", "journal.db-shm", "key");
        try (Stream<Path> files = Files.list(data)) {
            assertThat(files.filter(Files::isRegularFile).toList()).extracting(file -> file.getFileName() + " " + mode(file))
                    .containsExactlyInAnyOrderElementsOf(names.stream().map(name -> name + " rw-------").toList());
        }
        for (String name : names) {
            Files.setPosixFilePermissions(data.resolve(name), PosixFilePermissions.fromString("rw-r--r--"));
        }
        Journal.open(place()).close();
        assertThat(names.stream().map(name -> mode(data.resolve(name))).toList().subList(0, 3)).containsOnly("rw-------");
    }

    @Test
    void theFileShrinksWhenRunsAreDeleted() throws IOException {
        for (String run : List.of("a", "b")) {
            journal.begin(run(run, run.equals("a") ? Records.AT : Records.AT.plusSeconds(1)));
            note(journal, run, "x".repeat(3 << 20));
            journal.end(run, RunEnded.of(RunState.SUCCEEDED, ""));
        }
        reopen();
        long before = Files.size(data.resolve("journal.db"));

        assertThat(journal.delete("a", new Retention(OptionalInt.of(1), OptionalInt.empty()), Instant.now())).isTrue();
        reopen();
        assertThat(Files.size(data.resolve("journal.db"))).isBetween(3L << 20, before - (3 << 20));
    }

    @Test
    void aJournalOfANewerVersionIsRefused() throws Exception {
        try (Connection connection = database().connect(); Statement statement = connection.createStatement()) {
            statement.execute("pragma user_version = 4711");
            connection.commit();
        }
        assertThatThrownBy(() -> Journal.open(place())).isInstanceOf(JournalException.class)
                .hasMessageContaining("a newer version of Caravan wrote it");
    }

    /** What a name may not do to a URL. */
    @Test
    void theDataDirectoryMayHaveAnyName() {
        Path odd = data.resolve("a b?mode=memory#c%20;\u00e4");
        try (Journal other = Journal.open(JournalPlace.in(odd))) {
            other.begin(run("odd"));
        }
        assertThat(odd.resolve("journal.db")).isNotEmptyFile();
        try (Journal other = Journal.open(JournalPlace.in(odd))) {
            assertThat(other.run("odd")).isPresent();
        }
    }

    private static String mode(Path file) {
        try {
            return PosixFilePermissions.toString(Files.getPosixFilePermissions(file));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    // ---- several processes

    /** {@code caravan status} beside {@code caravan serve}: another process reads and writes as well. */
    @Test
    void anotherProcessReadsWhileThisOneHasItOpen() throws Exception {
        journal.begin(run("a"));
        note(journal, "a", "from the first process");
        Path output = data.resolve("output");
        Process other = JournalProcess.start(OtherProcess.class, data, output);

        assertThat(other.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(other.exitValue()).as(Files.readString(output)).isZero();
        assertThat(output).content().contains("read: from the first process");
        assertThat(journal.run("other")).isPresent();
        assertThat(journal.events("other", 0)).extracting(Event::message).containsExactly("from the second process");
        note(journal, "a", "goes on");
    }

    /** What the second process does. */
    static final class OtherProcess {
        private OtherProcess() {}

        public static void main(String[] arguments) {
            try (Journal journal = Journal.open(JournalPlace.in(Path.of(arguments[0])))) {
                journal.events("a", 0).forEach(event -> System.out.println("read: " + event.message()));
                journal.begin(run("other"));
                note(journal, "other", "from the second process");
            }
        }
    }

    /** Short commands at once, of which each has the file for a moment. */
    @Test
    void manyProcessesThatOpenAndCloseItAtOnceAllReadIt() throws Exception {
        journal.begin(run("a"));
        note(journal, "a", "from before");
        journal.close();
        Map<Path, Process> reading = new LinkedHashMap<>();
        for (int number = 0; number < 4; number++) {
            Path output = data.resolve("output" + number);
            reading.put(output, JournalProcess.start(ReadingProcess.class, data, output));
        }
        for (Map.Entry<Path, Process> each : reading.entrySet()) {
            assertThat(each.getValue().waitFor(180, TimeUnit.SECONDS)).isTrue();
            assertThat(each.getKey()).content().isEqualTo("read: from before\n".repeat(ReadingProcess.ROUNDS));
            assertThat(each.getValue().exitValue()).isZero();
        }
        open();
    }

    /** Opens, reads and closes again and again. */
    static final class ReadingProcess {
        static final int ROUNDS = 4;

        private ReadingProcess() {}

        public static void main(String[] arguments) {
            for (int round = 0; round < ROUNDS; round++) {
                try (Journal journal = Journal.open(JournalPlace.in(Path.of(arguments[0])))) {
                    journal.events("a", 0).forEach(event -> System.out.println("read: " + event.message()));
                }
            }
        }
    }

    @Test
    void aProcessThatIsKilledAsItWritesLosesNothingAndItsRunIsFree() throws Exception {
        journal.close();
        Path output = data.resolve("output");
        for (int round = 1; round <= 2; round++) {
            Process writing = JournalProcess.start(WritingProcess.class, data, output);
            await().atMost(Duration.ofMinutes(1)).until(() -> acknowledged(output).size() >= 200);
            writing.destroyForcibly().waitFor();
            List<Long> acknowledged = acknowledged(output);
            open();

            List<Event> events = journal.events("child", 0);
            assertThat(events).extracting(Event::seq).isEqualTo(LongStream.rangeClosed(1, events.size()).boxed().toList());
            assertThat(events).extracting(Event::seq).containsAll(acknowledged);
            assertThat(journal.orphans()).extracting(RunRecord::id).contains("child");
            assertThat(journal.claim("mine" + round, Set.of("host/1"))).isEmpty();
            note(journal, "child", "goes on");
            journal.close();
        }
        open();
    }

    /** The other way round: a process is killed as it writes, and others that have the file open go on. */
    @Test
    void aWriterContinuesWhenAnotherOneIsKilled() throws Exception {
        journal.close();
        Path output = data.resolve("output");
        Process first = JournalProcess.start(WritingProcess.class, data, output);
        await().atMost(Duration.ofMinutes(1)).until(() -> !acknowledged(output).isEmpty());
        open();
        journal.begin(run("a"));
        List<Event> kept = new ArrayList<>();
        for (int number = 0; number < 300; number++) {
            if (number == 100) {
                first.destroyForcibly();
            }
            kept.add(number % 4 == 0 ? Records.progress(journal, "a", "event " + number) : Records.note(journal, "a", "event " + number));
            if (number % 10 == 0) {
                journal.keepFound("a", "h1", "10.0.0.1", "step", "file\t/x" + number + "\tabsent");
            }
        }

        assertThat(kept).extracting(Event::seq).isEqualTo(LongStream.rangeClosed(1, 300).boxed().toList());
        assertThat(journal.events("a", 0)).isEqualTo(kept);
        assertThat(journal.found("demo", "10.0.0.1")).hasSize(30);
        assertThat(journal.events("child", 0)).extracting(Event::seq).containsAll(acknowledged(output));
    }

    /** Writes until it is killed, and says what was acknowledged. */
    static final class WritingProcess {
        private WritingProcess() {}

        public static void main(String[] arguments) {
            Journal journal = Journal.open(JournalPlace.in(Path.of(arguments[0])));
            if (journal.run("child").isEmpty()) {
                journal.begin(run("child"));
            }
            if (journal.claim("child", Set.of("host/1")).isPresent()) {
                throw new IllegalStateException("the host is not free");
            }
            while (true) {
                System.out.println(note(journal, "child", "x".repeat(300)).seq());
            }
        }
    }

    private static List<Long> acknowledged(Path output) throws IOException {
        String text = Files.exists(output) ? Files.readString(output) : "";
        return text.substring(0, text.lastIndexOf('\n') + 1).lines().map(Long::valueOf).toList();
    }
}
