package dev.caravan.history;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.caravan.history.Occurrence.RunStarted;
import dev.caravan.history.Occurrence.StepEnded;
import dev.caravan.history.Occurrence.Unknown;
import java.time.Duration;
import java.time.Instant;
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
    private static final Event BARE = new Event(1, Instant.parse("2026-11-23T06:00:12.4Z"), "7f3a", new RunStarted());

    @Test
    void writesWhatAnEventHasAndNothingElse() {
        assertThat(EventJson.write(BARE))
                .isEqualTo("{\"seq\":1,\"at\":\"2026-11-23T06:00:12.400Z\",\"run\":\"7f3a\",\"type\":\"run-started\"}");
        Event full = new Event(7, BARE.at(), "7f3a", new StepEnded(Attempt.of("h2", "kubeadm-join", 3), "joined\n\"demo\"",
                StepState.CHANGED, List.of("join"), List.of(), Map.of(), false, Optional.empty(), Optional.of(Duration.ofMillis(8100)),
                Optional.empty()));
        assertThat(EventJson.write(full)).isEqualTo("{\"seq\":7,\"at\":\"2026-11-23T06:00:12.400Z\",\"run\":\"7f3a\","
                + "\"type\":\"step-ended\",\"host\":\"h2\",\"step\":\"kubeadm-join\",\"attempt\":3,"
                + "\"message\":\"joined\\n\\\"demo\\\"\",\"data\":{\"changes\":[\"join\"],\"durationMillis\":8100,\"state\":\"changed\"}}");
    }

    @Test
    void passesOverMembersOfANewerVersion() {
        assertThat(EventJson.read(EventJson.write(BARE).replace("{\"seq\"", "{\"colour\":[1],\"seq\""))).isEqualTo(BARE);
    }

    @Test
    void passesOnEventsOfANewerVersion() {
        String json = EventJson.write(BARE).replace("\"run-started\"",
                "\"host-drained\",\"host\":\"h1\",\"message\":\"drained\",\"data\":{\"pods\":7}");
        Event event = EventJson.read(json);
        assertThat(event.is(Unknown.class)).isTrue();
        assertThat(event.message()).isEqualTo("drained");
        assertThat(EventJson.write(event)).isEqualTo(json);
    }

    @Test
    void saysWhatIsWrongWithWhatIsNoEvent() {
        String json = EventJson.write(BARE);
        assertThatThrownBy(() -> EventJson.read(json.replace("\"run\"", "\"ran\"")))
                .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("\"run\" is missing");
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
        return Combinators.combine(Arbitraries.longs().greaterOrEqual(1), Occurrences.any())
                .as((seq, what) -> new Event(seq, Instant.EPOCH.plusNanos(seq), "run", what));
    }
}
