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
import dev.caravan.history.Failure;
import dev.caravan.history.Occurrence.Note;
import dev.caravan.history.Occurrence.RunStarted;
import dev.caravan.history.Occurrence.StepEnded;
import dev.caravan.history.Occurrence.StepStarted;
import dev.caravan.history.Occurrence.Unknown;
import dev.caravan.history.StepState;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** Events: their numbers, their texts, and who listens. */
interface EventsContract extends OpenedJournal {
    @Test
    default void numbersTheEventsOfEachRunFromOneWithoutGapsForAllWhoAppend() throws Exception {
        journal().begin(run("a", AT));
        journal().begin(run("b", AT));
        List<Long> heard = Collections.synchronizedList(new ArrayList<>());
        journal().listen(event -> {
            if (event.run().equals("a")) {
                heard.add(event.seq());
            }
        });
        ExecutorService threads = Executors.newFixedThreadPool(4);
        List<Callable<Event>> appends = IntStream.range(0, 60)
                .<Callable<Event>>mapToObj(number -> () -> note(journal(), number % 3 == 0 ? "b" : "a", "event " + number)).toList();
        for (Future<Event> done : threads.invokeAll(appends)) {
            done.get();
        }
        threads.shutdown();

        assertThat(journal().events("a", 0)).extracting(Event::seq)
                .containsExactlyElementsOf(LongStream.rangeClosed(1, 40).boxed().toList());
        assertThat(journal().events("b", 0)).extracting(Event::seq)
                .containsExactlyElementsOf(LongStream.rangeClosed(1, 20).boxed().toList());
        assertThat(heard).as("listeners hear in the order of the numbers")
                .containsExactlyElementsOf(LongStream.rangeClosed(1, 40).boxed().toList());
        assertThat(journal().events("a", 38)).extracting(Event::seq).containsExactly(39L, 40L);
        assertThat(journal().events("a", 40)).isEmpty();
        assertThat(journal().events("nobody", 0)).isEmpty();
    }

    @Test
    default void keepsEverythingOverARestartAndContinuesCounting() {
        journal().begin(run("a", AT));
        Event first = journal().append("a", new StepEnded(Attempt.of("h1", "os-prepare", 2), "done", StepState.CHANGED, List.of("x", "y"),
                List.of(), Map.of("version", "1.37.2"), false, Optional.of(new Artefact(7, "ab".repeat(32))),
                Optional.of(Duration.ofMillis(12)), Optional.empty()));
        reopen();

        assertThat(journal().events("a", 0)).containsExactly(first);
        assertThat(note(journal(), "a", "next").seq()).isEqualTo(2);
        assertThat(journal().run("a")).contains(run("a", AT));
    }

    @Test
    default void anOutlineHasAllButTheStepsThatWentWell() {
        journal().begin(run("a"));
        journal().append("a", new RunStarted());
        for (String step : List.of("facts", "verify", "facts")) {
            boolean fails = step.equals("verify");
            journal().append("a", new StepStarted(Attempt.of("h1", step, 1), Optional.empty()));
            journal().append("a", fails ? StepEnded.failed(Attempt.of("h1", step, 1), "not ready", new Failure("not-ready", "", List.of()),
                    Optional.empty()) : ended("h1", step, "a \"state\":\"failed\" in a text"));
        }
        journal().append("a", ended("h1", "verify", "ready after all"));
        journal().append("a", new Note(Optional.empty(), "a note"));
        assertThat(journal().outline("a", 9)).isEmpty();
        assertThat(journal().outline("a", 8).orElseThrow()).extracting(Event::message)
                .containsExactly("", "not ready", "ready after all", "a note");
        assertThat(journal().outline("none", 0)).isEmpty();
    }

    private static StepEnded ended(String host, String step, String message) {
        return new StepEnded(Attempt.of(host, step, 1), message, StepState.OK, List.of(message), List.of(), Map.of(), false,
                Optional.empty(), Optional.empty(), Optional.empty());
    }

    @Test
    default void passesOnEventsOfANewerVersion() {
        journal().begin(run("a", AT));
        Event newer = journal().append("a", new Unknown(new EventRow("host-drained", Optional.of("h1"), Optional.of("drain"), 2, "moved",
                JsonNodeFactory.instance.objectNode().put("pods", 7))));
        reopen();

        assertThat(journal().events("a", 0)).containsExactly(newer);
        assertThat(note(journal(), "a", "next").seq()).isEqualTo(2);
    }

    @Test
    default void keepsAnyTextAsItIs() {
        journal().begin(run("a", AT));
        List<Event> appended = Stream.of("", " ", "'; drop table event; --", "\"quoted\" \\ back", "two\nlines\r\n", "\t",
                "\u00e4\u20ac\ud83d\ude80", "\u0000 zero", "\ud800 half a pair", "{\"json\": [1]}", "?")
                .map(text -> journal().append("a", new StepEnded(Attempt.of("h1", "step", 1), text, StepState.OK, List.of(text),
                        List.of(new Difference(text, text, text)), Map.of("key " + text, text), false, Optional.empty(),
                        Optional.empty(), Optional.empty())))
                .toList();
        reopen();

        assertThat(journal().events("a", 0)).isEqualTo(appended);
    }

    @Test
    default void keepsLongTexts() {
        journal().begin(run("a", AT));
        Event appended = note(journal(), "a", "line\n".repeat(100_000));

        assertThat(journal().events("a", 0)).containsExactly(appended);
    }

    @Test
    default void aListenerThatClosedItsHandleHearsNoMore() throws Exception {
        journal().begin(run("a", AT));
        List<Event> heard = new ArrayList<>();
        AutoCloseable handle = journal().listen(heard::add);
        Event first = note(journal(), "a", "1");
        handle.close();
        note(journal(), "a", "2");

        assertThat(heard).containsExactly(first);
    }

    @Test
    default void anEventIsInTheJournalWhenListenersHearOfIt() {
        journal().begin(run("a", AT));
        List<List<Event>> seen = new ArrayList<>();
        journal().listen(event -> seen.add(journal().events("a", 0)));
        note(journal(), "a", "1");
        note(journal(), "a", "2");

        assertThat(seen.get(0)).hasSize(1);
        assertThat(seen.get(1)).hasSize(2);
    }

    @Test
    default void anEventOfARunThatNeverBeganIsRefusedAndHoldsUpNoOther() {
        journal().begin(run("a"));

        assertThatThrownBy(() -> note(journal(), "unknown", "an event without a run")).isInstanceOf(JournalException.class);
        assertThat(note(journal(), "a", "goes on").seq()).isEqualTo(1);
    }

    @Test
    default void aListenerMayAppendAndAllHearThatInOrder() {
        journal().begin(run("a"));
        List<Long> heard = new CopyOnWriteArrayList<>();
        journal().listen(event -> {
            if (event.message().equals("question")) {
                note(journal(), "a", "answer");
            }
        });
        journal().listen(event -> heard.add(event.seq()));
        note(journal(), "a", "question");

        // Listeners hear of the answer after the question, whose asker need not wait for that.
        Awaitility.await().untilAsserted(() -> assertThat(heard).containsExactly(1L, 2L));
        assertThat(journal().events("a", 0)).extracting(Event::message).containsExactly("question", "answer");
    }
}
