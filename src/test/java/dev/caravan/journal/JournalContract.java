package dev.caravan.journal;

import static dev.caravan.journal.Records.AT;
import static dev.caravan.journal.Records.note;
import static dev.caravan.journal.Records.run;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.caravan.artefacts.Artefact;
import dev.caravan.history.Attempt;
import dev.caravan.history.Difference;
import dev.caravan.history.Event;
import dev.caravan.history.EventRow;
import dev.caravan.history.ExitStatus;
import dev.caravan.history.Failure;
import dev.caravan.history.Occurrence.Note;
import dev.caravan.history.Occurrence.RunEnded;
import dev.caravan.history.Occurrence.RunQueued;
import dev.caravan.history.Occurrence.RunStarted;
import dev.caravan.history.Occurrence.StepEnded;
import dev.caravan.history.Occurrence.StepStarted;
import dev.caravan.history.Occurrence.Unknown;
import dev.caravan.history.RunState;
import dev.caravan.history.StepState;
import dev.caravan.history.Undoes;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a journal promises, wherever it is kept. */
abstract class JournalContract {
    /** An engine that is seen from here as from another machine: only its silence tells that it is gone. */
    private static final EngineIdentity ELSEWHERE = new EngineIdentity("elsewhere", "", 4711, 1);
    private static final Timing IMPATIENT = new Timing(Duration.ofSeconds(20), Duration.ofMillis(100), Duration.ofSeconds(1));

    @TempDir
    Path data;
    Journal journal;

    /** Where it is; the same for each call in a test. */
    abstract JournalPlace place();

    abstract Database database();


    @BeforeEach
    void open() {
        journal = Journal.open(place());
    }

    @AfterEach
    void close() {
        journal.close();
    }

    void reopen() {
        journal.close();
        journal = Journal.open(place());
    }

    @Test
    void aRequestsKeyIsKeptWithItsRunAndNamesNoOther() throws Exception {
        RequestKey key = new RequestKey("deploy-1", "digest-2718");
        journal.begin(run("a"), Optional.of(key));
        journal.begin(run("b"));
        journal.keepKey("b", new RequestKey("deploy-2", "digest-2719"));
        assertThatThrownBy(() -> journal.begin(run("c"), Optional.of(key))).isInstanceOf(JournalException.class);
        reopen();
        assertThat(journal.usedKey("deploy-1")).contains(new RequestKey.Used(key, "a"));
        assertThat(journal.usedKey("deploy-2").map(RequestKey.Used::run)).contains("b");
        assertThat(journal.usedKey("deploy-3")).isEmpty();
        assertThat(journal.run("c")).as("whole or not at all").isEmpty();
    }

    @Test
    void whatTellsTheValuesOfASpecIsKeptEncrypted() {
        journal.begin(run("with"));
        journal.begin(run("without"));
        journal.keepValues("with", "spec.backup.passphrase 0815");
        reopen();
        assertThat(journal.values("with")).contains("spec.backup.passphrase 0815");
        assertThat(journal.values("without")).isEmpty();
        assertThat(journal.values("none")).isEmpty();
    }

    @Test
    void whetherASpecIsConfinedIsKept() {
        RunRecord free = run("a");
        journal.begin(free);
        journal.begin(new RunRecord("b", free.cluster(), free.action(), "http", false, free.spec(), free.directory(), RunState.QUEUED,
                AT, Optional.empty(), true));
        reopen();
        assertThat(journal.run("a").orElseThrow().confined()).isFalse();
        assertThat(journal.run("b").orElseThrow().confined()).isTrue();
    }

    @Test
    void whoBeganARunIsKeptWhereThatIsKnown() {
        journal.begin(run("a").begunBy(Optional.of("ann")));
        journal.begin(run("b"));
        reopen();
        assertThat(journal.run("a").orElseThrow().begunBy()).contains("ann");
        assertThat(journal.runs(RunFilter.newest(9))).extracting(RunRecord::begunBy).containsExactly(Optional.of("ann"), Optional.empty());
    }

