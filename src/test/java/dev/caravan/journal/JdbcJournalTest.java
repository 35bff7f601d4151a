package dev.caravan.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JdbcJournalTest {
    private static final Instant AT = Instant.parse("2026-11-23T06:00:12.345Z");

    @TempDir
    private Path data;
    private Journal journal;

    @BeforeEach
    void open() {
        journal = Journal.open(JournalPlace.in(data));
    }

    @AfterEach
    void close() {
        journal.close();
    }

    private static RunRecord record(String id, Instant at) {
        return new RunRecord(id, "demo", "apply", "command", false, "spec: ***\n", "/specs", "queued", Optional.empty(), at, Optional.empty());
    }

    private Event note(String run, String message) {
        return journal.append(run, Event.Type.NOTE, null, null, 0, message, Map.of());
    }

    private void reopen() {
        journal.close();
        journal = Journal.open(JournalPlace.in(data));
    }

    @Test
    void numbersTheEventsOfEachRunFromOneWithoutGapsWhoeverAppends() throws Exception {
        journal.begin(record("a", AT));
        journal.begin(record("b", AT));
        List<Long> heard = Collections.synchronizedList(new ArrayList<>());
        journal.listen(event -> {
            if (event.run().equals("a")) {
                heard.add(event.seq());
            }
        });
        ExecutorService threads = Executors.newFixedThreadPool(4);
        List<Callable<Event>> appends = IntStream.range(0, 60).<Callable<Event>>mapToObj(number -> () -> note(number % 3 == 0 ? "b" : "a", "event " + number)).toList();
        for (Future<Event> done : threads.invokeAll(appends)) {
            done.get();
        }
        threads.shutdown();

        assertThat(journal.events("a", 0)).extracting(Event::seq).containsExactlyElementsOf(LongStream.rangeClosed(1, 40).boxed().toList());
        assertThat(journal.events("b", 0)).extracting(Event::seq).containsExactlyElementsOf(LongStream.rangeClosed(1, 20).boxed().toList());
        assertThat(heard).as("listeners hear in the order of the numbers").containsExactlyElementsOf(LongStream.rangeClosed(1, 40).boxed().toList());
        assertThat(journal.events("a", 38)).extracting(Event::seq).containsExactly(39L, 40L);
        assertThat(journal.events("a", 40)).isEmpty();
        assertThat(journal.events("nobody", 0)).isEmpty();
    }

    @Test
    void keepsEverythingOverARestartAndGoesOnCounting() {
        journal.begin(record("a", AT));
        Event first = journal.append("a", Event.Type.STEP_ENDED, "h1", "os-prepare", 2, "done", Map.of("state", "changed", "changes", List.of("x", "y"), "durationMillis", 12));
        reopen();

        assertThat(journal.events("a", 0)).containsExactly(first);
        assertThat(note("a", "next").seq()).isEqualTo(2);
        assertThat(journal.run("a")).contains(record("a", AT));
    }

    @Test
    void aRunGoesFromQueuedToItsEnd() {
        journal.begin(record("a", AT));
        assertThat(journal.run("a").orElseThrow().hasEnded()).isFalse();
        journal.running("a");
        assertThat(journal.run("a").orElseThrow().state()).isEqualTo("running");
        journal.end("a", "failed", 5);
        reopen();

        RunRecord ended = journal.run("a").orElseThrow();
        assertThat(ended.state()).isEqualTo("failed");
        assertThat(ended.exitStatus()).contains(5);
        assertThat(ended.hasEnded()).isTrue();
        assertThat(ended.endedAt().orElseThrow()).isAfter(AT);
        assertThat(journal.run("b")).isEmpty();
    }

    @Test
    void listsTheNewestRunsFirst() {
        journal.begin(record("a", AT));
        journal.begin(record("c", AT.plusMillis(2)));
        journal.begin(record("b", AT.plusMillis(1)));

        assertThat(journal.runs(2)).extracting(RunRecord::id).containsExactly("c", "b");
        assertThat(journal.runs(100)).hasSize(3);
    }

    @Test
    void keepsAnyTextAsItIs() {
        journal.begin(record("a", AT));
        List<Event> appended = Stream.of("", " ", "'; drop table event; --", "\"quoted\" \\ back", "two\nlines\r\n", "\t", "\u00e4\u20ac\ud83d\ude80", "\u0000 zero", "\ud800 half a pair", "{\"json\": [1]}", "?")
                .map(text -> journal.append("a", Event.Type.NOTE, "h1", "step", 1, text, Map.of("text", text, "key " + text, List.of(Map.of("inner", text)))))
                .toList();
        reopen();

        assertThat(journal.events("a", 0)).isEqualTo(appended);
    }

    @Test
    void keepsLongTexts() {
        journal.begin(record("a", AT));
        Event appended = note("a", "line\n".repeat(100_000));

        assertThat(journal.events("a", 0)).containsExactly(appended);
    }

    @Test
    void aListenerThatClosedItsHandleHearsNoMore() throws Exception {
        journal.begin(record("a", AT));
        List<Event> heard = new ArrayList<>();
        AutoCloseable handle = journal.listen(heard::add);
        Event first = note("a", "1");
        handle.close();
        note("a", "2");

        assertThat(heard).containsExactly(first);
    }

    @Test
    void anEventIsInTheJournalWhenListenersHearOfIt() {
        journal.begin(record("a", AT));
        List<List<Event>> seen = new ArrayList<>();
        journal.listen(event -> seen.add(journal.events("a", 0)));
        note("a", "1");
        note("a", "2");

        assertThat(seen.get(0)).hasSize(1);
        assertThat(seen.get(1)).hasSize(2);
    }

    @Test
    void saysWhyItCannotBeOpened() throws Exception {
        Path file = Files.writeString(data.resolve("file"), "");

        assertThatThrownBy(() -> Journal.open(JournalPlace.in(file.resolve("below")))).isInstanceOf(JournalException.class).hasMessageContaining("file");
        assertThatThrownBy(() -> note("unknown", "an event without a run")).isInstanceOf(JournalException.class);
    }

    /** {@code caravan status} beside {@code caravan serve}: another process reads and writes through this one. */
    @Test
    void anotherProcessReadsWhileThisOneHasItOpen() throws Exception {
        journal.begin(record("a", AT));
        note("a", "from the first process");
        String classPath = System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
        Path output = data.resolve("output");
        Process other = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-XX:TieredStopAtLevel=1", "-cp", classPath, OtherProcess.class.getName(), data.toString())
                .redirectErrorStream(true).redirectOutput(output.toFile()).start();

        assertThat(other.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(other.exitValue()).as(Files.readString(output, StandardCharsets.UTF_8)).isZero();
        assertThat(output).content().contains("read: from the first process");
        assertThat(journal.run("other")).isPresent();
        assertThat(journal.events("other", 0)).extracting(Event::message).containsExactly("from the second process");
        note("a", "goes on");
    }

    /** What the second process does. */
    static final class OtherProcess {
        private OtherProcess() {}

        public static void main(String[] arguments) {
            try (Journal journal = Journal.open(JournalPlace.in(Path.of(arguments[0])))) {
                journal.events("a", 0).forEach(event -> System.out.println("read: " + event.message()));
                journal.begin(record("other", AT));
                journal.append("other", Event.Type.NOTE, null, null, 0, "from the second process", Map.of());
            }
        }
    }
}
