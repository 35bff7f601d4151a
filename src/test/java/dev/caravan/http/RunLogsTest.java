package dev.caravan.http;

import static dev.caravan.http.Client.json;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.caravan.history.Attempt;
import dev.caravan.history.Failure;
import dev.caravan.history.Occurrence.HostWaiting;
import dev.caravan.history.Occurrence.StepRetried;
import dev.caravan.history.StepState;
import dev.caravan.run.Run;
import dev.caravan.run.StepRecorder;
import dev.caravan.testkit.Serving;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a real server gives of the logs of runs, of the routes that are loaded, and of where the time went. */
class RunLogsTest {
    private static final String RUNS = "/api/v1/runs";

    @RegisterExtension
    static final Serving serving = Serving.forClass();

    private static final Client client = new Client(serving);

    @Test
    void logsAreGivenByHostAndStep() throws Exception {
        String id = client.begin();
        Path logs = Files.createDirectories(serving.data().resolve("logs").resolve(id).resolve("h1"));
        Files.writeString(logs.resolve("facts.log"), "kernel 5.10\n");
        Files.writeString(logs.resolve("os-prepare.log"), "== turning swap off\n");
        String all = RUNS + "/" + id + "/logs";
        HttpResponse<String> one = client.get(all + "?host=h1&step=facts");
        assertThat(one.body()).isEqualTo("kernel 5.10\n");
        assertThat(one.headers().firstValue("Content-Type")).contains("text/plain; charset=utf-8");
        assertThat(client.get(all).body()).contains("==> h1  facts\nkernel 5.10\n").contains("==> h1  os-prepare\n");
        assertThat(client.get(all + "?host=h2").statusCode()).isEqualTo(404);
        serving.release(id);
    }

    @ParameterizedTest
    @ValueSource(strings = {"host=..&step=secret", "host=h1&step=..%2f..%2f..%2fsecret", "host=..%2f..&step=secret", "host=.&step=facts",
        "host=&step=", "host=%2fetc&step=passwd", "host=h1%00&step=facts", "host=link&step=secret", "host=h1&step=link"})
    void logsCannotBeLeft(String query) throws Exception {
        String id = client.begin();
        Path logs = Files.createDirectories(serving.data().resolve("logs").resolve(id));
        Path secret = Files.writeString(serving.data().resolve("secret.log"), "secret");
        Files.createDirectories(logs.resolve("h1"));
        Files.writeString(logs.resolve("secret.log"), "secret");
        Files.createSymbolicLink(logs.resolve("link"), serving.data().toAbsolutePath());
        Files.createSymbolicLink(logs.resolve("h1").resolve("link.log"), secret.toAbsolutePath());
        HttpResponse<String> answer = client.get(RUNS + "/" + id + "/logs?" + query);
        assertThat(answer.statusCode()).isEqualTo(404);
        assertThat(answer.body()).doesNotContain("secret\n");
        serving.release(id);
    }

    @Test
    void aLogIsReadOnFromWhereOneIs() throws Exception {
        String id = client.begin();
        Path log = Files.createDirectories(serving.data().resolve("logs").resolve(id).resolve("h1")).resolve("facts.log");
        Files.writeString(log, "0123456789");
        String path = RUNS + "/" + id + "/logs?host=h1&step=facts";
        HttpResponse<String> rest = client.get(path, "Range", "bytes=4-");
        assertThat(rest.statusCode()).isEqualTo(206);
        assertThat(rest.body()).isEqualTo("456789");
        assertThat(rest.headers().firstValue("Content-Range")).contains("bytes 4-9/10");
        assertThat(client.get(path, "Range", "bytes=2-3").body()).isEqualTo("23");
        assertThat(client.get(path, "Range", "bytes=-3").body()).isEqualTo("789");
        assertThat(client.get(path, "Range", "bytes=-999").body()).isEqualTo("0123456789");
        HttpResponse<String> nothingMore = client.get(path, "Range", "bytes=10-");
        assertThat(nothingMore.statusCode()).isEqualTo(416);
        assertThat(nothingMore.headers().firstValue("Content-Range")).contains("bytes */10");
        for (String notUnderstood : List.of("bytes=5-3", "bytes=1-2,4-5", "lines=1-", "bytes=99999999999999999999-", "bytes=x-")) {
            HttpResponse<String> whole = client.get(path, "Range", notUnderstood);
            assertThat(whole.statusCode()).as(notUnderstood).isEqualTo(200);
            assertThat(whole.body()).isEqualTo("0123456789");
        }
        assertThat(client.get(RUNS + "/" + id + "/logs?host=h1&step=link", "Range", "bytes=0-").statusCode()).isEqualTo(404);
        Files.write(log, new byte[StepLogs.LARGEST_PART + 10]);
        assertThat(client.get(path, "Range", "bytes=5-").headers().firstValue("Content-Range"))
                .contains("bytes 5-" + (StepLogs.LARGEST_PART + 4) + "/" + (StepLogs.LARGEST_PART + 10));
        serving.release(id);
    }