    @Test
    void numbersTheEventsOfEachRunFromOneWithoutGapsForAllWhoAppend() throws Exception {
        journal.begin(run("a", AT));
        journal.begin(run("b", AT));
        List<Long> heard = Collections.synchronizedList(new ArrayList<>());
        journal.listen(event -> {
            if (event.run().equals("a")) {
                heard.add(event.seq());
            }
        });
        ExecutorService threads = Executors.newFixedThreadPool(4);
        List<Callable<Event>> appends = IntStream.range(0, 60)
                .<Callable<Event>>mapToObj(number -> () -> note(journal, number % 3 == 0 ? "b" : "a", "event " + number)).toList();
        for (Future<Event> done : threads.invokeAll(appends)) {
            done.get();
        }
        threads.shutdown();

        assertThat(journal.events("a", 0)).extracting(Event::seq).containsExactlyElementsOf(LongStream.rangeClosed(1, 40).boxed().toList());
        assertThat(journal.events("b", 0)).extracting(Event::seq).containsExactlyElementsOf(LongStream.rangeClosed(1, 20).boxed().toList());
        assertThat(heard).as("listeners hear in the order of the numbers")
                .containsExactlyElementsOf(LongStream.rangeClosed(1, 40).boxed().toList());
        assertThat(journal.events("a", 38)).extracting(Event::seq).containsExactly(39L, 40L);
        assertThat(journal.events("a", 40)).isEmpty();
        assertThat(journal.events("nobody", 0)).isEmpty();
    }

    @Test
    void keepsEverythingOverARestartAndGoesOnCounting() {
        journal.begin(run("a", AT));
        Event first = journal.append("a", new StepEnded(Attempt.of("h1", "os-prepare", 2), "done", StepState.CHANGED, List.of("x", "y"),
                List.of(), Map.of("version", "1.37.2"), false, Optional.of(new Artefact(7, "ab".repeat(32))),
                Optional.of(Duration.ofMillis(12)), Optional.empty()));
        reopen();

        assertThat(journal.events("a", 0)).containsExactly(first);
        assertThat(note(journal, "a", "next").seq()).isEqualTo(2);
        assertThat(journal.run("a")).contains(run("a", AT));
    }

    @Test
    void aRunGoesFromQueuedToItsEnd() {
        journal.begin(run("a", AT));
        assertThat(journal.run("a").orElseThrow().hasEnded()).isFalse();
        journal.running("a");
        assertThat(journal.run("a").orElseThrow().state()).isEqualTo(RunState.RUNNING);
        journal.end("a", RunEnded.of(RunState.FAILED, "no answer"));
        reopen();

        RunRecord ended = journal.run("a").orElseThrow();
        assertThat(ended.state()).isEqualTo(RunState.FAILED);
        assertThat(ended.exitStatus()).contains(ExitStatus.FAILED);
        assertThat(journal.events("a", 0)).extracting(Event::occurrence).containsExactly(RunEnded.of(RunState.FAILED, "no answer"));
        assertThat(ended.hasEnded()).isTrue();
        assertThat(ended.endedAt().orElseThrow()).isAfter(AT);
        assertThat(journal.run("b")).isEmpty();
    }

    @Test
    void listsTheNewestRunsFirst() {
        journal.begin(run("a", AT));
        journal.begin(run("c", AT.plusMillis(2)));
        journal.begin(run("b", AT.plusMillis(1)));

        assertThat(journal.runs(2)).extracting(RunRecord::id).containsExactly("c", "b");
        assertThat(journal.runs(100)).hasSize(3);
    }

    @Test
    void listsTheRunsThatMeetAFilterFromAnyPlaceOn() {
        for (int i = 0; i < 6; i++) {
            // Two of them begin in the same moment.
            journal.begin(new RunRecord("r" + i, i % 2 == 0 ? "even" : "odd", i < 3 ? "apply" : "plan", "command", false, "{}", "/",
                    RunState.QUEUED, AT.plusMillis(i == 3 ? 2 : i), Optional.empty()));
        }
        journal.running("r2");
        assertThat(listed(RunFilter.newest(9))).containsExactly("r5", "r4", "r2", "r3", "r1", "r0");
        assertThat(listed(RunFilter.of("even", 2))).containsExactly("r4", "r2");
        assertThat(listed(new RunFilter(Optional.empty(), Optional.of(RunState.QUEUED), Optional.of("even"), Optional.of("apply"),
                Optional.of(AT), Optional.empty(), 9))).containsExactly("r0");
        assertThat(listed(new RunFilter(Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty(), Optional.of(
                AT.plusMillis(2)), Optional.of(RunFilter.Before.of(AT.plusMillis(5))), 9))).containsExactly("r4", "r2", "r3");
        assertThat(listed(RunFilter.beginning("r", 2))).containsExactly("r5", "r4");
        assertThat(listed(RunFilter.beginning("r2", 9))).containsExactly("r2");
        assertThat(listed(RunFilter.beginning("%", 9))).isEmpty();
        assertThatThrownBy(() -> RunIds.find(journal, "r")).isInstanceOf(RunIds.NotFound.class)
                .hasMessage("r may be r5, r4, r2, r3, r1 and others; give more of the id");
        assertThatThrownBy(() -> RunIds.find(journal, "x")).hasMessage("the journal has no run x");
        assertThat(listed(before(RunFilter.Before.of(journal.run("r2").orElseThrow())))).containsExactly("r3", "r1", "r0");
        assertThat(listed(before(RunFilter.Before.of(journal.run("r3").orElseThrow())))).containsExactly("r1", "r0");
        assertThat(listed(before(RunFilter.Before.of(AT.plusMillis(2))))).containsExactly("r1", "r0");
        assertThat(journal.clusters(9)).containsExactly("odd", "even");
        assertThat(journal.clusters(1)).containsExactly("odd");
        assertThat(journal.hasRuns(false)).isTrue();
        assertThat(journal.hasRuns(true)).isFalse();
    }

