package dev.caravan.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;

class EventJsonTest {
    private static final Event BARE = new Event(
            1, Instant.parse("2026-11-23T06:00:12.4Z"), "7f3a", Event.Type.RUN_STARTED, Optional.empty(), Optional.empty(), 0,
            "", Map.of());

    @Test
    void writesWhatAnEventHasAndNothingElse() {
        assertThat(EventJson.write(BARE))
                .isEqualTo("{\"seq\":1,\"at\":\"2026-11-23T06:00:12.400Z\",\"run\":\"7f3a\",\"type\":\"run-started\",\"message\":\"\"}");
        Event full = new Event(
                7, BARE.at(), "7f3a", Event.Type.STEP_ENDED, Optional.of("h2"), Optional.of("kubeadm-join"), 3,
                "joined\n\"demo\"", Map.of("durationMillis", 8100L));
        assertThat(EventJson.write(full)).isEqualTo("{\"seq\":7,\"at\":\"2026-11-23T06:00:12.400Z\",\"run\":\"7f3a\","
                + "\"type\":\"step-ended\",\"host\":\"h2\",\"step\":\"kubeadm-join\",\"attempt\":3,"
                + "\"message\":\"joined\\n\\\"demo\\\"\",\"data\":{\"durationMillis\":8100}}");
    }

    @Test
    void leavesNullsOutOfData() {
        Map<String, Object> inner = new HashMap<>();
        inner.put("remedy", null);
        inner.put("problem", "no swap file");
        Map<String, Object> data = new HashMap<>();
        data.put("kubeconfig", null);
        data.put("findings", List.of(inner));
        Event event = new Event(
                1, BARE.at(), "7f3a", Event.Type.RUN_ENDED, Optional.empty(), Optional.empty(), 0, "", data);
        assertThat(EventJson.write(event)).endsWith("\"data\":{\"findings\":[{\"problem\":\"no swap file\"}]}}");
    }

    @Test
    void passesOverMembersOfANewerVersion() {
        assertThat(EventJson.read(EventJson.write(BARE).replace("{\"seq\"", "{\"colour\":[1],\"seq\""))).isEqualTo(BARE);
    }

    @Test
    void saysWhatIsWrongWithWhatIsNoEvent() {
        String json = EventJson.write(BARE);
        assertThatThrownBy(() -> EventJson.read(json.replace("\"run\"", "\"ran\"")))
                .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("\"run\" is missing");
        assertThatThrownBy(() -> EventJson.read(json.replace("run-started", "run-strated")))
                .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("unknown type \"run-strated\"");
        assertThatThrownBy(() -> EventJson.read(json.replace("2026-11-23T", "yesterday ")))
                .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("yesterday");
        assertThatThrownBy(() -> EventJson.read("{\"seq\":"))
                .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("no valid JSON");
    }

    @Property(tries = 300)
    void readsBackOnOneLineWhatItWrote(@ForAll("events") Event event) {
        String json = EventJson.write(event);
        assertThat(json).doesNotContain("\n", "\r", ":null");
        assertThat(EventJson.read(json)).isEqualTo(event);
    }

    @Provide
    Arbitrary<Event> events() {
        Arbitrary<Object> leaves = Arbitraries.oneOf(
                Arbitraries.strings().ofMaxLength(12).map(text -> text), Arbitraries.longs().map(number -> number),
                Arbitraries.of(true, false).map(flag -> flag), Arbitraries.doubles().map(number -> number));
        Arbitrary<Object> values = Arbitraries.oneOf(
                leaves, leaves.list().ofMaxSize(3).map(list -> list),
                Arbitraries.maps(Arbitraries.strings().alpha().ofLength(4), leaves).ofMaxSize(3).map(map -> map));
        return Combinators.combine(
                        Arbitraries.longs().greaterOrEqual(1), Arbitraries.of(Event.Type.values()),
                        Arbitraries.strings().alpha().ofMaxLength(5).optional(), Arbitraries.integers().between(0, 9),
                        Arbitraries.strings().ofMaxLength(30),
                        Arbitraries.maps(Arbitraries.strings().alpha().ofLength(5), values).ofMaxSize(4))
                .as((seq, type, host, attempt, message, data) -> new Event(
                        seq, Instant.EPOCH.plusNanos(seq), "run", type, host, host.map(name -> "step-of-" + name), attempt,
                        message, data));
    }
}
