package dev.caravan.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

/** The description of all that is served: {@code openapi/caravan-v1.yaml} with the spec's schema in it. Thread-safe. */
final class OpenApi {
    private static final String FILE = "openapi/caravan-v1.yaml";
    private static final String SPEC_SCHEMA = "schema/cluster-v1.schema.json";

    private final ObjectNode tree;
    private final byte[] yaml;

    /** The same for all engines of a process; it is made when somebody asks for it. */
    static OpenApi description() {
        return Made.DESCRIPTION;
    }

    private static final class Made {
        private static final OpenApi DESCRIPTION = new OpenApi();
    }

    private OpenApi() {
        try {
            ObjectMapper json = new ObjectMapper();
            // Jackson knows no aliases.
            tree = json.valueToTree(new Load(LoadSettings.builder().build()).loadFromString(read(FILE)));
            ObjectNode spec = (ObjectNode) json.readTree(read(SPEC_SCHEMA));
            spec.findParents("$ref").forEach(OpenApi::referWithin);
            ((ObjectNode) tree.at("/components/schemas")).set("Cluster", spec);
            yaml = new YAMLMapper().writeValueAsBytes(tree);
        } catch (IOException e) {
            throw new UncheckedIOException("the description of the API cannot be read", e);
        }
    }

    /** What the spec's schema refers to is in the same place of a larger document now. */
    private static void referWithin(JsonNode node) {
        ((ObjectNode) node).put("$ref", node.get("$ref").asText().replaceFirst("^#/", "#/components/schemas/Cluster/"));
    }

    JsonNode tree() {
        return tree;
    }

    Reply json() {
        return Reply.json(200, tree);
    }

    Reply yaml() {
        return new Reply(200, "application/yaml", yaml, Map.of());
    }

    private static String read(String name) throws IOException {
        try (InputStream in = OpenApi.class.getClassLoader().getResourceAsStream(name)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }
}