    private static RunFilter before(RunFilter.Before place) {
        return new RunFilter(Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty(),
                Optional.of(place), 9);
    }

    private List<String> listed(RunFilter filter) {
        return journal.runs(filter).stream().map(RunRecord::id).toList();
    }

    @Test
    void anOutlineHasAllButTheStepsThatWentWell() {
        journal.begin(run("a"));
        journal.append("a", new RunStarted());
        for (String step : List.of("facts", "verify", "facts")) {
            boolean fails = step.equals("verify");
            journal.append("a", new StepStarted(Attempt.of("h1", step, 1), Optional.empty()));
            journal.append("a", fails ? StepEnded.failed(Attempt.of("h1", step, 1), "not ready", new Failure("not-ready", "", List.of()),
                    Optional.empty()) : ended("h1", step, "a \"state\":\"failed\" in a text"));
        }
        journal.append("a", ended("h1", "verify", "ready after all"));
        journal.append("a", new Note(Optional.empty(), "a note"));
        assertThat(journal.outline("a", 9)).isEmpty();
        assertThat(journal.outline("a", 8).orElseThrow()).extracting(Event::message)
                .containsExactly("", "not ready", "ready after all", "a note");
        assertThat(journal.outline("none", 0)).isEmpty();
    }

    private static StepEnded ended(String host, String step, String message) {
        return new StepEnded(Attempt.of(host, step, 1), message, StepState.OK, List.of(message), List.of(), Map.of(), false,
                Optional.empty(), Optional.empty(), Optional.empty());
    }

    @Test
    void passesOnEventsOfANewerVersion() {
        journal.begin(run("a", AT));
        Event newer = journal.append("a", new Unknown(new EventRow("host-drained", Optional.of("h1"), Optional.of("drain"), 2, "moved",
                JsonNodeFactory.instance.objectNode().put("pods", 7))));
        reopen();

        assertThat(journal.events("a", 0)).containsExactly(newer);
        assertThat(note(journal, "a", "next").seq()).isEqualTo(2);
    }

    @Test
    void keepsAnyTextAsItIs() {
        journal.begin(run("a", AT));
        List<Event> appended = Stream.of("", " ", "'; drop table event; --", "\"quoted\" \\ back", "two\nlines\r\n", "\t",
                "\u00e4\u20ac\ud83d\ude80", "\u0000 zero", "\ud800 half a pair", "{\"json\": [1]}", "?")
                .map(text -> journal.append("a", new StepEnded(Attempt.of("h1", "step", 1), text, StepState.OK, List.of(text),
                        List.of(new Difference(text, text, text)), Map.of("key " + text, text), false, Optional.empty(),
                        Optional.empty(), Optional.empty())))
                .toList();
        reopen();

        assertThat(journal.events("a", 0)).isEqualTo(appended);
    }

    @Test
    void keepsLongTexts() {
        journal.begin(run("a", AT));
        Event appended = note(journal, "a", "line\n".repeat(100_000));

        assertThat(journal.events("a", 0)).containsExactly(appended);
    }

    @Test
    void aListenerThatClosedItsHandleHearsNoMore() throws Exception {
        journal.begin(run("a", AT));
        List<Event> heard = new ArrayList<>();
        AutoCloseable handle = journal.listen(heard::add);
        Event first = note(journal, "a", "1");
        handle.close();
        note(journal, "a", "2");

        assertThat(heard).containsExactly(first);
    }

