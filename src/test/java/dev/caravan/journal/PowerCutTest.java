package dev.caravan.journal;

import static dev.caravan.journal.Records.note;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.caravan.history.Event;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The embedded journal on a disk that loses its power, or is full. */
class PowerCutTest {
    private static final int CUTS = Integer.getInteger("cuts", 25);
    private static final long SEED = Long.getLong("seed", 1);
    private static final Timing AT_ONCE = new Timing(Duration.ZERO, Duration.ofSeconds(5), Duration.ofSeconds(60));
    /** Space is used again as soon as H2 ever does: usually that takes seconds. */
    private static final String EAGER = ";RETENTION_TIME=0";
    /** And looked for all the time: every tenth of a second. */
    private static final String RESTLESS = EAGER + ";WRITE_DELAY=300";
    /** As good as never. */
    private static final String CALM = EAGER + ";WRITE_DELAY=" + Integer.MAX_VALUE;

    @TempDir
    private Path directory;

    @BeforeEach
    void plugIn() {
        FaultyDisk.plugIn();
    }

    private static Journal open(Path data, String settings) {
        return JdbcJournal.open(JournalPlace.in(data), new EmbeddedDatabase(data, "faulty:", settings), AT_ONCE);
    }

    @Test
    void whatWasAcknowledgedIsThereAfterAPowerCutThatLosesAllThatWasNotForced() throws Exception {
        cutAgainAndAgain(new Random(SEED), false);
    }

    @Test
    void whatWasAcknowledgedIsThereAfterAPowerCutThatLosesAnyPartOfWhatWasNotForced() throws Exception {
        cutAgainAndAgain(new Random(SEED), true);
    }

    /** One journal goes through all cuts: each round continues from what the last one left. */
    private void cutAgainAndAgain(Random random, boolean someIsLeft) throws Exception {
        Path data = directory.resolve("0");
        Acknowledged acknowledged = new Acknowledged();
        for (int cut = 1; cut <= CUTS; cut++) {
            FaultyDisk.plugIn();
            writeUntilCut(data, "run" + cut, random.nextInt(120), acknowledged);
            Path left = directory.resolve(Integer.toString(cut));
            FaultyDisk.restoreTo(left, someIsLeft ? random : null);
            for (String name : List.of("key", "journal.password")) {
                if (Files.exists(data.resolve(name))) {
                    Files.copy(data.resolve(name), left.resolve(name));
                }
            }
            FaultyDisk.plugIn();
            try (Journal journal = open(left, RESTLESS)) {
                acknowledged.check(journal, "cut " + cut, cut == CUTS ? "run" : "run" + cut + "-");
            }
            data = left;
        }
    }

