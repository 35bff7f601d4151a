package dev.caravan.journal;

import static dev.caravan.journal.Records.note;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.caravan.history.Event;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The embedded journal on a disk that loses its power, is full or fails. SQLite is native code: a library that is preloaded into a
 * process that writes a journal records what it does to the disk.
 */
@EnabledIf(value = "canCompile", disabledReason = "there is no C compiler here for Linux (Debian: apt-get install gcc libc6-dev)")
class PowerCutTest {
    private static final int CUTS = Integer.getInteger("cuts", 15);
    private static final long SEED = Long.getLong("seed", 1);
    private static final int ENTRIES = 120;
    private static final String ACKNOWLEDGED = "acknowledged";

    @TempDir
    private Path directory;
    private Path data;
    private Path record;
    private Map<String, String> environment;

    static boolean canCompile() {
        return System.getProperty("os.name").equals("Linux")
                && Stream.of(System.getenv("PATH").split(":")).anyMatch(path -> Files.isExecutable(Path.of(path, "cc")));
    }

    @BeforeEach
    void compile() throws Exception {
        Path source = directory.resolve("recorded-disk.c");
        Path library = directory.resolve("recorded-disk.so");
        try (InputStream file = PowerCutTest.class.getResourceAsStream("recorded-disk.c")) {
            Files.copy(file, source);
        }
        Process compiler = new ProcessBuilder("cc", "-O1", "-shared", "-fPIC", "-o", library.toString(), source.toString(), "-lpthread")
                .redirectErrorStream(true).start();
        String said = new String(compiler.getInputStream().readAllBytes(), UTF_8);
        assertThat(compiler.waitFor()).as(said).isZero();
        data = Files.createDirectory(directory.resolve("data"));
        record = directory.resolve("record");
        environment = Map.of("LD_PRELOAD", library.toString(), "RECORDED_DIRECTORY", data.toString(), "RECORD", record.toString());
    }

    /** Two processes with three threads each write into one journal, which is brought into its file meanwhile. */
    @ParameterizedTest(name = "some of it is left: {0}")
    @ValueSource(booleans = {false, true})
    void whatWasAcknowledgedIsThereAfterAPowerCut(boolean someIsLeft) throws Exception {
        List<Process> writing = new ArrayList<>();
        for (int number = 0; number < 2; number++) {
            writing.add(JournalProcess.start(Writing.class, data, directory.resolve("output" + number), environment));
        }
        for (int number = 0; number < 2; number++) {
            JournalProcess.awaitEnd(writing.get(number), directory.resolve("output" + number));
        }
        RecordedDisk disk = RecordedDisk.of(record);
        assertThat(disk.forced("journal.db")).as("else the log was never brought into the file").isGreaterThan(1);
        Random random = new Random(SEED);
        int[] cuts = IntStream.concat(random.ints(CUTS, 0, disk.size()), IntStream.of(disk.size())).distinct().sorted().toArray();
        int checked = 0;
        for (int cut : cuts) {
            disk.runTo(cut);
            Path left = directory.resolve("cut" + cut);
            disk.cutInto(left, someIsLeft ? random : null);
            Files.deleteIfExists(left.resolve(ACKNOWLEDGED));
            if (Files.exists(data.resolve("key"))) {
                Files.copy(data.resolve("key"), left.resolve("key"));
            }
            checked = check(left, new String(disk.read(ACKNOWLEDGED), UTF_8), "cut " + cut + " of " + disk.size());
        }
        assertThat(checked).isEqualTo(6 * ENTRIES * 4 / 5);
    }

    /** The number of acknowledged entries, all of which are there. */
    private static int check(Path left, String acknowledged, String when) {
        Map<String, List<String>> byRun = new TreeMap<>();
        for (String line : acknowledged.substring(0, acknowledged.lastIndexOf('\n') + 1).lines().toList()) {
            String[] parts = line.split(" ", 2);
            byRun.computeIfAbsent(parts[0], any -> new ArrayList<>()).add(parts[1]);
        }
        int entries = 0;
        try (Journal journal = Journal.open(JournalPlace.in(left))) {
            for (Map.Entry<String, List<String>> run : byRun.entrySet()) {
                List<Event> events = journal.events(run.getKey(), 0);
                assertThat(events).as(when).extracting(Event::seq)
                        .isEqualTo(LongStream.rangeClosed(1, events.size()).boxed().toList());
                List<String> there = new ArrayList<>(events.stream().map(event -> "event " + event.seq()).toList());
                journal.found("demo", run.getKey()).forEach(found -> there.add("found " + found.line().substring(0, 30).strip()));
                assertThat(there).as(when + ", " + run.getKey()).containsAll(run.getValue());
                entries += run.getValue().size();
                assertThat(note(journal, run.getKey(), "goes on").seq()).isEqualTo(events.size() + 1L);
            }
        }
        return entries;
    }

    /** Writes entries of all kinds, and each that was acknowledged into a file of the same disk. It ends without closing anything. */
    static final class Writing {
        private Writing() {}

        public static void main(String[] arguments) throws InterruptedException {
            Path data = Path.of(arguments[0]);
            Journal journal = Journal.open(JournalPlace.in(data));
            List<Thread> writers = new ArrayList<>();
            for (int number = 0; number < 3; number++) {
                String run = ProcessHandle.current().pid() + "-" + number;
                writers.add(new Thread(() -> write(journal, run, data.resolve(ACKNOWLEDGED))));
            }
            writers.forEach(Thread::start);
            for (Thread writer : writers) {
                writer.join();
            }
            Runtime.getRuntime().halt(0);
        }