    @Test
    void anEventIsInTheJournalWhenListenersHearOfIt() {
        journal.begin(run("a", AT));
        List<List<Event>> seen = new ArrayList<>();
        journal.listen(event -> seen.add(journal.events("a", 0)));
        note(journal, "a", "1");
        note(journal, "a", "2");

        assertThat(seen.get(0)).hasSize(1);
        assertThat(seen.get(1)).hasSize(2);
    }

    @Test
    void anEventOfARunThatNeverBeganIsRefusedAndHoldsUpNoOther() {
        journal.begin(run("a"));

        assertThatThrownBy(() -> note(journal, "unknown", "an event without a run")).isInstanceOf(JournalException.class);
        assertThat(note(journal, "a", "goes on").seq()).isEqualTo(1);
    }

    @Test
    void aListenerMayAppendAndAllHearThatInOrder() {
        journal.begin(run("a"));
        List<Long> heard = new CopyOnWriteArrayList<>();
        journal.listen(event -> {
            if (event.message().equals("question")) {
                note(journal, "a", "answer");
            }
        });
        journal.listen(event -> heard.add(event.seq()));
        note(journal, "a", "question");

        // The answer is told after the question, whose asker need not wait for that.
        Awaitility.await().untilAsserted(() -> assertThat(heard).containsExactly(1L, 2L));
        assertThat(journal.events("a", 0)).extracting(Event::message).containsExactly("question", "answer");
    }

    // ---- what was found

    @Test
    void keepsWhatWasFoundUntilItIsRolledBack() {
        journal.begin(run("a"));
        journal.begin(run("b"));
        journal.keepFound("a", "h1", "10.0.0.1", "os-prepare", "file\t/etc/a\tc3dhcCBvbg==");
        journal.keepFound("a", "h2", "10.0.0.2", "os-prepare", "file\t/etc/a\tabsent");
        journal.keepFound("b", "h1", "10.0.0.1", "kubeadm-join", "node\th1\tabsent");
        reopen();

        List<Found> found = journal.found("demo", "10.0.0.1");
        assertThat(found).extracting(Found::run, Found::step, Found::line).containsExactly(
                org.assertj.core.groups.Tuple.tuple("a", "os-prepare", "file\t/etc/a\tc3dhcCBvbg=="),
                org.assertj.core.groups.Tuple.tuple("b", "kubeadm-join", "node\th1\tabsent"));
        assertThat(journal.found("other", "10.0.0.1")).isEmpty();
        assertThat(journal.foundHosts("demo"))
                .containsExactly(new FoundHost("h2", "10.0.0.2", "a"), new FoundHost("h1", "10.0.0.1", "b"));
        assertThat(journal.foundHosts("other")).isEmpty();
        journal.markRolledBack(found.subList(1, 2));
        journal.markRolledBack(journal.found("demo", "10.0.0.2"));
        reopen();
        assertThat(journal.foundHosts("demo")).containsExactly(new FoundHost("h1", "10.0.0.1", "a"));
        assertThat(journal.found("demo", "10.0.0.1")).extracting(Found::run).containsExactly("a");
        assertThat(journal.hasFound("a")).isTrue();
        assertThat(journal.hasFound("b")).isFalse();
    }

    @Test
    void knowsWhichRunRolledAnotherOneBack() {
        journal.begin(run("a"));
        journal.begin(run("b"));
        journal.begin(run("e"));
        RunRecord like = run("c");
        journal.begin(new RunRecord("c", like.cluster(), "rollback", like.source(), false, like.spec(), like.directory(), RunState.QUEUED,
                like.createdAt(), Optional.empty()));
        journal.append("c", new RunQueued("rollback", like.cluster(), List.of(), false, true, false, Optional.empty(), List.of("a"),
                "", Map.of(), false, Undoes.RUN, Optional.empty()));
        journal.begin(new RunRecord("d", like.cluster(), "undo-all", like.source(), false, like.spec(), like.directory(), RunState.QUEUED,
                like.createdAt(), Optional.empty()));
        journal.append("d", new RunQueued("undo-all", like.cluster(), List.of(), false, true, false, Optional.empty(), List.of("e"),
                "", Map.of(), false, Undoes.RUN, Optional.empty()));
        journal.begin(run("f"));
        journal.append("f", new RunQueued("apply", like.cluster(), List.of(), false, true, false, Optional.empty(), List.of("b"),
                "\"undoes\":\"run\"", Map.of(), false));

        assertThat(journal.rolledBackBy("a")).contains("c");
        assertThat(journal.rolledBackBy("e")).as("an action of a user's own").contains("d");
        assertThat(journal.rolledBackBy("b")).as("it was replaced").isEmpty();
        assertThat(journal.rolledBackBy("nosuchrun")).isEmpty();
    }

