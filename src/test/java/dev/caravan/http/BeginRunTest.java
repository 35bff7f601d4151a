package dev.caravan.http;

import static dev.caravan.http.Client.json;
import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import com.fasterxml.jackson.databind.JsonNode;
import dev.caravan.history.StepState;
import dev.caravan.run.StepRecorder;
import dev.caravan.testkit.Serving;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.LoggerFactory;

/**
 * Beginning runs over HTTP, on a real server, with a workflow that ends when the test says so: the spec, the key of a request, and what
 * a spec may name.
 */
class BeginRunTest {
    private static final String RUNS = "/api/v1/runs";

    @TempDir
    static Path directory;

    @RegisterExtension
    static final Serving serving = Serving.forClass();

    private static final Client client = new Client(serving);

    // ---- beginning

    @Test
    void aSpecBeginsARunThatCanBeFollowedToItsEnd() throws Exception {
        HttpResponse<String> begun = client.postSpec(RUNS + "?action=apply", Serving.spec());
        String id = json(begun).get("id").asText();
        assertThat(begun.statusCode()).isEqualTo(202);
        assertThat(json(begun).get("state").asText()).isEqualTo("running");
        assertThat(begun.headers().firstValue("Location")).contains(RUNS + "/" + id);
        JsonNode running = json(client.get(RUNS + "/" + id));
        assertThat(running.get("state").asText()).isEqualTo("running");
        assertThat(running.get("hosts").get(0).get("name").asText()).isEqualTo("h1");
        assertThat(running.has("exitStatus")).isFalse();

        serving.release(id);
        serving.ended(id);

        JsonNode ended = json(client.get(RUNS + "/" + id));
        assertThat(ended.get("state").asText()).isEqualTo("succeeded");
        assertThat(ended.get("exitStatus").asInt()).isZero();
        assertThat(Instant.parse(ended.get("endedAt").asText())).isAfterOrEqualTo(Instant.parse(ended.get("createdAt").asText()));
    }

    @Test
    void aStepIsShownWithItsHostAttemptsAndTimes() throws Exception {
        String id = client.begin();
        StepRecorder recorder = new StepRecorder(serving.underWay(id), "h1", "os-prepare", 1);
        recorder.started();
        recorder.ended(StepState.CHANGED, Map.of(), "prepared");
        JsonNode step = json(client.get(RUNS + "/" + id)).get("steps").get(0);
        assertThat(step.get("host").asText()).isEqualTo("h1");
        assertThat(step.get("step").asText()).isEqualTo("os-prepare");
        assertThat(step.get("state").asText()).isEqualTo("changed");
        assertThat(step.get("changed").asBoolean()).isTrue();
        assertThat(step.get("attempt").asInt()).isEqualTo(1);
        assertThat(step.get("message").asText()).isEqualTo("prepared");
        assertThat(Instant.parse(step.get("endedAt").asText())).isAfterOrEqualTo(Instant.parse(step.get("startedAt").asText()));
        serving.release(id);
    }

