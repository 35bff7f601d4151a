package dev.caravan.spec;

import com.fasterxml.jackson.databind.JsonNode;
import com.networknt.schema.JsonNodePath;
import com.networknt.schema.ValidationMessage;
import dev.caravan.spec.SpecNode.Position;
import dev.caravan.spec.SpecNode.SpecList;
import dev.caravan.spec.SpecNode.SpecMap;
import dev.caravan.spec.SpecNode.SpecScalar;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;

/** Holds a spec against the JSON Schema and says in words for people what does not fit. */
final class Structure {
    private static final Map<String, String> KINDS = Map.of(
            "object",
            "a map",
            "array",
            "a list",
            "string",
            "text",
            "integer",
            "a whole number",
            "number",
            "a number",
            "boolean",
            "true or false");

    /** Words that people who know Kubernetes use for ours. */
    private static final Map<String, String> OTHER_WORDS = Map.of(
            "master",
            "control-plane",
            "controlplane",
            "control-plane",
            "control_plane",
            "control-plane",
            "node",
            "worker",
            "crio",
            "cri-o",
            "accept",
            "accept-new");

    private final SpecNode root;

    private Structure(SpecNode root) {
        this.root = root;
    }

    /** @param known what is known to be wrong already; nothing is said about the same value again */
    static List<Problem> problems(SpecNode root, List<Problem> known) {
        Structure structure = new Structure(root);
        Set<String> said = known.stream().map(Problem::path).collect(Collectors.toSet());
        return Schema.validate(root.json()).stream()
                .map(structure::problem)
                .filter(problem -> !said.contains(problem.path()))
                .distinct()
                .toList();
    }

    private Problem problem(ValidationMessage message) {
        SpecNode node = node(message.getInstanceLocation());
        JsonNode schema = Schema.around(message);
        return switch (message.getType()) {
            case "additionalProperties" -> unknownKey((SpecMap) node, message.getProperty(), schema);
            case "required" -> missingKey(node, message.getProperty(), schema);
            case "type" -> wrongType(node, schema);
            case "enum", "const" -> unknownWord(node, schema);
            case "minimum", "maximum" -> node.problem(
                    "not a valid " + schema.path("title").asText() + ": " + shown(node),
                    "write a number from " + schema.path("minimum").asText() + " to "
                            + schema.path("maximum").asText());
            case "minItems" -> node.problem("the list is empty", example(schema));
            case "uniqueItems" -> node.problem("the list holds one value twice", "keep one of them");
            default -> malformed(node, schema);
        };
    }

    private SpecNode node(JsonNodePath location) {
        SpecNode node = root;
        for (int i = 0; i < location.getNameCount(); i++) {
            Object element = location.getElement(i);
            node = node instanceof SpecList list
                    ? list.items().get(Integer.parseInt(element.toString()))
                    : ((SpecMap) node).entries().get(element.toString());
        }
        return node;
    }

    private static Problem unknownKey(SpecMap map, String key, JsonNode schema) {
        Position at = map.keys().get(key);
        String path = map.path().isEmpty() ? key : map.path() + "." + key;
        String title = schema.path("title").asText();
        String message =
                title.startsWith("kind of ") ? "unknown " + title + " \"" + key + "\"" : "unknown key \"" + key + "\"";
        return new Problem(at.line(), at.column(), path, message, placeFor(key, Schema.keysOf(schema)));
    }

    private static String placeFor(String key, List<String> known) {
        return Nearest.to(key, known)
                .map(near -> "did you mean \"" + near + "\"?")
                .orElseGet(() -> {
                    Set<String> places = Schema.placesOf(key);
                    return places.size() == 1 && !places.contains("")
                            ? "\"" + key + "\" belongs in " + places.iterator().next()
                            : "known here: " + String.join(", ", known);
                });
    }

    private static Problem missingKey(SpecNode node, String key, JsonNode schema) {
        String example = Schema.example(schema.path("properties").path(key))
                .map(text -> "write " + key + ": " + text)
                .orElse("");
        String path = node.path().isEmpty() ? key : node.path() + "." + key;
        return new Problem(node.line(), node.column(), path, "\"" + key + "\" is missing", example);
    }

    private static Problem wrongType(SpecNode node, JsonNode schema) {
        JsonNode type = schema.path("type");
        String expected = type.isArray()
                ? StreamSupport.stream(type.spliterator(), false)
                        .map(one -> KINDS.get(one.asText()))
                        .collect(Collectors.joining(" or "))
                : KINDS.get(type.asText());
        return node.problem("must be " + expected + ", but is " + node.kind(), typeRemedy(node, schema, type.asText()));
    }

    private static String typeRemedy(SpecNode node, JsonNode schema, String expected) {
        if (expected.equals("string") && node instanceof SpecScalar) {
            return schema.has("pattern")
                            && schema.has("examples")
                            && !schema.path("title").asText().startsWith("label")
                    ? example(schema)
                    : "put the value in quotes";
        }
        if (expected.equals("array")
                && node instanceof SpecScalar scalar
                && !scalar.shown().isEmpty()) {
            return "write it in brackets: [" + scalar.shown() + "]";
        }
        return example(schema);
    }

    private static Problem unknownWord(SpecNode node, JsonNode schema) {
        List<String> words = new ArrayList<>();
        schema.path("enum").forEach(word -> words.add(word.asText()));
        if (schema.has("const")) {
            words.add(schema.get("const").asText());
        }
        String title = schema.path("title").asText();
        String written = node.asText().orElse("");
        String remedy = Nearest.to(written, words)
                .or(() -> Optional.ofNullable(OTHER_WORDS.get(written.toLowerCase(Locale.ROOT)))
                        .filter(words::contains))
                .map(near -> "did you mean \"" + near + "\"?")
                .orElse(words.size() == 1 ? "write " + words.get(0) : "known: " + String.join(", ", words));
        return node.problem("unknown " + title + " " + shown(node), remedy);
    }

    private static Problem malformed(SpecNode node, JsonNode schema) {
        String remedy = schema.path("title").asText().equals("exact Kubernetes version")
                ? versionRemedy(node)
                : example(schema);
        return node.problem("not a valid " + schema.path("title").asText() + ": " + shown(node), remedy);
    }

    private static String versionRemedy(SpecNode node) {
        String written = node instanceof SpecScalar scalar ? scalar.shown() : "";
        if (written.matches("v1\\.\\d+\\.\\d+")) {
            return "write it without the v: " + written.substring(1);
        }
        return written.matches("v?1\\.\\d+")
                ? "write all three numbers, for example " + written.replace("v", "") + ".2"
                : "write three numbers, for example 1.20.2";
    }

    private static String example(JsonNode schema) {
        return Schema.example(schema).map(text -> "for example " + text).orElse("");
    }

    private static String shown(SpecNode node) {
        return node instanceof SpecScalar scalar ? "\"" + scalar.shown() + "\"" : node.kind();
    }
}