    @Test
    void theKeyIsOnlyMissedWhereWhatWasFoundIsRead() throws Exception {
        journal.begin(run("a"));
        journal.keepFound("a", "h1", "10.0.0.1", "step", "file\t/etc/a\tabsent");
        Path key = data.resolve("key");
        assertThat(key).hasSize(32);
        assertThat(Files.getPosixFilePermissions(key)).containsExactlyInAnyOrder(PosixFilePermission.OWNER_READ,
                PosixFilePermission.OWNER_WRITE);
        byte[] right = Files.readAllBytes(key);

        Files.delete(key);
        reopen();
        assertThat(journal.runs(10)).hasSize(1);
        assertThatThrownBy(() -> journal.found("demo", "10.0.0.1")).isInstanceOf(JournalException.class)
                .hasMessageContaining(key.toString()).hasMessageContaining("put back the key");
        assertThatThrownBy(() -> Journal.openToWrite(place())).isInstanceOf(CannotOpen.class).hasMessageContaining("cannot be found");
        assertThat(key).doesNotExist();

        Files.write(key, new byte[32]);
        reopen();
        assertThatThrownBy(() -> Journal.openToWrite(place())).isInstanceOf(CannotOpen.class)
                .hasMessageContaining("does not open what was found");
        assertThatThrownBy(() -> journal.found("demo", "10.0.0.1")).isInstanceOf(JournalException.class)
                .hasMessageContaining("does not open what was found");

        Files.write(key, new byte[5]);
        assertThatThrownBy(() -> Journal.openToWrite(place())).isInstanceOf(CannotOpen.class)
                .hasMessageContaining("has 5 bytes and should have 32");

        Files.write(key, right);
        Journal.openToWrite(place()).close();
        reopen();
        assertThat(journal.found("demo", "10.0.0.1")).hasSize(1);
    }

    @Test
    void aKeyThatIsNamedIsNeverMade() throws Exception {
        Path named = data.resolve("named-key");
        JournalPlace there = new JournalPlace(place().data(), place().url(), place().password(), Optional.of(named),
                EngineIdentity.ofThisProcess());
        journal.begin(run("a"));
        try (Journal other = Journal.open(there)) {
            assertThatThrownBy(() -> other.keepFound("a", "h1", "10.0.0.1", "step", "file\t/x\tabsent"))
                    .isInstanceOf(JournalException.class).hasMessageContaining("CARAVAN_KEY_FILE");
            Files.write(named, new byte[32]);
            other.keepFound("a", "h1", "10.0.0.1", "step", "file\t/x\tabsent");
            assertThat(other.found("demo", "10.0.0.1")).hasSize(1);
        }
        assertThat(data.resolve("key")).doesNotExist();
    }

    // ---- who works on what

    private Journal open(EngineIdentity engine) {
        return JdbcJournal.open(place().as(engine), database(), IMPATIENT);
    }

    @Test
    void twoRunsNeverHaveTheSameClusterOrHost() {
        try (Journal other = Journal.open(place())) {
            assertThat(journal.claim("a", Set.of("cluster/demo", "host/10.0.0.1"))).isEmpty();
            assertThat(other.claim("b", Set.of("cluster/other", "host/10.0.0.1"))).contains("a");
            assertThat(other.claim("c", Set.of("cluster/other"))).as("all or none").isEmpty();
            assertThat(journal.claim("d", Set.of("cluster/demo"))).as("of the same engine").contains("a");
            assertThat(journal.claim("a", Set.of("cluster/demo", "host/10.0.0.2"))).as("again, and more").isEmpty();
            assertThat(other.claim("a", Set.of("cluster/demo"))).as("another engine's run").contains("a");
            journal.release("a");
            assertThat(other.claim("b", Set.of("host/10.0.0.1", "host/10.0.0.2"))).isEmpty();
        }
        assertThat(journal.claim("d", Set.of("cluster/other", "host/10.0.0.2"))).as("a closed engine releases").isEmpty();
    }

