package dev.caravan.history;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.Optional;

/**
 * The JSON form of an {@link Event}, one object:
 *
 * <pre>{"seq":7,"at":"2026-11-23T06:00:12.400Z","run":"7f3a","type":"step-ended","host":"h2","step":"kubeadm-join",
 * "attempt":1,"message":"joined demo as a worker","data":{"changes":[],"durationMillis":8100,"state":"changed"}}</pre>
 *
 * Instants are ISO-8601 in UTC; {@link EventRow} says what {@code type} and {@code data} are. There are no nulls: {@code host},
 * {@code step}, {@code attempt}, {@code message} and {@code data} are left out if the event has none. What is read back equals what was
 * written. Thread-safe.
 */
public final class EventJson {
    private static final ObjectMapper JSON = new ObjectMapper();

    private EventJson() {}

    /** The event as one line of JSON, without the line's end. */
    public static String write(Event event) {
        return tree(event).toString();
    }

    /** The event as a tree, for callers who put it into a larger document. */
    public static ObjectNode tree(Event event) {
        EventRow row = EventRow.of(event.occurrence());
        ObjectNode tree = JSON.createObjectNode();
        tree.put("seq", event.seq());
        tree.put("at", event.at().toString());
        tree.put("run", event.run());
        tree.put("type", row.type());
        row.host().ifPresent(host -> tree.put("host", host));
        row.step().ifPresent(step -> tree.put("step", step));
        if (row.attempt() != 0) {
            tree.put("attempt", row.attempt());
        }
        if (!row.message().isEmpty()) {
            tree.put("message", row.message());
        }
        if (!row.data().isEmpty()) {
            tree.set("data", row.data());
        }
        return tree;
    }

    /**
     * Reads what {@link #write} wrote; members that this version does not know are passed over.
     *
     * @throws IllegalArgumentException if this is not an event; the message says what is missing or wrong
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
        EventRow row = new EventRow(required(tree, "type").asText(), text(tree, "host"), text(tree, "step"), tree.path("attempt").asInt(0),
                text(tree, "message").orElse(""), tree.get("data") instanceof ObjectNode data ? data : JSON.createObjectNode());
        return new Event(required(tree, "seq").asLong(), instant(required(tree, "at").asText()), required(tree, "run").asText(),
                occurrence(row));
    }

    private static Occurrence occurrence(EventRow row) {
        try {
            return row.occurrence();
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("not an event: " + e.getMessage(), e);
        }
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
}