    private static void writeUntilCut(Path data, String run, int operations, Acknowledged acknowledged) throws InterruptedException {
        try (Journal journal = open(data, RESTLESS)) {
            List<Thread> writers = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                String own = run + "-" + i;
                Thread writer = new Thread(() -> {
                    try {
                        acknowledged.begin(journal, own);
                        for (int number = 0; !FaultyDisk.isOff(); number++) {
                            acknowledged.append(journal, own, number);
                        }
                    } catch (JournalException e) {
                        assertThat(FaultyDisk.isOff()).as("failed without a cause: " + e).isTrue();
                    }
                });
                writers.add(writer);
            }
            FaultyDisk.cutAfter(operations);
            writers.forEach(Thread::start);
            for (Thread writer : writers) {
                writer.join();
            }
        } catch (JournalException e) {
            assertThat(FaultyDisk.isOff()).as("failed without a cause: " + e).isTrue();
        }
    }

    /** What the journal said is kept. */
    private static final class Acknowledged {
        private final Map<String, List<Event>> events = new ConcurrentHashMap<>();
        private final Map<String, List<String>> found = new ConcurrentHashMap<>();

        void begin(Journal journal, String run) {
            journal.begin(Records.run(run));
            events.put(run, Collections.synchronizedList(new ArrayList<>()));
            found.put(run, Collections.synchronizedList(new ArrayList<>()));
        }

        void append(Journal journal, String run, int number) {
            if (number % 5 == 1) {
                String line = "file\t/etc/x" + number + "\t" + "content ".repeat(number % 200);
                journal.keepFound(run, "h1", run, "step", line);
                found.get(run).add(line);
            } else if (number % 5 == 2) {
                Records.progress(journal, run, "progress " + number);
            } else {
                events.get(run).add(note(journal, run, "note " + number + " " + "x".repeat(number * 37 % 3000)));
            }
        }

        void check(Journal journal, String when, String runs) {
            events.forEach((run, acknowledged) -> {
                if (!run.startsWith(runs)) {
                    return;
                }
                assertThat(journal.run(run)).as(when + ": run " + run).isPresent();
                List<Event> there = journal.events(run, 0);
                assertThat(there.containsAll(acknowledged)).as(when + ": events of " + run).isTrue();
                assertThat(there).extracting(Event::seq).as(when + ": numbers of " + run)
                        .isEqualTo(LongStream.rangeClosed(1, there.size()).boxed().toList());
                List<String> kept = found.get(run);
                assertThat(journal.found("demo", run).stream().map(Found::line).limit(kept.size()).toList()).as(when + ": found in " + run)
                        .isEqualTo(kept);
                Event next = note(journal, run, "goes on");
                assertThat(next.seq()).isEqualTo(there.size() + 1L);
                acknowledged.add(next);
            });
        }
    }

    @Test
    void aDiskThatIsFullIsSaidAndTheJournalWorksOnceThereIsRoom() {
        try (Journal journal = open(directory, CALM)) {
            journal.begin(Records.run("a"));
            List<Event> kept = new ArrayList<>(List.of(note(journal, "a", "before")));
            FaultyDisk.fill(true);
            for (int i = 0; i < 3; i++) {
                assertThatThrownBy(() -> note(journal, "a", "while it is full")).isInstanceOf(JournalException.class)
                        .hasMessageContaining("no space left on the device").hasMessageContaining(directory.toString());
            }
            FaultyDisk.fill(false);
            kept.add(note(journal, "a", "after"));
            assertThat(journal.events("a", 0)).containsAll(kept).extracting(Event::seq).doesNotHaveDuplicates();
            assertThat(kept.get(1).seq()).isEqualTo(journal.events("a", 0).size());
        }
        try (Journal journal = open(directory, CALM)) {
            assertThat(journal.events("a", 0)).extracting(Event::message).startsWith("before").endsWith("after");
        }
    }

    /** What could not be forced may be there all the same, but once. */
    @Test
    void aDiskThatFailsForAWhileDoublesNothing() throws Exception {
        try (Journal journal = open(directory, CALM)) {
            journal.begin(Records.run("a"));
            FaultyDisk.cutAfter(0);
            ExecutorService threads = Executors.newFixedThreadPool(20);
            List<Callable<Event>> appends = IntStream.range(0, 20)
                    .<Callable<Event>>mapToObj(i -> () -> note(journal, "a", "lost " + i)).toList();
            for (Future<Event> append : threads.invokeAll(appends)) {
                assertThatThrownBy(append::get).hasMessageContaining("cannot be forced to the disk");
            }
            threads.shutdown();
            FaultyDisk.repair();
            assertThat(note(journal, "a", "after").seq()).isEqualTo(journal.events("a", 0).size());
            assertThat(journal.events("a", 0)).extracting(Event::message).doesNotHaveDuplicates().endsWith("after");
        }
    }

    @Test
    void whatSeveralThreadsEnterIsForcedOnceForAll() throws Exception {
        try (Journal journal = open(directory, CALM)) {
            journal.begin(Records.run("a"));
            int before = FaultyDisk.forced();
            for (int i = 0; i < 20; i++) {
                Records.progress(journal, "a", "loose");
            }
            assertThat(FaultyDisk.forced()).as("progress waits for no disk").isEqualTo(before);
            note(journal, "a", "durable");
            assertThat(FaultyDisk.forced()).isEqualTo(before + 1);
        }
    }
}
