package dev.caravan.history;

import static dev.caravan.history.Occurrences.showing;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.caravan.history.Occurrence.CancelRequested;
import dev.caravan.history.Occurrence.GivenUp;
import dev.caravan.history.Occurrence.HostWaiting;
import dev.caravan.history.Occurrence.Note;
import dev.caravan.history.Occurrence.OfStep;
import dev.caravan.history.Occurrence.RequestedByFile;
import dev.caravan.history.Occurrence.RunEnded;
import dev.caravan.history.Occurrence.RunQueued;
import dev.caravan.history.Occurrence.RunResumed;
import dev.caravan.history.Occurrence.StepEnded;
import dev.caravan.history.Occurrence.StepRetried;
import dev.caravan.history.Occurrence.StepStarted;
import dev.caravan.history.Occurrence.Unknown;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;

class EventRowTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String SECRET = "correct horse";

    @Provide
    Arbitrary<Occurrence> occurrences() {
        return Occurrences.any();
    }

    @Property(tries = 1000)
    void readsBackWhatItWrote(@ForAll("occurrences") Occurrence what) throws JsonProcessingException {
        EventRow row = EventRow.of(what);
        assertThat(row.occurrence()).isEqualTo(what);
        ObjectNode stored = (ObjectNode) JSON.readTree(row.data().toString());
        assertThat(new EventRow(row.type(), row.host(), row.step(), row.attempt(), row.message(), stored).occurrence()).isEqualTo(what);
    }

    @Test
    void everyKindIsTested() {
        Set<Class<?>> kinds = new HashSet<>(kinds(Occurrence.class));
        assertThat(Occurrences.holding("").stream().<Class<?>>map(Object::getClass).toList()).containsAll(kinds);
        assertThat(kinds).hasSize(16);
    }

    private static List<Class<?>> kinds(Class<?> type) {
        List<Class<?>> kinds = new ArrayList<>();
        for (Class<?> permitted : type.getPermittedSubclasses()) {
            kinds.addAll(permitted.isSealed() ? kinds(permitted) : List.of(permitted));
        }
        return kinds;
    }

    @Test
    void namesOfMembersAreInOrder() {
        Occurrences.holding("text").forEach(what -> assertOrdered(EventRow.of(what).data()));
    }

    private static void assertOrdered(JsonNode node) {
        List<String> names = new ArrayList<>();
        node.fieldNames().forEachRemaining(names::add);
        assertThat(names).isSorted();
        node.forEach(EventRowTest::assertOrdered);
    }

    @Test
    void replacesSecretsInEveryText() {
        assertThat(Occurrences.holding("it is " + SECRET).stream().map(what -> what.redacted(text -> text.replace(SECRET, "***"))).toList())
                .isEqualTo(Occurrences.holding("it is ***"));
    }

    @Test
    void refusesWhatIsNoEnd() {
        assertThatThrownBy(() -> RunEnded.of(RunState.RUNNING, "")).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new StepEnded(Attempt.of("h1", "facts", 1), "", StepState.RETRYING, List.of(), List.of(), Map.of(), false,
                Optional.empty(), Optional.empty(), Optional.empty())).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> Attempt.of("h1", "facts", 0)).isInstanceOf(IllegalArgumentException.class);
    }

    // ---- rows of earlier versions

    private static Occurrence read(String type, String step, String data) {
        try {
            return new EventRow(type, Optional.of("h1"), Optional.ofNullable(step), step == null ? 0 : 1, "said",
                    (ObjectNode) JSON.readTree(data)).occurrence();
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException(e);
        }
    }

    /** What readers act on is the type, and members that the type has. */
    @Test
    void aNoteHasNothingButItsText() {
        Map<String, Class<?>> types = new HashMap<>();
        Occurrences.holding("text").forEach(what -> assertThat(types.put(EventRow.of(what).type(), what.getClass()))
                .as(EventRow.of(what).type()).isIn(null, what.getClass()));
        assertThat(EventRow.of(new Note(Optional.of("h1"), "text")).data()).isEmpty();
    }

    @Test
    void readsNotesThatWereMoreThanNotes() {
        assertThat(read("note", null, "{}")).isEqualTo(new Note(Optional.of("h1"), "said"));
        assertThat(read("note", null, "{\"cancelled\":true}")).isEqualTo(new CancelRequested("said", Optional.empty()));
        assertThat(read("note", null, "{\"givenUp\":true}")).isEqualTo(new GivenUp("said"));
        assertThat(read("note", null, "{\"resumed\":true,\"action\":\"apply\"}"))
                .isEqualTo(new RunResumed("apply", "said", Optional.empty()));
        assertThat(read("note", null, "{\"file\":\"41-7\"}")).isEqualTo(new RequestedByFile("41-7", "said"));
    }

    @Test
    void aRunThatDoesNotSayWhetherItChangesHostsIsKnownByItsAction() {
        String queued = "{\"action\":\"%s\",\"cluster\":\"demo\",\"rehearsal\":true,\"hosts\":[{\"name\":\"h1\",\"address\":\"192.0.2.1\","
                + "\"roles\":[\"worker\"]},{\"name\":\"h2\"}]}";
        List<RunHost> hosts = List.of(new RunHost("h1", "192.0.2.1", List.of("worker")), new RunHost("h2", "", List.of()));
        assertThat(read("run-queued", null, queued.formatted("apply")))
                .isEqualTo(showing(Shows.SPEC, new RunQueued("apply", "demo", hosts, true, true, false, Optional.empty(), List.of(), "",
                        Map.of(), false)));
        assertThat(read("run-queued", null, queued.formatted("plan")))
                .isEqualTo(showing(Shows.DRIFT, new RunQueued("plan", "demo", hosts, true, false, true, Optional.empty(), List.of(), "",
                        Map.of(), false)));
    }

    @Test
    void whatARunOfAnEarlierVersionUndoesIsKnownByItsAction() {
        assertThat(undoes("{\"action\":\"reset\"}")).isEqualTo(Undoes.CLUSTER);
        assertThat(undoes("{\"action\":\"rollback\"}")).isEqualTo(Undoes.RUN);
        assertThat(undoes("{\"action\":\"rollback-run\"}")).isEqualTo(Undoes.RUN);
        assertThat(undoes("{\"action\":\"apply\"}")).isEqualTo(Undoes.NOTHING);
        assertThat(undoes("{\"action\":\"reset\",\"undoes\":\"nothing\"}")).as("a user's own").isEqualTo(Undoes.NOTHING);
        assertThat(undoes("{\"action\":\"take-off\",\"undoes\":\"cluster\"}")).isEqualTo(Undoes.CLUSTER);
    }

    @Test
    void whatARunOfAnEarlierVersionShowsIsKnownByItsAction() {
        assertThat(shows("{\"action\":\"apply\"}")).isEqualTo(Shows.SPEC);
        assertThat(shows("{\"action\":\"plan\"}")).isEqualTo(Shows.DRIFT);
        assertThat(shows("{\"action\":\"adopt\"}")).isEqualTo(Shows.NOTHING);
        assertThat(shows("{\"action\":\"certificates\"}")).isEqualTo(Shows.FACTS);
        assertThat(shows("{\"action\":\"apply\",\"shows\":\"facts\"}")).as("a user's own").isEqualTo(Shows.FACTS);
    }

    private static Shows shows(String data) {
        return ((RunQueued) read("run-queued", null, data)).shows();
    }

    private static Undoes undoes(String data) {
        return ((RunQueued) read("run-queued", null, data)).undoes();
    }

    @Test
    void readsTheRunsToRollBackUnderTheirEarlierName() {
        RunQueued queued = (RunQueued) read("run-queued", null, "{\"action\":\"rollback\",\"takesBack\":[\"7f3a\",\"41c0\"]}");

        assertThat(queued.rollsBack()).containsExactly("7f3a", "41c0");
        assertThat(EventRow.of(queued).data().has("rollsBack")).isTrue();
        assertThat(EventRow.of(queued).data().has("takesBack")).isFalse();
    }

    @Test
    void readsStepsWithoutTheirLaterMembers() {
        Attempt attempt = Attempt.of("h1", "facts", 1);
        assertThat(read("step-started", "facts", "{\"id\":\"7f3a-1\"}"))
                .isEqualTo(new StepStarted(attempt, Optional.of(new Detached("7f3a-1", 0, Optional.empty()))));
        assertThat(read("step-retry", "facts", "{\"kind\":\"connection\"}")).isEqualTo(new StepRetried(attempt, "said",
                new Failure("connection", "", List.of()), Optional.empty(), Optional.empty()));
        assertThat(read("step-ended", "facts", "{\"state\":\"failed\",\"kind\":\"disk\",\"durationMillis\":1500}"))
                .isEqualTo(StepEnded.failed(attempt, "said", new Failure("disk", "", List.of()), Optional.of(Duration.ofMillis(1500))));
        assertThat(read("host-waiting", null, "{}")).isEqualTo(new HostWaiting(Optional.of("h1"), "said", OptionalInt.empty()));
    }

    @Test
    void whatANewerVersionWroteStaysAsItWasWritten() {
        Unknown unknown = (Unknown) read("host-drained", "drain", "{\"pods\":[\"a\",{\"b\":1.5}]}");
        assertThat(unknown.message()).isEqualTo("said");
        assertThat(unknown.host()).contains("h1");
        assertThat(EventRow.of(unknown)).isEqualTo(unknown.row());
        assertThat(unknown.row().data()).hasToString("{\"pods\":[\"a\",{\"b\":1.5}]}");
    }

    @Test
    void takesMembersOfUnexpectedTypesForMissing() {
        assertThat(read("step-ended", "facts", "{\"state\":7,\"durationMillis\":\"long\",\"changes\":3,\"outputs\":[1],\"diffs\":{},"
                + "\"artefact\":{\"bytes\":\"many\"}}"))
                .isEqualTo(new StepEnded(Attempt.of("h1", "facts", 1), "said", StepState.OK, List.of(), List.of(), Map.of(), false,
                        Optional.empty(), Optional.empty(), Optional.empty()));
        assertThat(read("run-ended", null, "{\"state\":\"melted\",\"findings\":\"many\",\"exitStatus\":\"x\"}"))
                .isEqualTo(RunEnded.of(RunState.FAILED, "said"));
        assertThat(((OfStep) read("step-progress", null, "{}")).step()).isEmpty();
    }
}