    @Test
    void onlyOneOfManyGetsWhatAllWant() throws Exception {
        List<Journal> journals = new ArrayList<>();
        try {
            for (int i = 0; i < 4; i++) {
                journals.add(Journal.open(place()));
            }
            ExecutorService threads = Executors.newFixedThreadPool(4);
            for (int round = 0; round < 5; round++) {
                int number = round;
                CyclicBarrier start = new CyclicBarrier(4);
                List<Callable<Optional<String>>> claims = IntStream.range(0, 4).<Callable<Optional<String>>>mapToObj(i -> () -> {
                    start.await();
                    // Each in another order, all of them with something in common.
                    return journals.get(i).claim("r" + number + "-" + i,
                            i % 2 == 0 ? List.of("host/x" + number, "host/y" + number) : List.of("host/y" + number, "host/x" + number));
                }).toList();
                List<Optional<String>> results = new ArrayList<>();
                for (Future<Optional<String>> claimed : threads.invokeAll(claims)) {
                    results.add(claimed.get());
                }
                int winner = results.indexOf(Optional.<String>empty());
                assertThat(results).filteredOn(Optional::isEmpty).hasSize(1);
                assertThat(results).filteredOn(Optional::isPresent).containsOnly(Optional.of("r" + number + "-" + winner));
            }
            threads.shutdown();
        } finally {
            journals.forEach(Journal::close);
        }
    }

    @Test
    void whatAnEngineThatIsGoneHadIsFreeAndItsRunCanBeTakenOverOnce() {
        try (Journal crashed = open(EngineIdentity.gone()); Journal second = Journal.open(place())) {
            crashed.begin(run("a"));
            note(crashed, "a", "begun");
            assertThat(crashed.claim("a", Set.of("cluster/demo", "host/1"))).isEmpty();
            assertThat(crashed.claim("b", Set.of("host/2"))).isEmpty();
            assertThat(journal.orphans()).extracting(RunRecord::id).containsExactly("a");

            assertThat(journal.claim("a", Set.of("cluster/demo", "host/1"))).isEmpty();
            assertThat(second.claim("a", Set.of("cluster/demo", "host/1"))).contains("a");
            assertThat(second.claim("c", Set.of("host/2"))).isEmpty();
            assertThat(second.orphans()).isEmpty();
            assertThat(note(journal, "a", "goes on").seq()).isEqualTo(2);

            assertThatThrownBy(() -> note(crashed, "a", "not gone after all")).isInstanceOf(JournalException.class)
                    .hasMessageContaining("does not belong to this engine any more");
            assertThatThrownBy(() -> crashed.end("a", RunEnded.of(RunState.FAILED, "no answer")))
                    .isInstanceOf(JournalException.class);
            assertThatThrownBy(() -> crashed.keepFound("a", "h1", "1", "step", "file\t/x\tabsent")).isInstanceOf(JournalException.class);
            assertThat(journal.run("a").orElseThrow().hasEnded()).isFalse();
            assertThat(note(journal, "a", "still").seq()).isEqualTo(3);
            crashed.begin(run("d"));
            assertThat(note(crashed, "d", "it may begin another one").seq()).isEqualTo(1);
        }
    }

    @Test
    void anEngineElsewhereIsGoneWhenItIsSilentForLong() {
        try (Journal elsewhere = open(ELSEWHERE); Journal here = open(EngineIdentity.ofThisProcess())) {
            elsewhere.begin(run("a"));
            assertThat(elsewhere.claim("a", Set.of("host/1"))).isEmpty();
            long until = System.nanoTime() + Duration.ofSeconds(2).toNanos();
            await().pollInterval(Duration.ofMillis(100)).until(() -> {
                assertThat(here.claim("b", Set.of("host/1"))).as("it gives signs of life").contains("a");
                return System.nanoTime() > until;
            });
        }
        Journal silent = JdbcJournal.open(place().as(ELSEWHERE), database(),
                new Timing(Duration.ofSeconds(20), Duration.ofHours(1), Duration.ofSeconds(1)));
        try (silent; Journal here = open(EngineIdentity.ofThisProcess())) {
            assertThat(silent.claim("c", Set.of("host/1"))).isEmpty();
            await().until(() -> here.claim("d", Set.of("host/1")).isEmpty());
            assertThat(here.orphans()).extracting(RunRecord::id).containsExactly("a");
            silent.begin(run("e"));
            assertThatThrownBy(() -> note(silent, "c", "it wakes up")).isInstanceOf(JournalException.class);
            assertThat(here.claim("d", Set.of("host/1"))).isEmpty();
        }
    }

