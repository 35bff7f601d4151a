package dev.caravan.spec;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A value of a spec that knows its position. Lines and columns count from 1; a map or list under a key stands
 * where its key does.
 */
sealed interface SpecNode {
    String path();

    int line();

    int column();

    /** The value as plain data: maps, lists, strings, numbers, booleans. */
    Object plain();

    JsonNode json();

    /** What a wrong value is called in a message. */
    String kind();

    default Problem problem(String message, String remedy) {
        return new Problem(line(), column(), path(), message, remedy);
    }

    /** The value under one key after the other. */
    default Optional<SpecNode> at(String... keys) {
        SpecNode node = this;
        for (String key : keys) {
            if (!(node instanceof SpecMap map) || !map.entries().containsKey(key)) {
                return Optional.empty();
            }
            node = map.entries().get(key);
        }
        return Optional.of(node);
    }

    /** The text under these keys, where there is one that is not empty. */
    default Optional<String> text(String... keys) {
        return at(keys).flatMap(SpecNode::asText).filter(text -> !text.isEmpty());
    }

    default Optional<String> asText() {
        return this instanceof SpecScalar scalar && scalar.value() instanceof String text
                ? Optional.of(text)
                : Optional.empty();
    }

    /** The list under these keys; empty where there is none. */
    default List<SpecNode> list(String... keys) {
        return at(keys).map(node -> node instanceof SpecList list ? list.items() : List.<SpecNode>of())
                .orElse(List.of());
    }

    /** The map under these keys; empty where there is none. */
    default Map<String, SpecNode> map(String... keys) {
        return at(keys).map(node -> node instanceof SpecMap map ? map.entries() : Map.<String, SpecNode>of())
                .orElse(Map.of());
    }

    /** A place in the text, from 1. */
    record Position(int line, int column) {}

    /** @param keys the position of each key */
    record SpecMap(String path, int line, int column, Map<String, SpecNode> entries, Map<String, Position> keys)
            implements SpecNode {
        @Override
        public Object plain() {
            Map<String, Object> plain = new LinkedHashMap<>();
            entries.forEach((key, value) -> plain.put(key, value.plain()));
            return plain;
        }

        @Override
        public JsonNode json() {
            ObjectNode json = JsonNodeFactory.instance.objectNode();
            entries.forEach((key, value) -> json.set(key, value.json()));
            return json;
        }

        @Override
        public String kind() {
            return "a map";
        }
    }

    record SpecList(String path, int line, int column, List<SpecNode> items) implements SpecNode {
        @Override
        public Object plain() {
            List<Object> plain = new ArrayList<>();
            items.forEach(item -> plain.add(item.plain()));
            return plain;
        }

        @Override
        public JsonNode json() {
            ArrayNode json = JsonNodeFactory.instance.arrayNode();
            items.forEach(item -> json.add(item.json()));
            return json;
        }

        @Override
        public String kind() {
            return "a list";
        }
    }

    /**
     * @param value a string, number, boolean or null
     * @param shown what is written in the spec, as messages may show it: never a secret, never what an expansion gave
     */
    record SpecScalar(String path, int line, int column, Object value, String shown) implements SpecNode {
        private static final ObjectMapper JSON = new ObjectMapper();

        @Override
        public Object plain() {
            return value;
        }

        @Override
        public JsonNode json() {
            // A secret stays out of the validator, which might log what it is given.
            return JSON.valueToTree(value instanceof String && shown.equals(Redaction.PLACEHOLDER) ? shown : value);
        }

        @Override
        public String kind() {
            if (value instanceof String) {
                return "text";
            }
            return value instanceof Boolean ? "true or false" : value == null ? "nothing" : "a number";
        }

        /** Not the generated text, which would hold the value. */
        @Override
        public String toString() {
            return path + "=" + shown;
        }
    }
}