    @Test
    void theRoutesAreReportedAsTheyAreLoaded() throws Exception {
        JsonNode routes = json(client.get("/api/v1/routes")).get("routes");
        JsonNode provision = routeOf(routes, "provision-host");
        assertThat(provision.get("file").asText()).isEqualTo("hosts/provision-host.camel.yaml");
        assertThat(provision.get("builtIn").asBoolean()).isTrue();
        assertThat(provision.get("description").asText()).startsWith("Makes one bare host a member of the cluster.");
        assertThat(provision.get("nodes").get(0).get("uri").asText()).isEqualTo("direct:before-host");
        assertThat(provision.at("/nodes/1/nodes").findValuesAsText("uri")).contains("direct:prepare-host");
        JsonNode choice = provision.get("nodes").get(3);
        assertThat(choice.at("/nodes/0/label").asText()).isEqualTo("hosts.isFirstControlPlane");
        assertThat(choice.at("/nodes/0/nodes/1/uri").asText()).startsWith("gate:control-plane").contains("action=open");
        assertThat(choice.at("/nodes/1/kind").asText()).isEqualTo("otherwise");
        assertThat(routeOf(routes, "provision-hosts").at("/nodes/0/parallel").asBoolean()).isTrue();
        JsonNode own = routeOf(routes, "own");
        assertThat(own.get("builtIn").asBoolean()).isFalse();
        assertThat(own.get("from").asText()).endsWith("/routes/own.camel.yaml");
        assertThat(own.toString()).as("what a route sets may be a secret").doesNotContain("constant");
        assertThat(client.post("/api/v1/routes", "").statusCode()).isEqualTo(405);
    }

    private static JsonNode routeOf(JsonNode routes, String id) {
        for (JsonNode route : routes) {
            if (route.get("id").asText().equals(id)) {
                return route;
            }
        }
        throw new AssertionError("no route " + id);
    }

    @Test
    void theTimelineTellsAttemptsPausesAndWaits() throws Exception {
        String id = client.begin();
        Run run = serving.underWay(id);
        HostWaiting waiting = new HostWaiting(Optional.of("h1"), "", OptionalInt.empty());
        run.record(waiting);
        new StepRecorder(run, "h1", "facts", 1).started();
        run.record(new StepRetried(Attempt.of("h1", "facts", 1), "", new Failure("mirror", "", List.of()),
                Optional.of(Duration.ofMillis(10)), Optional.empty()));
        StepRecorder second = new StepRecorder(run, "h1", "facts", 2);
        second.started();
        second.ended(StepState.CHANGED, Map.of(), "");
        new StepRecorder(run, "h1", "os-prepare", 1).started();
        for (String reason : List.of("waits for h0", "waits for h0", "waits for its turn")) {
            run.record(new HostWaiting(waiting.host(), reason, OptionalInt.empty()));
        }
        List<String> spans = new ArrayList<>();
        json(client.get(RUNS + "/" + id + "/timeline")).get("spans").forEach(span -> {
            if (span.path("host").asText().equals("h1")) {
                spans.add(span.get("kind").asText() + " " + span.path("step").asText() + " " + span.path("state").asText("going on"));
            }
        });
        assertThat(spans).containsExactly("wait  waited", "attempt facts retrying", "pause facts waited", "attempt facts changed",
                "attempt os-prepare going on", "wait  waited", "wait  going on");
        serving.release(id);
    }
}