    @Test
    void aSpecMayBeJson() throws Exception {
        HttpResponse<String> begun = client.post(RUNS, """
                {"apiVersion": "caravan/v1", "kind": "Cluster", "metadata": {"name": "in-json"},
                 "spec": {"kubernetes": {"version": "1.20.2"},
                 "hosts": [{"name": "h1", "address": "198.51.100.1", "roles": ["control-plane"]}]}}""",
                "Content-Type", "application/json; charset=utf-8");
        assertThat(begun.statusCode()).as(begun.body()).isEqualTo(202);
        serving.release(json(begun).get("id").asText());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            apiVersion: caravan/v1        | 1
            {"a": 1} {}                   | 1
            {"a": 1                       | 1
            {'a': canary-3142}            | 1
            {"a": 1, # canary-3142        | 1
            "canary-3142                  | 1
            """)
    void whatIsSaidToBeJsonMustBe(String body, int line) throws Exception {
        for (String mediaType : List.of("application/json", "text/json;charset=utf-8", "application/x+json")) {
            HttpResponse<String> refused = client.post(RUNS, body, "Content-Type", mediaType);
            assertThat(refused.statusCode()).isEqualTo(422);
            JsonNode problem = json(refused).get("problems").get(0);
            assertThat(problem.get("message").asText()).isEqualTo("this is not valid JSON");
            assertThat(problem.get("line").asInt()).isEqualTo(line);
            assertThat(refused.body()).doesNotContain("canary-3142");
        }
    }

    @Test
    void ofManyProblemsTheFirstAreReportedAndHowManyMoreThereAre() throws Exception {
        StringBuilder spec = new StringBuilder(Serving.spec());
        for (int i = 0; i < 5_000; i++) {
            spec.append("unknown").append(i).append(": 1\n");
        }
        HttpResponse<String> refused = client.postSpec(RUNS, spec.toString());
        assertThat(refused.statusCode()).isEqualTo(422);
        assertThat(refused.body()).hasSizeLessThan(50_000).contains("The spec has 5000 problems.");
        JsonNode problems = json(refused).get("problems");
        assertThat(problems).hasSize(101);
        assertThat(problems.get(99).get("message").asText()).contains("unknown99");
        assertThat(problems.get(100).get("message").asText()).contains("4900 more problems");
    }

    // ---- requests that nothing can make sense of

    @Test
    void aPathWithABrokenEscapeIsAProblemAndNoNews() throws Exception {
        ListAppender<ILoggingEvent> log = new ListAppender<>();
        Logger root = (Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
        log.start();
        root.addAppender(log);
        try {
            for (String path : List.of("/%zz", "/api/v1/runs/%zz", "/%", "/a%2", "/%+1", "//%zz", "/api/v1/runs?limit=%zz")) {
                assertThat(client.raw("GET " + path + " HTTP/1.1\nHost: localhost\nConnection: close\n\n")).as(path)
                        .startsWith("HTTP/1.1 400").contains("application/problem+json")
                        .containsIgnoringCase("X-Content-Type-Options: nosniff");
            }
        } finally {
            root.detachAppender(log);
        }
        // the end of another test's run may fall into this one
        assertThat(log.list).filteredOn(event -> !event.getLoggerName().startsWith("dev.caravan.run")).isEmpty();
    }

    @Test
    void twoHostsAreRefused() throws Exception {
        assertThat(client.raw("GET /api/v1/runs HTTP/1.1\nHost: localhost\nHost: localhost\nConnection: close\n\n"))
                .startsWith("HTTP/1.1 400").contains("application/problem+json").contains("more than one Host");
    }

    @Test
    void anExpectationThatCannotBeMetIsRefused() throws Exception {
        String request = "POST /api/v1/runs HTTP/1.1\nHost: localhost\nContent-Type: application/yaml\nContent-Length: 1\n"
                + "Connection: close\nExpect: %s\n\nx";
        assertThat(client.raw(request.formatted("200-foo"))).startsWith("HTTP/1.1 417").contains("urn:caravan:problem:expectation");
        assertThat(client.raw(request.formatted("100-Continue"))).contains("HTTP/1.1 422");
    }

    @Test
    void anInvalidSpecIsExplainedByLineAndColumn() throws Exception {
        HttpResponse<String> refused = client.postSpec(RUNS, Serving.spec().replace("roles: [control-plane]", "roles: [control-plain]"));
        assertThat(refused.statusCode()).isEqualTo(422);
        assertThat(refused.headers().firstValue("Content-Type")).contains("application/problem+json");
        JsonNode problem = json(refused).get("problems").get(0);
        assertThat(problem.get("line").asInt()).isEqualTo(7);
        assertThat(problem.get("column").asInt()).isGreaterThan(1);
        assertThat(problem.get("path").asText()).startsWith("spec.hosts[0].roles");
        assertThat(problem.get("message").asText()).contains("control-plain");
        assertThat(problem.has("remedy")).isTrue();
    }

    @Test
    void aClusterThatIsWorkedOnIsRefusedWithTheOtherRun() throws Exception {
        String spec = Serving.spec();
        String id = json(client.postSpec(RUNS, spec)).get("id").asText();
        HttpResponse<String> refused = client.postSpec(RUNS, spec);
        assertThat(refused.statusCode()).isEqualTo(409);
        assertThat(json(refused).get("run").asText()).isEqualTo(id);
        serving.release(id);
    }

    @ParameterizedTest
    @CsvSource({"?action=plan,202", "?action=reset,202", "?action=rollback-run,400", "?action=rollback,400",
            "?action=rollback-run&run=none,409", "?action=destroy,400", "?action=,400", "?action=plan&colour=red,400", "'',202"})
    void theActionIsWhatTheParameterSays(String query, int status) throws Exception {
        HttpResponse<String> answer = client.postSpec(RUNS + query, Serving.spec());
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(status);
        if (status == 202) {
            String id = json(answer).get("id").asText();
            assertThat(json(client.get(RUNS + "/" + id)).get("action").asText())
                    .isEqualTo(query.isEmpty() ? "apply" : query.substring("?action=".length()));
            serving.release(id);
        }
    }

    // ---- idempotency

    @Test
    void theSameKeyAndContentBeginsOneRun() throws Exception {
        String spec = Serving.spec();
        List<CompletableFuture<String>> asked = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            asked.add(CompletableFuture.supplyAsync(() -> {
                try {
                    return json(client.postSpec(RUNS, spec, "Idempotency-Key", "key-1")).get("id").asText();
                } catch (Exception e) {
                    throw new IllegalStateException(e);
                }
            }));
        }
        assertThat(asked.stream().map(CompletableFuture::join).distinct()).hasSize(1);
        String id = asked.get(0).join();
        serving.release(id);
        serving.ended(id);
        assertThat(json(client.postSpec(RUNS, spec, "Idempotency-Key", "\"key-1\"")).get("id").asText()).as("in quotes").isEqualTo(id);
        JsonNode later = json(client.postSpec(RUNS, spec, "Idempotency-Key", "key-1"));
        assertThat(later.get("id").asText()).isEqualTo(id);
        assertThat(later.get("state").asText()).isEqualTo("succeeded");
    }

    @Test
    void theSameKeyWithOtherContentIsRefused() throws Exception {
        String spec = Serving.spec();
        String id = json(client.postSpec(RUNS, spec, "Idempotency-Key", "key-2")).get("id").asText();
        serving.release(id);
        assertThat(client.postSpec(RUNS, Serving.spec(), "Idempotency-Key", "key-2").statusCode()).isEqualTo(422);
        assertThat(client.postSpec(RUNS + "?action=plan", spec, "Idempotency-Key", "key-2").statusCode()).isEqualTo(422);
    }

    @ParameterizedTest
    @ValueSource(strings = {" ", "\t", "caf\u00e9", "\"\""})
    void aKeyThatIsNoneIsRefused(String key) throws Exception {
        String answer = client.raw("POST /api/v1/runs HTTP/1.1\nHost: localhost\nConnection: close\nContent-Type: application/yaml\n"
                + "Content-Length: 0\nIdempotency-Key: " + key + "\n\n");
        assertThat(answer).startsWith("HTTP/1.1 400").contains("urn:caravan:problem:idempotency-key");
        assertThat(client.postSpec(RUNS, Serving.spec(), "Idempotency-Key", "x".repeat(256)).statusCode()).isEqualTo(400);
    }

    @Test
    void aRequestThatFailedDoesNotUseUpItsKey() throws Exception {
        assertThat(client.postSpec(RUNS, "no: spec", "Idempotency-Key", "key-3").statusCode()).isEqualTo(422);
        HttpResponse<String> begun = client.postSpec(RUNS, Serving.spec(), "Idempotency-Key", "key-3");
        assertThat(begun.statusCode()).isEqualTo(202);
        serving.release(json(begun).get("id").asText());
    }

    // ---- what a spec from outside may name

    @Test
    void whatTheEngineReadsIsNotForThoseWhoAsk() throws Exception {
        Path secret = Files.writeString(directory.resolve("canary-file"), "canary-content");
        for (String ssh : List.of("{sudoPassword: \"${env:PATH}\"}", "{sudoPassword: \"${file:" + secret + "}\"}",
                "{sudoPassword: \"${file:/no/such/file}\"}",
                "{knownHosts: " + secret + ", hostKeyCheck: accept-new}",
                "{proxyJump: {address: 192.0.2.9, knownHosts: " + secret + ", hostKeyCheck: accept-new}}")) {
            refusesToName(Serving.spec().replace("roles: [control-plane]", "roles: [control-plane], ssh: " + ssh));
        }
        refusesToName(Serving.spec().replace("  hosts:", "  network: {manifest: " + secret + "}\n  hosts:"));
        refusesToName(Serving.spec().replace("  hosts:", "  network: {manifest: \"http:/../" + secret + "\"}\n  hosts:"));
        refusesToName(Serving.spec().replace("1.20.2", "\"${env:PATH}\""));
    }

    private static void refusesToName(String spec) throws Exception {
        HttpResponse<String> refused = client.postSpec(RUNS, spec);
        assertThat(refused.statusCode()).as(spec).isEqualTo(422);
        assertThat(refused.body()).contains("of the engine's").contains("caravan.http.allow").doesNotContain("canary-content")
                .doesNotContain("no such file");
    }
}
