package dev.caravan.http;

import static dev.caravan.http.Client.json;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.caravan.engine.CannotStart;
import dev.caravan.rehearsal.Rehearsal;
import dev.caravan.rehearsal.Rehearsals;
import dev.caravan.rehearsal.Scratch;
import dev.caravan.testkit.Serving;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Rehearsal: a service whose clusters get simulated hosts when their runs begin. */
class RehearsalsTest {
    private static final String THREE_HOSTS =
            Serving.TWO_HOSTS + "    - {name: h3, address: 192.0.2.13, roles: [worker]}\n";

    @RegisterExtension
    final Scratch scratch = new Scratch();

    private static JsonNode ended(Serving serving, String action, String spec) throws Exception {
        Client client = new Client(serving);
        String id = json(client.postSpec("/api/v1/runs?action=" + action, spec)).get("id").asText();
        serving.ended(id);
        return json(client.get("/api/v1/runs/" + id));
    }

    @Tag("long")
    @Test
    void clustersComeGrowAndStayUntilTheServiceEnds() throws Exception {
        try (Rehearsals rehearsals = new Rehearsals(scratch.directory(), Rehearsal.Options.usual().withPace(0));
                Serving serving = Serving.rehearse(scratch.parent(), rehearsals)) {
            JsonNode first = ended(serving, "apply", Serving.TWO_HOSTS);
            assertThat(first.get("state").asText()).as(first.path("message").asText()).isEqualTo("succeeded");
            assertThat(first.get("rehearsal").asBoolean()).isTrue();
            assertThat(ended(serving, "plan", Serving.TWO_HOSTS).get("steps")).isNotEmpty()
                    .noneMatch(step -> step.get("changed").asBoolean());

            JsonNode grown = ended(serving, "apply", THREE_HOSTS);
            assertThat(grown.get("state").asText()).as(grown.path("message").asText()).isEqualTo("succeeded");
            assertThat(grown.get("steps")).filteredOn(step -> step.get("changed").asBoolean())
                    .extracting(step -> step.path("host").asText()).contains("h3").doesNotContain("h2");

            JsonNode other = ended(serving, "apply", Serving.spec("other", "192.0.2.21"));
            assertThat(other.get("state").asText()).as(other.path("message").asText()).isEqualTo("succeeded");
            assertThat(new Client(serving).get("/").body()).contains("Rehearsal: simulated hosts").doesNotContain("Real hosts");
        }
        assertThatThrownBy(() -> Serving.start(scratch.parent(), Optional.empty())).isInstanceOf(CannotStart.class)
                .hasMessageContaining("has runs of a rehearsal").hasMessageContaining("--data");
    }

    @Test
    void dataOfRealRunsIsNotUsed() throws Exception {
        Path directory = Files.createDirectories(scratch.parent().resolve("real"));
        try (Serving serving = Serving.start(directory, Optional.empty())) {
            Client client = new Client(serving);
            serving.release(client.begin());
            assertThat(client.get("/").body()).contains("Real hosts").doesNotContain("{{");
        }
        try (Rehearsals rehearsals = new Rehearsals(scratch.directory(), Rehearsal.Options.usual())) {
            assertThatThrownBy(() -> Serving.rehearse(directory, rehearsals)).isInstanceOf(CannotStart.class)
                    .hasMessageContaining("has runs on real hosts").hasMessageContaining("--data");
        }
    }
}
