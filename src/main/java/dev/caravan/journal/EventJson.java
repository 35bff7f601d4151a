package dev.caravan.journal;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;

/**
 * The JSON form of an {@link Event}, one object:
 *
 * <pre>{"seq":7,"at":"2026-11-23T06:00:12.400Z","run":"7f3a","type":"step-ended","host":"h2","step":"kubeadm-join",
 * "attempt":1,"message":"joined demo as a worker","data":{"durationMillis":8100,"state":"changed"}}</pre>
 *
 * Instants are ISO-8601 in UTC, the type is its {@link Event.Type#word() word}. There are no nulls: {@code host},
 * {@code step}, {@code attempt} and {@code data} are left out where the event has none, and so is a null within
 * {@code data}, whose members are in the order of their names. What is read back equals what was written, with whole numbers in
 * {@code data} as {@code Long} and others as {@code Double}. Thread-safe.
 */
public final class EventJson {
    private static final ObjectMapper JSON = JsonMapper.builder()
            .defaultPropertyInclusion(
                    JsonInclude.Value.construct(JsonInclude.Include.ALWAYS, JsonInclude.Include.NON_NULL))
            .enable(DeserializationFeature.USE_LONG_FOR_INTS)
            .enable(SerializationFeature.ORDER_MAP_ENTRIES_BY_KEYS)
            .build();
    private static final TypeReference<Map<String, Object>> DATA = new TypeReference<>() {};

    private EventJson() {}

    /** The event as one line of JSON, without the line's end. */
    public static String write(Event event) {
        return tree(event).toString();
    }

    /** The event as a tree, for callers who put it into a larger document. */
    public static ObjectNode tree(Event event) {
        ObjectNode tree = JSON.createObjectNode();
        tree.put("seq", event.seq());
        tree.put("at", event.at().toString());
        tree.put("run", event.run());
        tree.put("type", event.type().word());
        event.host().ifPresent(host -> tree.put("host", host));
        event.step().ifPresent(step -> tree.put("step", step));
        if (event.attempt() != 0) {
            tree.put("attempt", event.attempt());
        }
        tree.put("message", event.message());
        if (!event.data().isEmpty()) {
            tree.set("data", JSON.valueToTree(event.data()));
        }
        return tree;
    }

    /**
     * Reads what {@link #write} wrote; members that this version does not know are passed over.
     *
     * @throws IllegalArgumentException where this is not an event; the message says what is missing or wrong
     */
    public static Event read(String json) {
        try {
            return read(JSON.readTree(json));
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException("not an event: no valid JSON: " + e.getOriginalMessage(), e);
        }
    }

    /** As {@link #read(String)}, from a tree. */
    public static Event read(JsonNode tree) {
        return new Event(
                required(tree, "seq").asLong(),
                instant(required(tree, "at").asText()),
                required(tree, "run").asText(),
                type(required(tree, "type").asText()),
                text(tree, "host"),
                text(tree, "step"),
                tree.path("attempt").asInt(0),
                text(tree, "message").orElse(""),
                tree.hasNonNull("data") ? JSON.convertValue(tree.get("data"), DATA) : Map.of());
    }

    private static JsonNode required(JsonNode tree, String member) {
        if (!tree.hasNonNull(member)) {
            throw new IllegalArgumentException("not an event: \"" + member + "\" is missing");
        }
        return tree.get(member);
    }

    private static Optional<String> text(JsonNode tree, String member) {
        return tree.hasNonNull(member) ? Optional.of(tree.get(member).asText()) : Optional.empty();
    }

    private static Instant instant(String text) {
        try {
            return Instant.parse(text);
        } catch (DateTimeException e) {
            throw new IllegalArgumentException("not an event: \"at\" is no ISO-8601 instant: " + text, e);
        }
    }

    private static Event.Type type(String word) {
        for (Event.Type type : Event.Type.values()) {
            if (type.word().equals(word)) {
                return type;
            }
        }
        throw new IllegalArgumentException("not an event: unknown type \"" + word + "\"");
    }
}
