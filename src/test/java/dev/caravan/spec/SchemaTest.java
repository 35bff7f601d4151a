package dev.caravan.spec;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SchemaLocation;
import com.networknt.schema.SpecVersion;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class SchemaTest {
    private static final JsonSchemaFactory FACTORY = JsonSchemaFactory.getInstance(SpecVersion.VersionFlag.V202012);
    private final JsonNode schema = read();

    private static JsonNode read() {
        try {
            return new ObjectMapper().readTree(Schema.text());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void isAValidSchemaOf2020() {
        assertThat(FACTORY.getSchema(SchemaLocation.of("https://json-schema.org/draft/2020-12/schema"))
                        .validate(schema))
                .isEmpty();
    }

    @Test
    void everyFieldHasATitleADescriptionAndAnExampleThatFits() {
        List<String> lacking = new ArrayList<>();
        visit("", schema, lacking);
        assertThat(lacking).isEmpty();
    }

    private void visit(String path, JsonNode node, List<String> lacking) {
        for (Map.Entry<String, JsonNode> property : node.path("properties").properties()) {
            String below = path + "/" + property.getKey();
            JsonNode field = Schema.resolved(property.getValue());
            for (String keyword : List.of("title", "description", "examples")) {
                if (!property.getValue().has(keyword) && !field.has(keyword)) {
                    lacking.add(below + " has no " + keyword);
                }
            }
            JsonNode definition = ((ObjectNode) field.deepCopy()).set("$defs", schema.get("$defs"));
            field.path("examples").forEach(example -> FACTORY.getSchema(definition)
                    .validate(example)
                    .forEach(message -> lacking.add(below + ": " + message)));
            if (field.has("default")) {
                FACTORY.getSchema(definition)
                        .validate(field.get("default"))
                        .forEach(message -> lacking.add(below + ": default: " + message));
            }
            if (!below.endsWith("/proxyJump/proxyJump")) {
                visit(below, field, lacking);
                visit(below + "[]", Schema.resolved(field.path("items")), lacking);
            }
        }
    }

    @Test
    void namesTheDefaultsThatTheReaderFillsIn() throws InvalidSpec {
        Cluster cluster = SpecReader.read(
                """
                {"apiVersion": "caravan/v1", "kind": "Cluster", "metadata": {"name": "demo"}, "spec": {"kubernetes": {"version": "1.20.2"},
                 "hosts": [{"name": "h1", "address": "192.0.2.11", "roles": ["control-plane"]}]}}""",
                "test");

        assertThat(defaultOf("/$defs/kubernetes/properties/podSubnet"))
                .isEqualTo(cluster.kubernetes().podSubnet());
        assertThat(defaultOf("/$defs/kubernetes/properties/serviceSubnet"))
                .isEqualTo(cluster.kubernetes().serviceSubnet());
        assertThat(defaultOf("/$defs/packages/properties/mirror"))
                .isEqualToIgnoringCase(cluster.packages().mirror().name());
        assertThat(defaultOf("/$defs/network/properties/cni"))
                .isEqualToIgnoringCase(cluster.network().cni().name());
        assertThat(defaultOf("/properties/spec/properties/onFailure"))
                .isEqualToIgnoringCase(cluster.onFailure().name());
        SshAccess ssh = cluster.hosts().get(0).ssh();
        assertThat(defaultOf("/$defs/sshUser")).isEqualTo(ssh.user());
        assertThat(defaultOf("/$defs/sshPort")).isEqualTo(String.valueOf(ssh.port()));
        assertThat(defaultOf("/$defs/sshHostKeyCheck"))
                .isEqualToIgnoringCase(ssh.hostKeyCheck().name());
        assertThat(SshAssembly.duration(defaultOf("/$defs/sshConnectTimeout"))).isEqualTo(ssh.connectTimeout());
        assertThat(SshAssembly.duration(defaultOf("/$defs/sshKeepAlive"))).isEqualTo(ssh.keepAlive());
        assertThat(ssh.knownHosts()).endsWith(defaultOf("/$defs/sshKnownHosts").substring(1));
    }

    private String defaultOf(String pointer) {
        JsonNode value = schema.at(pointer).path("default");
        assertThat(value.isMissingNode()).as(pointer).isFalse();
        return value.asText();
    }
}