    @Test
    void anEngineHearsThatItsRunMayBeAnothersAndHasItNoMore() throws Exception {
        try (Journal crashed = open(EngineIdentity.gone())) {
            List<String> lost = new CopyOnWriteArrayList<>();
            try (AutoCloseable listening = crashed.listenForLoss(lost::add)) {
                crashed.begin(run("a"));
                assertThat(crashed.isOwn("a")).as("it is not claimed").isFalse();
                assertThat(crashed.claim("a", Set.of("host/1"))).isEmpty();
                await().until(() -> crashed.isOwn("a"));
                assertThat(journal.isOwn("a")).isFalse();

                assertThat(journal.claim("a", Set.of("host/1"))).isEmpty();
                await().until(() -> lost.equals(List.of("a")));
                assertThat(crashed.isOwn("a")).isFalse();
                await().until(() -> journal.isOwn("a"));
                assertThatThrownBy(() -> note(crashed, "a", "it comes back")).isInstanceOf(TakenOver.class);
                journal.end("a", RunEnded.of(RunState.FAILED, "no answer"));
                assertThat(journal.isOwn("a")).isFalse();
                assertThatThrownBy(() -> note(crashed, "a", "after the end")).isInstanceOf(TakenOver.class);
                assertThat(listening).isNotNull();
            }
        }
    }

    @Test
    void aRequestToCancelStaysUntilItIsForgottenOrTheRunHasEnded() {
        journal.begin(run("a"));
        try (Journal other = Journal.open(place())) {
            other.askToCancel("a", Optional.of("anna"));
            other.askToCancel("a", Optional.empty());
            assertThat(journal.cancelRequests()).containsExactly(new CancelRequest("a", Optional.of("anna")));
            journal.forgetCancelRequest("a");
            assertThat(journal.cancelRequests()).isEmpty();

            other.askToCancel("a", Optional.empty());
            assertThat(journal.cancelRequests()).containsExactly(new CancelRequest("a", Optional.empty()));
            journal.end("a", RunEnded.of(RunState.FAILED, "no answer"));
            other.askToCancel("a", Optional.empty());
            assertThat(journal.cancelRequests()).isEmpty();
        }
    }

    @Test
    void aRunWithoutAClaimIsAnOrphanUntilItHasEnded() {
        journal.begin(run("a"));
        journal.begin(run("b", AT.plusSeconds(1)));
        assertThat(journal.claim("b", Set.of("host/1"))).isEmpty();
        assertThat(journal.orphans()).extracting(RunRecord::id).containsExactly("a");
        journal.end("a", RunEnded.of(RunState.FAILED, "no answer"));
        assertThat(journal.orphans()).isEmpty();
        reopen();
        assertThat(journal.orphans()).as("its engine was closed").extracting(RunRecord::id).containsExactly("b");
    }

    // ---- what is deleted

    private static final Instant LATER = Instant.now().plus(Duration.ofDays(2));
    private static final Retention NEWEST = new Retention(OptionalInt.of(1), OptionalInt.empty());

    private void ended(String id, int second) {
        journal.begin(run(id, AT.plusSeconds(second)));
        note(journal, id, "of " + id);
        journal.end(id, RunEnded.of(RunState.SUCCEEDED, ""));
    }

    private List<String> deletable(Retention keep, Instant now) {
        return journal.deletable(keep, now).stream().map(RunRecord::id).toList();
    }

    @Test
    void aRetentionKeepsTheNewestRunsOfEachClusterAndThoseOfTheLastDays() {
        for (int number = 0; number < 4; number++) {
            ended("a" + number, number);
        }
        RunRecord like = run("b");
        journal.begin(new RunRecord("b", "other", like.action(), like.source(), false, like.spec(), like.directory(), RunState.QUEUED,
                AT, Optional.empty()));
        journal.end("b", RunEnded.of(RunState.SUCCEEDED, ""));

        assertThat(deletable(NEWEST, LATER)).as("oldest first; the only run of a cluster stays").containsExactly("a0", "a1", "a2");
        assertThat(deletable(new Retention(OptionalInt.of(3), OptionalInt.empty()), LATER)).containsExactly("a0");
        assertThat(deletable(new Retention(OptionalInt.empty(), OptionalInt.of(1)), LATER)).as("the newest stays, however old it is")
                .containsExactly("a0", "a1", "a2");
        assertThat(deletable(new Retention(OptionalInt.of(1), OptionalInt.of(3)), LATER)).as("one limit is enough to keep a run").isEmpty();
        assertThat(deletable(new Retention(OptionalInt.of(3), OptionalInt.of(1)), LATER)).containsExactly("a0");
        assertThat(deletable(new Retention(OptionalInt.empty(), OptionalInt.empty()), LATER)).isEmpty();
    }

