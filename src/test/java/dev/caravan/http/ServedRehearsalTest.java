package dev.caravan.http;

import static dev.caravan.http.Client.json;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.caravan.rehearsal.Rehearsal;
import dev.caravan.rehearsal.Scratch;
import dev.caravan.testkit.Serving;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Rehearsal: the built-in workflow, triggered over HTTP and through the inbox, on simulated hosts. */
class ServedRehearsalTest {
    private static final Duration LONG = Duration.ofSeconds(300);

    @RegisterExtension
    final Scratch scratch = new Scratch();

    @Test
    void aRunBegunOverHttpEndsWithAClusterAndTheInboxThenChangesNothing() throws Exception {
        try (Rehearsal rehearsal = Serving.twoHosts(scratch.directory(), 0);
                Serving serving = Serving.rehearse(scratch.parent(), rehearsal)) {
            Client client = new Client(serving);
            String id = json(client.postSpec("/api/v1/runs", Serving.TWO_HOSTS)).get("id").asText();
            HttpResponse<String> events = client.http().send(
                    HttpRequest.newBuilder(serving.uri("/api/v1/runs/" + id + "/events")).timeout(LONG).build(),
                    HttpResponse.BodyHandlers.ofString());
            JsonNode run = json(client.get("/api/v1/runs/" + id));
            assertThat(run.get("state").asText()).as(events.body()).isEqualTo("succeeded");
            assertThat(run.get("rehearsal").asBoolean()).isTrue();
            assertThat(Path.of(run.get("kubeconfig").asText())).exists();
            assertThat(StreamSupport.stream(run.get("steps").spliterator(), false)
                    .map(step -> step.path("host").asText() + " " + step.get("step").asText()))
                    .contains("h1 kubeadm-init", "h2 kubeadm-join");
            assertThat(client.get("/api/v1/runs/" + id + "/logs?host=h1&step=kubeadm-init").statusCode()).isEqualTo(200);

            Path spec = Files.writeString(scratch.parent().resolve("again.yaml"), Serving.TWO_HOSTS);
            Files.move(spec, serving.inbox().resolve("again.yaml"), StandardCopyOption.ATOMIC_MOVE);
            Path result = serving.inbox().resolve(".done").resolve("again.yaml.result.json");
            await().atMost(LONG).until(() -> Files.exists(result));
            String second = new ObjectMapper().readTree(result.toFile()).get("run").asText();
            assertThat(json(client.get("/api/v1/runs/" + second)).get("steps")).isNotEmpty()
                    .noneMatch(step -> step.get("changed").asBoolean());
        }
    }

    @Tag("long")
    @Test
    void aServiceDeletesWhatItsSettingsDoNotKeepAndThenAnswers404() throws Exception {
        try (Rehearsal rehearsal = Serving.twoHosts(scratch.directory(), 0)) {
            List<String> ids = new ArrayList<>();
            try (Serving serving = Serving.rehearse(scratch.parent(), rehearsal, Optional.empty(), Map.of())) {
                Client client = new Client(serving);
                for (int number = 0; number < 3; number++) {
                    String id = json(client.postSpec("/api/v1/runs", Serving.TWO_HOSTS)).get("id").asText();
                    await().atMost(LONG).until(() -> json(client.get("/api/v1/runs/" + id)).get("state").asText().equals("succeeded"));
                    assertThat(client.get("/api/v1/runs/" + id + "/logs?host=h1&step=facts").statusCode()).isEqualTo(200);
                    ids.add(id);
                }
            }
            try (Serving serving = Serving.rehearse(scratch.parent(), rehearsal, Optional.empty(), Map.of("caravan.keep.runs", "1"))) {
                Client client = new Client(serving);
                String deleted = "/api/v1/runs/" + ids.get(1);
                await().atMost(LONG).until(() -> client.get(deleted).statusCode() == 404);
                for (String below : List.of("", "/events", "/timeline", "/logs?host=h1&step=facts")) {
                    assertThat(client.get(deleted + below).statusCode()).as(below).isEqualTo(404);
                }
                assertThat(client.post(deleted + "/retry", "").statusCode()).isEqualTo(404);
                assertThat(StreamSupport.stream(json(client.get("/api/v1/runs")).get("runs").spliterator(), false)
                        .map(run -> run.get("id").asText()))
                        .as("the first changed the hosts, the last is the newest").containsExactly(ids.get(2), ids.get(0));
                await().atMost(LONG).until(() -> !Files.exists(scratch.parent().resolve("data/logs").resolve(ids.get(1))));
                assertThat(client.get("/api/v1/runs/" + ids.get(0) + "/logs?host=h1&step=kubeadm-init").statusCode()).isEqualTo(200);
            }
        }
    }
}
