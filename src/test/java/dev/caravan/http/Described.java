package dev.caravan.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion.VersionFlag;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** Holds real answers against the description of the API, and remembers what of it they showed. */
final class Described {
    static final JsonNode DOCUMENT = OpenApi.description().tree();

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String PROBLEM = "Problem";
    private static final Map<String, JsonSchema> SCHEMAS = new ConcurrentHashMap<>();
    private static final Set<String> SEEN = ConcurrentHashMap.newKeySet();

    private Described() {}

    /** What real answers have shown so far: "get /path 200" and "Schema.property". */
    static Set<String> seen() {
        return SEEN;
    }

    /** Fails where the answer is not as the description has it. What the description does not know is only held against its problems. */
    static void check(String method, String pathAndQuery, HttpResponse<String> answer) throws IOException {
        String path = pathAndQuery.split("\\?", 2)[0];
        String mediaType = answer.headers().firstValue("Content-Type").orElse("").split(";", 2)[0];
        Optional<Map.Entry<String, JsonNode>> described = DOCUMENT.get("paths").properties().stream()
                .filter(each -> path.matches(each.getKey().replace(".", "\\.").replace("{id}", "[A-Za-z0-9-]{1,32}")
                        .replace("{name}", "[a-z0-9-]{1,63}").replace("{route}", "[A-Za-z0-9._-]{1,64}"))).findFirst();
        if (described.isEmpty() || method.equals("HEAD") || answer.statusCode() == 405) {
            if (mediaType.equals(ProblemDocument.MEDIA_TYPE) && !method.equals("HEAD")) {
                validate(PROBLEM, JSON.readTree(answer.body()));
            }
            return;
        }
        String asked = method.toLowerCase(Locale.ROOT) + " " + described.get().getKey() + " " + answer.statusCode();
        JsonNode operation = described.get().getValue().path(method.toLowerCase(Locale.ROOT));
        JsonNode response = resolved(operation.path("responses").path(Integer.toString(answer.statusCode())));
        assertThat(response.isMissingNode()).as("%s is described: %s", asked, answer.body()).isFalse();
        response.path("headers").fieldNames()
                .forEachRemaining(name -> assertThat(answer.headers().firstValue(name)).as("%s of %s", name, asked).isPresent());
        SEEN.add(asked);
        if (!response.has("content")) {
            assertThat(answer.body()).as(asked).isEmpty();
            return;
        }
        JsonNode content = response.get("content").path(mediaType);
        assertThat(content.isMissingNode()).as("media type %s of %s is described", mediaType, asked).isFalse();
        String schema = name(content.path("schema"));
        if (mediaType.equals("text/event-stream")) {
            for (String line : answer.body().lines().filter(each -> each.startsWith("data: ")).toList()) {
                validate(schema, JSON.readTree(line.substring("data: ".length())));
            }
        } else if (!schema.isEmpty()) {
            validate(schema, JSON.readTree(answer.body()));
        }
    }

    private static JsonNode resolved(JsonNode node) {
        return node.has("$ref") ? DOCUMENT.at(node.get("$ref").asText().substring(1)) : node;
    }

    /** Of the schema that is referred to; empty where there is none. */
    private static String name(JsonNode schema) {
        String reference = schema.path("$ref").asText();
        return reference.substring(reference.lastIndexOf('/') + 1);
    }

    static JsonSchema validator(String schema) {
        return SCHEMAS.computeIfAbsent(schema, Described::schema);
    }

    private static void validate(String schema, JsonNode answer) {
        assertThat(validator(schema).validate(answer)).as("%s as %s", answer, schema).isEmpty();
        requireNothingEmpty(answer);
        note(schema, answer);
    }

    /** What there is none of is left out; except for what a run has recorded, which stays as it is. */
    private static void requireNothingEmpty(JsonNode answer) {
        answer.properties().stream().filter(member -> !member.getKey().equals("data")).forEach(member -> {
            assertThat(member.getValue().isNull() || member.getValue().isTextual() && member.getValue().asText().isEmpty())
                    .as("%s is left out rather than empty in %s", member.getKey(), answer).isFalse();
            requireNothingEmpty(member.getValue());
        });
        if (answer.isArray()) {
            answer.forEach(Described::requireNothingEmpty);
        }
    }

    private static JsonSchema schema(String name) {
        ObjectNode whole = JSON.createObjectNode().put("$ref", "#/components/schemas/" + name);
        whole.putObject("components").set("schemas", DOCUMENT.at("/components/schemas"));
        return JsonSchemaFactory.getInstance(VersionFlag.V202012).getSchema(whole);
    }

    private static void note(String schema, JsonNode answer) {
        answer.properties().forEach(member -> {
            SEEN.add(schema + "." + member.getKey());
            JsonNode property = DOCUMENT.at("/components/schemas/" + schema + "/properties/" + member.getKey());
            if (!name(property).isEmpty()) {
                note(name(property), member.getValue());
            } else if (!name(property.path("items")).isEmpty()) {
                member.getValue().forEach(item -> note(name(property.path("items")), item));
            }
        });
    }
}