        private static void write(Journal journal, String run, Path acknowledged) {
            journal.begin(Records.run(run));
            for (int number = 0; number < ENTRIES; number++) {
                switch (number % 5) {
                    case 1 -> {
                        String line = String.format("%-30s", number) + "content ".repeat(number % 200);
                        journal.keepFound(run, "h1", run, "step", line);
                        say(acknowledged, run + " found " + number);
                    }
                    case 2 -> Records.progress(journal, run, "progress " + number);
                    default -> say(acknowledged, run + " event " + note(journal, run, "x".repeat(number * 37 % 3000)).seq());
                }
            }
        }

        private static void say(Path acknowledged, String line) {
            try {
                Files.writeString(acknowledged, line + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
            } catch (IOException e) {
                throw new IllegalStateException(e);
            }
        }
    }

    @Test
    void aDiskThatIsFullIsSaidAndTheJournalWorksOnceThereIsRoom() throws Exception {
        Process process = JournalProcess.start(Full.class, data, directory.resolve("output"), environment);
        JournalProcess.awaitEnd(process, directory.resolve("output"));
    }

    static final class Full {
        private Full() {}

        public static void main(String[] arguments) throws Exception {
            Path data = Path.of(arguments[0]);
            Path full = Path.of(System.getenv("RECORD") + ".full");
            Journal journal = Journal.open(JournalPlace.in(data));
            journal.begin(Records.run("a"));
            note(journal, "a", "before");
            Files.createFile(full);
            for (int i = 0; i < 3; i++) {
                assertThatThrownBy(() -> note(journal, "a", "while it is full " + "x".repeat(100_000)))
                        .isInstanceOf(JournalException.class).hasMessageContaining("no space left on the device")
                        .hasMessageContaining(data.toString());
            }
            Files.delete(full);
            assertThat(note(journal, "a", "after").seq()).isEqualTo(2);
            assertThat(journal.events("a", 0)).extracting(Event::message).containsExactly("before", "after");
            journal.close();
            try (Journal again = Journal.open(JournalPlace.in(data))) {
                assertThat(again.events("a", 0)).extracting(Event::message).containsExactly("before", "after");
            }
        }
    }

    /** What was not acknowledged may be there all the same, but once. */
    @Test
    void aDiskThatFailsForAWhileLosesAndDoublesNothing() throws Exception {
        Process process = JournalProcess.start(Failing.class, data, directory.resolve("output"), environment);
        JournalProcess.awaitEnd(process, directory.resolve("output"));
    }

    static final class Failing {
        private static final Timing AT_ONCE = new Timing(Duration.ZERO, Duration.ofSeconds(5), Duration.ofSeconds(60));

        private Failing() {}

        public static void main(String[] arguments) throws Exception {
            Path data = Path.of(arguments[0]);
            Path broken = Path.of(System.getenv("RECORD") + ".broken");
            try (Journal patient = Journal.open(JournalPlace.in(data))) {
                patient.begin(Records.run("a"));
                note(patient, "a", "before");
                Files.createFile(broken);
                Thread repair = new Thread(() -> {
                    try {
                        TimeUnit.SECONDS.sleep(1);
                        Files.delete(broken);
                    } catch (IOException | InterruptedException e) {
                        throw new IllegalStateException(e);
                    }
                });
                repair.start();
                note(patient, "a", "waits for the disk");
                repair.join();
            }
            try (Journal hasty = JdbcJournal.open(JournalPlace.in(data), new SqliteDatabase(data), AT_ONCE)) {
                Files.createFile(broken);
                for (int i = 0; i < 3; i++) {
                    String message = "lost " + i;
                    assertThatThrownBy(() -> note(hasty, "a", message)).isInstanceOf(JournalException.class)
                            .hasMessageContaining("was lost and did not come back");
                }
                Files.delete(broken);
                await().untilAsserted(() -> note(hasty, "a", "after"));
                assertThat(hasty.events("a", 0)).extracting(Event::message).startsWith("before", "waits for the disk").endsWith("after")
                        .doesNotHaveDuplicates();
                assertThat(hasty.events("a", 0)).extracting(Event::seq)
                        .isEqualTo(LongStream.rangeClosed(1, hasty.events("a", 0).size()).boxed().toList());
            }
        }
    }

    @Test
    void progressWaitsForNoDiskAndADurableEntryForOne() throws Exception {
        Process process = JournalProcess.start(Loose.class, data, directory.resolve("output"), environment);
        JournalProcess.awaitEnd(process, directory.resolve("output"));
    }

    static final class Loose {
        private Loose() {}

        public static void main(String[] arguments) throws Exception {
            Path record = Path.of(System.getenv("RECORD"));
            try (Journal journal = JdbcJournal.open(JournalPlace.in(Path.of(arguments[0])), new SqliteDatabase(Path.of(arguments[0])),
                    new Timing(Duration.ofSeconds(30), Duration.ofHours(1), Duration.ofHours(2)))) {
                journal.begin(Records.run("a"));
                int before = RecordedDisk.of(record).forced("journal.db-wal");
                for (int i = 0; i < 20; i++) {
                    Records.progress(journal, "a", "loose");
                }
                assertThat(RecordedDisk.of(record).forced("journal.db-wal")).isEqualTo(before);
                note(journal, "a", "durable");
                assertThat(RecordedDisk.of(record).forced("journal.db-wal")).isEqualTo(before + 1);
            }
        }
    }
}
