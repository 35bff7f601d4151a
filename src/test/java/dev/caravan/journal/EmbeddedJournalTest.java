package dev.caravan.journal;

import static dev.caravan.journal.Records.note;
import static dev.caravan.journal.Records.run;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.caravan.data.Trees;
import dev.caravan.history.Event;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The journal under a data directory, and what processes that share one see. */
class EmbeddedJournalTest extends JournalContract {
    @Override
    JournalPlace place() {
        return JournalPlace.in(data);
    }

    @Override
    Database database() {
        return new EmbeddedDatabase(data);
    }

    @Test
    void saysWhyItCannotBeOpened() throws Exception {
        Path file = Files.writeString(data.resolve("file"), "");

        assertThatThrownBy(() -> Journal.open(JournalPlace.in(file.resolve("below")))).isInstanceOf(JournalException.class)
                .hasMessageContaining("file");
    }

    @Test
    void whatWasFoundCannotBeReadFromTheFiles() throws IOException {
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

    private List<Path> filesWith(String text) throws IOException {
        List<Path> with = new ArrayList<>();
        try (Stream<Path> files = Files.walk(data)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                if (Files.readString(file, StandardCharsets.ISO_8859_1).contains(text)) {
                    with.add(file);
                }
            }
        }
        return with;
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

        try (Stream<Path> files = Files.list(data)) {
            assertThat(files.filter(Files::isRegularFile).toList()).extracting(file -> file.getFileName() + " " + mode(file))
                    .containsExactlyInAnyOrder(
                    "journal.mv.db rw-------", "journal.redo rw-------", "journal.lock.db rw-------", "journal.password rw-------",
                    "journal.turn rw-------", "key rw-------");
        }
        journal.close();
        for (String name : List.of("journal.mv.db", "journal.redo")) {
            Files.setPosixFilePermissions(data.resolve(name), PosixFilePermissions.fromString("rw-r--r--"));
        }
        open();
        assertThat(List.of(mode(data.resolve("journal.mv.db")), mode(data.resolve("journal.redo")))).containsOnly("rw-------");
    }

    /** The thread of H2 that watches over the lock file has no pause of its own then. */
    @Test
    void aDataDirectoryThatIsGoneCostsNoCpu() throws Exception {
        Path gone = Files.createDirectories(data.resolve("gone"));
        Journal left = Journal.open(JournalPlace.in(gone));
        Thread watchdog = Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().startsWith("H2 File Lock Watchdog") && thread.getName().contains(gone + "/"))
                .findFirst().orElseThrow();
        try {
            Trees.delete(gone);
            await().atMost(Duration.ofSeconds(30)).until(() -> Stream.of(watchdog.getStackTrace())
                    .anyMatch(frame -> frame.getClassName().equals(PowerSafeFiles.class.getName())
                            && frame.getMethodName().equals("pause")));
        } finally {
            left.close();
        }
    }

    @Tag("long")
    @Test
    void aFileThatStaysOpenGivesBackWhatIsNeededNoMore() throws IOException {
        journal.begin(run("a"));
        for (int entry = 0; entry < 400; entry++) {
            note(journal, "a", "early");
        }
        long before = Files.size(data.resolve("journal.mv.db"));

        // Each entry is some KiB of new pages, and leaves nearly as much.
        await().atMost(Duration.ofSeconds(90)).pollInterval(Duration.ofSeconds(1)).until(() -> {
            for (int entry = 0; entry < 20; entry++) {
                note(journal, "a", "late");
            }
            return Files.size(data.resolve("journal.mv.db")) < before * 4 / 5;
        });
    }

    private static String mode(Path file) {
        try {
            return PosixFilePermissions.toString(Files.getPosixFilePermissions(file));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** As earlier versions made it; or the process was killed when it had written the file and not told the database. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aJournalWithoutAPasswordGetsOneAndKeepsWhatItHas(boolean killedInBetween) throws Exception {
        journal.begin(run("a"));
        note(journal, "a", "from before");
        journal.close();
        try (Connection connection = connect(password()); Statement statement = connection.createStatement()) {
            statement.execute("alter user caravan set password ''");
        }
        if (!killedInBetween) {
            Files.delete(data.resolve("journal.password"));
        }
        open();

        assertThat(journal.events("a", 0)).extracting(Event::message).containsExactly("from before");
        assertThatThrownBy(() -> connect("")).isInstanceOf(SQLException.class).hasMessageContaining("Wrong user name or password");
        connect(password()).close();
    }

    @Test
    void aJournalWhosePasswordIsLostSaysWhatToPutBack() throws Exception {
        journal.close();
        Path file = data.resolve("journal.password");
        String right = Files.readString(file);
        Files.delete(file);
        assertThatThrownBy(this::open).isInstanceOf(JournalException.class).hasMessageContaining("put back " + file);
        assertThat(file).as("one that opens nothing").doesNotExist();
        Files.writeString(file, "0".repeat(64));
        assertThatThrownBy(this::open).isInstanceOf(JournalException.class).hasMessageContaining("is not the one in " + file);
        Files.writeString(file, right);
        open();
    }

    private String password() throws IOException {
        return Files.readString(data.resolve("journal.password")).strip();
    }

    private Connection connect(String password) throws SQLException {
        return DriverManager.getConnection("jdbc:h2:powersafe:" + data.toAbsolutePath().resolve("journal") + ";AUTO_SERVER=TRUE",
                "caravan", password);
    }

    // ---- several processes

    /** {@code caravan status} beside {@code caravan serve}: another process reads and writes through this one. */
    @Test
    void anotherProcessReadsWhileThisOneHasItOpen() throws Exception {
        journal.begin(run("a"));
        note(journal, "a", "from the first process");
        Path output = data.resolve("output");
        Process other = start(OtherProcess.class, output);

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
            reading.put(output, start(ReadingProcess.class, output));
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
            Process writing = start(WritingProcess.class, output);
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

    /** The other way round: the process that has the file is killed, and those that go through it take it over. */
    @Test
    void aWriterGoesOnWhenTheProcessThatHasTheFileIsKilled() throws Exception {
        journal.close();
        Path output = data.resolve("output");
        Process first = start(WritingProcess.class, output);
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

    private Process start(Class<?> main, Path output) throws IOException {
        String classPath = System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
        return new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC", "-Xshare:auto",
                "-Dlogback.configurationFile=logback-file.xml",
                "-Dcaravan.log=" + data.resolve("child.log"), "-cp", classPath, main.getName(), data.toString())
                .redirectErrorStream(true).redirectOutput(output.toFile()).start();
    }
}
