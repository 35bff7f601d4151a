package dev.caravan.history;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/** Reads members of a JSON object. A member that is missing or of another type is empty, never an error. */
record Members(JsonNode object) {
    boolean has(String name) {
        return object.has(name);
    }

    Optional<String> text(String name) {
        JsonNode member = object.path(name);
        return member.isTextual() ? Optional.of(member.asText()) : Optional.empty();
    }

    String textOr(String name, String otherwise) {
        return text(name).orElse(otherwise);
    }

    Optional<Boolean> flag(String name) {
        JsonNode member = object.path(name);
        return member.isBoolean() ? Optional.of(member.asBoolean()) : Optional.empty();
    }

    Optional<Long> number(String name) {
        JsonNode member = object.path(name);
        return member.isNumber() ? Optional.of(member.asLong()) : Optional.empty();
    }

    OptionalInt count(String name) {
        return number(name).map(number -> OptionalInt.of(number.intValue())).orElse(OptionalInt.empty());
    }

    Optional<Duration> millis(String name) {
        return number(name).map(Duration::ofMillis);
    }

    List<String> texts(String name) {
        List<String> texts = new ArrayList<>();
        elements(name).forEach(each -> {
            if (each.isValueNode()) {
                texts.add(each.asText());
            }
        });
        return texts;
    }

    Map<String, String> textsByName(String name) {
        Map<String, String> texts = new LinkedHashMap<>();
        object.path(name).fields().forEachRemaining(member -> {
            if (member.getValue().isValueNode()) {
                texts.put(member.getKey(), member.getValue().asText());
            }
        });
        return texts;
    }

    Optional<Members> object(String name) {
        return Optional.of(object.path(name)).filter(JsonNode::isObject).map(Members::new);
    }

    List<Members> objects(String name) {
        List<Members> objects = new ArrayList<>();
        elements(name).forEach(each -> {
            if (each.isObject()) {
                objects.add(new Members(each));
            }
        });
        return objects;
    }

    private Iterable<JsonNode> elements(String name) {
        JsonNode member = object.path(name);
        return member.isArray() ? member : List.of();
    }
}