    @Test
    void aRunIsDeletedWholeAndOnce() {
        ended("a", 0);
        journal.keepFound("a", "h1", "10.0.0.1", "os-prepare", "file\t/etc/a\tabsent");
        journal.markRolledBack(journal.found("demo", "10.0.0.1"));
        journal.keepKey("a", new RequestKey("deploy-1", "digest-2718"));
        ended("b", 1);

        assertThat(journal.delete("b", NEWEST, LATER)).as("the newest").isFalse();
        assertThat(journal.delete("a", NEWEST, LATER)).isTrue();
        assertThat(journal.delete("a", NEWEST, LATER)).isFalse();
        reopen();
        assertThat(journal.run("a")).isEmpty();
        assertThat(journal.events("a", 0)).isEmpty();
        assertThat(journal.usedKey("deploy-1")).isEmpty();
        assertThat(journal.runs(10)).extracting(RunRecord::id).containsExactly("b");
        assertThat(journal.events("b", 0)).hasSize(2);
        assertThat(journal.deleted(List.of("a", "b", "never"))).containsExactly("a");
        assertThat(journal.deleted(List.of())).isEmpty();
        journal.begin(run("a", AT.plusSeconds(2)));
        assertThat(journal.deleted(List.of("a"))).as("of another run with its id").isEmpty();
    }

    @Test
    void whatIsNeededIsNotDeleted() {
        ended("found", 0);
        journal.keepFound("found", "h1", "10.0.0.1", "os-prepare", "file\t/etc/a\tabsent");
        journal.begin(run("under-way", AT.plusSeconds(1)));
        ended("claimed", 2);
        assertThat(journal.claim("claimed", Set.of("host/1"))).isEmpty();
        ended("key", 3);
        journal.keepKey("key", new RequestKey("deploy-1", "digest-2718"));
        RunRecord like = run("inbox", AT.plusSeconds(4));
        journal.begin(new RunRecord("inbox", like.cluster(), like.action(), "inbox", false, like.spec(), like.directory(), RunState.QUEUED,
                like.createdAt(), Optional.empty()));
        journal.end("inbox", RunEnded.of(RunState.SUCCEEDED, ""));
        ended("newest", 5);

        assertThat(deletable(NEWEST, Instant.now().plusSeconds(60))).isEmpty();
        for (String run : List.of("found", "under-way", "claimed", "key", "inbox", "newest")) {
            assertThat(journal.delete(run, NEWEST, Instant.now().plusSeconds(60))).as(run).isFalse();
        }
        assertThat(deletable(NEWEST, LATER)).as("a request that is sent again after a day is a new one").containsExactly("key", "inbox");
        journal.release("claimed");
        journal.markRolledBack(journal.found("demo", "10.0.0.1"));
        assertThat(deletable(NEWEST, LATER)).containsExactly("found", "claimed", "key", "inbox");
    }

    @Test
    void ofSeveralThatDeleteARunOnlyOneDoesWhileOthersGoOn() throws Exception {
        for (int number = 0; number < 20; number++) {
            ended("a" + number, number);
        }
        journal.begin(run("under-way", AT.plusSeconds(60)));
        assertThat(journal.claim("under-way", Set.of("cluster/demo"))).isEmpty();
        try (Journal other = Journal.open(place())) {
            ExecutorService threads = Executors.newFixedThreadPool(3);
            List<Callable<Long>> deletions = Stream.of(journal, other)
                    .<Callable<Long>>map(each -> () -> IntStream.range(0, 20).filter(number -> each.delete("a" + number, NEWEST, LATER))
                            .count()).toList();
            Future<List<Event>> notes = threads.submit(() -> IntStream.range(0, 40)
                    .mapToObj(number -> note(journal, "under-way", "event " + number)).toList());
            long deleted = 0;
            for (Future<Long> deletion : threads.invokeAll(deletions)) {
                deleted += deletion.get();
            }
            List<Event> noted = notes.get();
            assertThat(deleted).isEqualTo(20);
            assertThat(journal.events("under-way", 0)).isEqualTo(noted).hasSize(40);
            assertThat(other.runs(100)).extracting(RunRecord::id).containsExactly("under-way");
            threads.shutdown();
        }
    }
}
