package dev.caravan.spec;

import com.fasterxml.jackson.core.JsonPointer;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SchemaValidatorsConfig;
import com.networknt.schema.SpecVersion;
import com.networknt.schema.ValidationMessage;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;

/** The JSON Schema (2020-12) of a spec. Thread-safe. */
public final class Schema {
    private static final String RESOURCE = "/schema/cluster-v1.schema.json";

    private Schema() {}

    /** The schema as it is given to editors and by {@code caravan schema}. */
    public static String text() {
        try (InputStream in = Schema.class.getResourceAsStream(RESOURCE)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException("the schema inside the jar cannot be read", e);
        }
    }

    static Set<ValidationMessage> validate(JsonNode spec) {
        return Loaded.VALIDATOR.validate(spec);
    }

    /** The schema of the value that a message is about. */
    static JsonNode around(ValidationMessage message) {
        String keyword = message.getSchemaLocation().getFragment().toString();
        return Loaded.TREE.at(JsonPointer.compile(keyword).head());
    }

    /** The schema with what its {@code $ref} leads to, if it has one. */
    static JsonNode resolved(JsonNode schema) {
        return schema.has("$ref") ? Loaded.TREE.at(schema.get("$ref").asText().substring(1)) : schema;
    }

    /** The first example of a value, as one writes it in a spec. */
    static Optional<String> example(JsonNode schema) {
        JsonNode example = resolved(schema).path("examples").path(0);
        return example.isMissingNode()
                ? Optional.empty()
                : Optional.of(example.isTextual() ? example.asText() : example.toString());
    }

    /** Where keys of that name stand in a spec, as paths; lists are written {@code hosts[]}. */
    static Set<String> placesOf(String key) {
        return Loaded.PLACES.getOrDefault(key, Set.of());
    }

    static List<String> keysOf(JsonNode schema) {
        List<String> keys = new ArrayList<>();
        resolved(schema).path("properties").fieldNames().forEachRemaining(keys::add);
        return keys;
    }

    /** Read on first use: only those who validate pay for it. */
    private static final class Loaded {
        static final JsonNode TREE = tree();
        static final JsonSchema VALIDATOR =
                JsonSchemaFactory.getInstance(SpecVersion.VersionFlag.V202012).getSchema(TREE, config());
        static final Map<String, Set<String>> PLACES = places();

        /** In JSON Schema {@code $} is the very end; in Java it also stands before a last line break. */
        private static SchemaValidatorsConfig config() {
            return SchemaValidatorsConfig.builder()
                    .regularExpressionFactory(regex -> {
                        Pattern pattern = Pattern.compile(regex.replace("$", "\\z"));
                        return value -> pattern.matcher(value).find();
                    })
                    .build();
        }

        private static JsonNode tree() {
            try {
                return new ObjectMapper().readTree(text());
            } catch (IOException e) {
                throw new UncheckedIOException("the schema inside the jar is no JSON", e);
            }
        }

        private static Map<String, Set<String>> places() {
            Map<String, Set<String>> places = new TreeMap<>();
            collect(TREE, "", places);
            return places;
        }

        private static void collect(JsonNode schema, String path, Map<String, Set<String>> places) {
            for (Map.Entry<String, JsonNode> property :
                    schema.path("properties").properties()) {
                // A jump host may have a jump host, and so on: once is enough.
                if (!path.endsWith("proxyJump")) {
                    places.computeIfAbsent(property.getKey(), key -> new TreeSet<>())
                            .add(path);
                    JsonNode below = resolved(property.getValue());
                    String belowPath = path.isEmpty() ? property.getKey() : path + "." + property.getKey();
                    collect(below, belowPath, places);
                    collect(resolved(below.path("items")), belowPath + "[]", places);
                }
            }
        }
    }
}
