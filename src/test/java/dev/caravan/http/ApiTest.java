package dev.caravan.http;

import static dev.caravan.http.Client.json;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import com.fasterxml.jackson.databind.JsonNode;
import dev.caravan.history.Attempt;
import dev.caravan.history.Failure;
import dev.caravan.history.Occurrence.HostWaiting;
import dev.caravan.history.Occurrence.RunEnded;
import dev.caravan.history.Occurrence.StepRetried;
import dev.caravan.history.RunState;
import dev.caravan.history.StepState;
import dev.caravan.journal.RunRecord;
import dev.caravan.run.Run;
import dev.caravan.run.StepRecorder;
import dev.caravan.testkit.Serving;
import java.io.ByteArrayInputStream;
import java.net.Socket;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.LoggerFactory;

/** The API of a real server, with a workflow that ends when the test says so. */
class ApiTest {
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
    void ofManyProblemsTheFirstAreToldAndHowManyMoreThereAre() throws Exception {
        StringBuilder spec = new StringBuilder(Serving.spec());
        for (int i = 0; i < 5_000; i++) {
            spec.append("unknown").append(i).append(": 1\n");
        }
        HttpResponse<String> refused = client.postSpec(RUNS, spec.toString());
        assertThat(refused.statusCode()).isEqualTo(422);
        assertThat(refused.body()).hasSizeLessThan(50_000).contains("5000 things are to be put right");
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

    // ---- what is not taken

    @ParameterizedTest
    @ValueSource(strings = {"application/x-www-form-urlencoded", "text/plain", "multipart/form-data; boundary=x", "application/yamlish",
            "application/xml"})
    void otherMediaTypesAreNotTaken(String type) throws Exception {
        HttpResponse<String> refused = client.post(RUNS, Serving.spec(), "Content-Type", type);
        assertThat(refused.statusCode()).isEqualTo(415);
        assertThat(json(refused).get("detail").asText()).contains("application/yaml");
    }

    @Test
    void aBodyWithoutAMediaTypeIsNotTaken() throws Exception {
        assertThat(client.post(RUNS, Serving.spec()).statusCode()).isEqualTo(415);
    }

    @ParameterizedTest
    @CsvSource({"gzip, 415", "identity, 200"})
    void aCompressedBodyIsNotTaken(String coding, int status) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(serving.uri("/api/v1/validate")).header("Content-Type", "application/yaml")
                .header("Content-Encoding", coding).POST(HttpRequest.BodyPublishers.ofString(Serving.spec())).build();
        assertThat(client.http().send(request, HttpResponse.BodyHandlers.ofString()).statusCode()).isEqualTo(status);
    }

    @Test
    void moreThanOneMebibyteIsNotTaken() throws Exception {
        byte[] huge = new byte[1024 * 1024 + 1];
        java.util.Arrays.fill(huge, (byte) '#');
        String announced = client.raw("POST /api/v1/runs HTTP/1.1\nHost: localhost\nContent-Type: application/yaml\nContent-Length: "
                + huge.length + "\n\n");
        assertThat(announced).startsWith("HTTP/1.1 413").contains("application/problem+json");
        HttpRequest inChunks = HttpRequest.newBuilder(serving.uri(RUNS)).header("Content-Type", "application/yaml")
                .POST(HttpRequest.BodyPublishers.ofInputStream(() -> new ByteArrayInputStream(huge))).build();
        HttpResponse<String> refused = client.http().send(inChunks, HttpResponse.BodyHandlers.ofString());
        assertThat(refused.statusCode()).isEqualTo(413);
        assertThat(json(refused).get("type").asText()).isEqualTo("urn:caravan:problem:too-large");
        assertThat(client.get(RUNS).statusCode()).isEqualTo(200);
    }

    @Test
    void anEmptyBodyAndBytesThatAreNoTextAreExplained() throws Exception {
        assertThat(client.postSpec(RUNS, "").statusCode()).isEqualTo(422);
        HttpRequest latin = HttpRequest.newBuilder(serving.uri(RUNS)).header("Content-Type", "application/yaml")
                .POST(HttpRequest.BodyPublishers.ofByteArray(new byte[] {'a', ':', ' ', (byte) 0xfc})).build();
        HttpResponse<String> refused = client.http().send(latin, HttpResponse.BodyHandlers.ofString());
        assertThat(refused.statusCode()).isEqualTo(422);
        assertThat(json(refused).get("type").asText()).isEqualTo("urn:caravan:problem:not-text");
    }

    @Test
    void camelHeadersHaveNoEffectInAnyLetterCaseOrPlace() throws Exception {
        String[] steering = {"CAMELFileName", "../../x", "camelHttpUri", "http://192.0.2.1/", "CamelHttpPath", "/api/v1/none",
            "camelhttpmethod", "DELETE", "CamelHttpResponseCode", "500", "CAMELBEANMETHODNAME", "page", "CamelBeanMethodName", "page",
            "camelSshUsername", "root", "Content-Type", "application/yaml"};
        String query = "&CamelBeanMethodName=page&camelHttpMethod=DELETE&CamelHttpResponseCode=500&camelFileName=x";
        HttpResponse<String> refused = client.post(RUNS + "?action=apply" + query, Serving.spec(), steering);
        assertThat(refused.statusCode()).as("no action has such parameters").isEqualTo(400);
        assertThat(json(refused).get("type").asText()).isEqualTo("urn:caravan:problem:parameters");
        HttpResponse<String> begun = client.post(RUNS + "?action=apply", Serving.spec(), steering);
        assertThat(begun.statusCode()).as(begun.body()).isEqualTo(202);
        assertThat(begun.headers().map().keySet()).noneMatch(name -> name.toLowerCase(java.util.Locale.ROOT).startsWith("camel"));
        String id = json(begun).get("id").asText();
        assertThat(json(client.get(RUNS + "/" + id, steering)).get("id").asText()).isEqualTo(id);
        assertThat(client.get(RUNS + "/" + id + "?x=1" + query, steering).statusCode()).as("nor has a run").isEqualTo(400);
        serving.release(id);
    }

    /** In the raw, as clients of libraries would not send it. */
    @Test
    void camelHeadersReachNoRouteNotEvenAUsersOwn() throws Exception {
        String answer = client.raw("GET /echo?CAMELfileName=canary&camelHTTPuri=canary&%43amelHttpPath=canary&kept=query HTTP/1.1\n"
                + "Host: localhost\nConnection: close\n"
                + "cAmElHttpUri: canary\nCAMELHTTPRESPONSECODE: 599\ncamelsshusername: canary\nCamelBeanMethodName: canary\n"
                + "X-Kept: header\n\n");
        assertThat(answer).startsWith("HTTP/1.1 200").contains("kept=query").contains("X-Kept=header")
                // What is left of Camel's own says what the request was.
                .doesNotContain("CamelFileName").doesNotContain("camelsshusername").doesNotContain("CamelBeanMethodName")
                // as a number of its own, not in a port's or an object's
                .doesNotContainPattern("(?<![0-9a-f])599(?![0-9a-f])");
        assertThat(answer.replaceAll("Camel(HttpUri|HttpUrl|HttpQuery|HttpRawQuery)=[^ }]*", "")).doesNotContain("canary");
    }

    @Test
    void aFailureInAUsersRouteShowsNoStackTrace() throws Exception {
        HttpResponse<String> answer = client.get("/broken");
        assertThat(answer.statusCode()).isEqualTo(500);
        assertThat(answer.body()).doesNotContain("Exception").doesNotContain("\tat ").doesNotContain("broken on purpose");
    }

    @Test
    void whatIsNoHttpIsAProblemDocument() throws Exception {
        assertThat(client.raw("GET /api/v1/runs?" + "x".repeat(5_000) + " HTTP/1.1\nHost: localhost\n\n")).contains(" 414 ")
                .contains("uri-too-long");
        assertThat(client.raw("GET /api/v1/runs HTTP/1.1\nHost: localhost\nX-Long: " + "x".repeat(20_000) + "\n\n")).contains(" 431 ")
                .contains("head-too-large");
        assertThat(client.raw("GET /api/v1/runs HTTP/1.1 and more\nHost: localhost\n\n")).contains(" 400 ").contains("bad-request");
    }

    /** Camel and Vert.x look at the type on every path and with every method. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', value = {"text/yaml; charset=\"|400",
        "text/yaml; charset=\"utf-8|400", "yaml|400", "/|400", "text/yaml; charset|400",
        "text/yaml; charset=nonsense|415", "text/yaml; charset=utf-16|415", "text/yaml; charset=%00|415",
        "multipart/form-data; boundary=x|415", "multipart/form-data|415", "multipart/mixed; boundary=\"x|400"})
    void aTypeThatCannotBeReadIsRefusedOnEveryPath(String type, int status) throws Exception {
        String body = "--x\r\nContent-Disposition: form-data; name=\"f\"; filename=\"f\"\r\n\r\ncontent\r\n--x--\r\n";
        for (String request : List.of("POST /api/v1/runs", "GET /api/v1/runs", "GET /", "POST /own", "GET /own", "PUT /nothing",
                "DELETE /api/v1/runs", "GET /observe/health", "GET /api/v1/runs/none/events")) {
            boolean free = type.endsWith("utf-16") && !request.startsWith("POST /api");
            String answer = client.raw(request + " HTTP/1.1\nHost: localhost\nConnection: close\nContent-Type: " + type
                    + "\nContent-Length: " + body.replace("\r", "").replace("\n", "\r\n").length() + "\n\n" + body.replace("\r", ""));
            assertThat(answer).as(request).doesNotStartWith("HTTP/1.1 5").doesNotContain("\tat ");
            if (!free) {
                assertThat(answer).as(request).startsWith("HTTP/1.1 " + status).contains("application/problem+json");
            }
        }
        assertThat(Path.of("file-uploads")).doesNotExist();
    }

    @Test
    void aFormIsNotTakenWhereItCannotBeReadAndLeavesNothingInTheWorkingDirectory() throws Exception {
        String form = " HTTP/1.1\nHost: localhost\nConnection: close\nContent-Type: application/x-www-form-urlencoded\n"
                + "Content-Length: 8\n\n%zz=%zz&";
        for (String request : List.of("GET /", "HEAD /own", "GET /api/v1/runs", "OPTIONS /observe/health", "DELETE /own",
                "POST /api/v1/runs")) {
            assertThat(client.raw(request + form)).as(request).startsWith("HTTP/1.1 415");
        }
        assertThat(client.raw("POST /own" + form)).doesNotStartWith("HTTP/1.1 5").doesNotContain("\tat ");
        assertThat(client.raw("POST /own" + form.replace("%zz=%zz&", "a=b&c=de"))).startsWith("HTTP/1.1 200");
        assertThat(Path.of("file-uploads")).doesNotExist();
    }

    @ParameterizedTest
    @ValueSource(strings = {"xchunked", "identity", "gzip, chunked", "chunked, identity", "chunked\nTransfer-Encoding: chunked"})
    void aBodyWhoseEndIsNotKnownIsRefusedAndNothingBehindItIsRead(String coding) throws Exception {
        String answer = client.raw("POST /api/v1/runs HTTP/1.1\nHost: localhost\nContent-Type: application/yaml\nTransfer-Encoding: "
                + coding + "\nContent-Length: 5\n\nkind:GET /own HTTP/1.1\nHost: localhost\n\n");
        assertThat(answer).startsWith("HTTP/1.1 400").contains("application/problem+json").containsOnlyOnce("HTTP/1.1");
    }

    @Test
    void aClientThatGoesAwayInMidBodyIsNoNews() throws Exception {
        ListAppender<ILoggingEvent> log = new ListAppender<>();
        Logger filters = (Logger) LoggerFactory.getLogger(HttpFilters.class);
        filters.setLevel(ch.qos.logback.classic.Level.DEBUG);
        log.start();
        filters.addAppender(log);
        try {
            // Not every time has the server read the head before the connection is reset.
            await().until(() -> {
                breakOff();
                return !List.copyOf(log.list).isEmpty();
            });
            assertThat(log.list).allMatch(event -> event.getLevel() == ch.qos.logback.classic.Level.DEBUG);
        } finally {
            filters.detachAppender(log);
            filters.setLevel(null);
        }
    }

    private static void breakOff() throws Exception {
        try (Socket socket = new Socket("127.0.0.1", serving.port())) {
            socket.setSoLinger(true, 0);
            socket.getOutputStream().write(("POST /api/v1/runs HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/yaml\r\n"
                    + "Content-Length: 1000\r\n\r\nkind: ").getBytes(StandardCharsets.UTF_8));
            Awaitility.await().pollDelay(Duration.ofMillis(50)).until(() -> true);
        }
    }

    // ---- paths and methods

    @ParameterizedTest
    @CsvSource({"GET,/nothing", "GET,/api", "GET,/api/v1", "GET,/api/v2/runs", "GET,/apiary", "GET,/api/v1/runs/", "GET,/api/v1/runs/none",
        "GET,/api/v1/runs/none/events", "POST,/api/v1/runs/none/cancel", "POST,/api/v1/runs/none/retry", "GET,/api/v1/runs/none/logs",
        "GET,/api/v1/runs/a/b/c", "GET,/observe/none", "GET,/api/v1/runs/..%2f..%2fjournal/logs"})
    void whatIsNotThereIsAProblemDocument(String method, String path) throws Exception {
        HttpResponse<String> answer = client.send(method, path, null);
        assertThat(answer.statusCode()).isEqualTo(404);
        assertThat(answer.headers().firstValue("Content-Type")).contains("application/problem+json");
        assertThat(json(answer).get("status").asInt()).isEqualTo(404);
    }

    @ParameterizedTest
    @CsvSource({"DELETE,/api/v1/runs,'GET, HEAD, POST'", "PUT,/api/v1/runs/x,'GET, HEAD'", "GET,/api/v1/runs/x/cancel,POST",
        "GET,/api/v1/runs/x/retry,POST", "POST,/api/v1/runs/x/events,GET", "POST,/api/v1/runs/x/logs,'GET, HEAD'",
        "POST,/,'GET, HEAD'", "DELETE,/observe/health,'GET, HEAD'"})
    void otherMethodsAreToldWhatIsAllowed(String method, String path, String allow) throws Exception {
        HttpResponse<String> answer = client.send(method, path, null);
        assertThat(answer.statusCode()).isEqualTo(405);
        assertThat(answer.headers().firstValue("Allow")).contains(allow);
        assertThat(answer.headers().firstValue("Content-Type")).contains("application/problem+json");
    }

    @Test
    void theListHasTheNewestFirstAndALimit() throws Exception {
        String first = client.begin();
        String second = client.begin();
        JsonNode runs = json(client.get(RUNS + "?limit=2")).get("runs");
        assertThat(runs).hasSize(2);
        assertThat(List.of(runs.get(0).get("id").asText(), runs.get(1).get("id").asText())).containsExactlyInAnyOrder(first, second);
        assertThat(client.get(RUNS + "?limit=0").statusCode()).isEqualTo(400);
        assertThat(client.get(RUNS + "?limit=many").statusCode()).isEqualTo(400);
        serving.release(first);
        serving.release(second);
    }

    @Test
    void healthIsTold() throws Exception {
        for (String path : List.of("/observe/health", "/observe/health/live", "/observe/health/ready")) {
            HttpResponse<String> answer = client.get(path);
            assertThat(answer.statusCode()).isEqualTo(200);
            assertThat(json(answer).get("status").asText()).isEqualTo("UP");
        }
    }

    // ---- specs and routes

    @Test
    void aSpecIsCheckedWithoutARun() throws Exception {
        String spec = Serving.spec("only-checked", "198.51.100.9").replace("roles: [control-plane]",
                "roles: [control-plane], ssh: {hostKeyCheck: accept-new, knownHosts: canary-file}");
        HttpResponse<String> refused = client.postSpec("/api/v1/validate", spec);
        assertThat(refused.statusCode()).isEqualTo(422);
        assertThat(refused.body()).contains("may not name this file");
        JsonNode valid = json(client.postSpec("/api/v1/validate", spec.replace("hostKeyCheck: accept-new, knownHosts: canary-file",
                "hostKeyCheck: \"off\"")));
        assertThat(valid.get("cluster").asText()).isEqualTo("only-checked");
        assertThat(valid.get("relaxed").get(0).asText()).contains("hostKeyCheck");
        assertThat(client.postSpec("/api/v1/validate", "").statusCode()).isEqualTo(422);
        assertThat(client.get("/api/v1/validate").statusCode()).isEqualTo(405);
        assertThat(listed("?cluster=only-checked")).isEmpty();
    }

    @Test
    void theSpecOfARunIsGivenWithoutItsSecrets() throws Exception {
        String id = json(client.postSpec(RUNS, Serving.spec("with-secret", "198.51.100.10").replace("roles: [control-plane]",
                "roles: [control-plane], ssh: {sudoPassword: canary-3142}"))).get("id").asText();
        HttpResponse<String> spec = client.get(RUNS + "/" + id + "/spec");
        assertThat(spec.headers().firstValue("Content-Type")).contains("application/yaml");
        assertThat(spec.body()).contains("name: with-secret").contains("***").doesNotContain("canary-3142");
        assertThat(client.get(RUNS + "/nosuch/spec").statusCode()).isEqualTo(404);
        serving.release(id);
    }

    @Test
    void oneRouteIsShownByItsId() throws Exception {
        assertThat(json(client.get("/api/v1/routes/provision-host")))
                .isEqualTo(routeOf(json(client.get("/api/v1/routes")).get("routes"), "provision-host"));
        assertThat(client.get("/api/v1/routes/nosuch").statusCode()).isEqualTo(404);
    }

    // ---- clusters

    @Test
    void aKubeconfigIsNotGivenWithoutAToken() throws Exception {
        Files.writeString(Files.createDirectories(serving.data().resolve("clusters/guarded")).resolve("kubeconfig"), "canary-kubeconfig");
        HttpResponse<String> refused = client.get("/api/v1/clusters/guarded/kubeconfig");
        assertThat(refused.statusCode()).isEqualTo(403);
        assertThat(json(refused).get("type").asText()).isEqualTo("urn:caravan:problem:token-required");
        assertThat(refused.body()).doesNotContain("canary");
    }

    @ParameterizedTest
    @ValueSource(strings = {"/nosuch", "/..", "/%2e%2e", "/A", "/a_b"})
    void aClusterThatIsNotThereIsAProblem(String path) throws Exception {
        assertThat(client.get("/api/v1/clusters" + path).statusCode()).isEqualTo(404);
    }

    // ---- the list of runs

    @Test
    void theListHasTheRunsThatAreAskedFor() throws Exception {
        List<String> ids = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            ids.add(json(client.postSpec(RUNS + (i == 1 ? "?action=plan" : ""), Serving.spec("listed-" + i % 2, "198.51.100.7")))
                    .get("id").asText());
            if (i < 2) {
                serving.fail(ids.get(i), "no power");
                serving.ended(ids.get(i));
                await().until(() -> serving.engine().runs().underWay().stream().noneMatch(run -> ids.contains(run.id())));
            }
        }
        assertThat(listed("?cluster=listed-0")).containsExactly(ids.get(2), ids.get(0));
        assertThat(listed("?cluster=listed-0&state=failed")).containsExactly(ids.get(0));
        assertThat(listed("?cluster=listed-1&action=apply")).isEmpty();
        assertThat(listed("?cluster=listed-1&action=plan")).containsExactly(ids.get(1));
        assertThat(listed("?limit=1&before=" + ids.get(2))).containsExactly(ids.get(1));
        String oldest = json(client.get(RUNS + "/" + ids.get(0))).get("createdAt").asText();
        assertThat(listed("?before=" + oldest)).doesNotContainAnyElementsOf(ids);
        assertThat(listed("?after=" + oldest + "&before=" + ids.get(1))).containsExactly(ids.get(0));
        serving.release(ids.get(2));
    }

    @Test
    void theIdOfARunMayBeCutShortEverywhere() throws Exception {
        String id = client.begin();
        String begins = RUNS + "/" + id.substring(0, 7);
        for (String below : List.of("", "/spec", "/timeline")) {
            assertThat(client.get(begins + below).body().replaceAll("\"(now|seq)\":[^,]*,", ""))
                    .isEqualTo(client.get(RUNS + "/" + id + below).body().replaceAll("\"(now|seq)\":[^,]*,", ""));
        }
        assertThat(listed("?before=" + id.substring(0, 7))).doesNotContain(id);
        HttpResponse<String> cancelled = client.post(begins + "/cancel", "");
        assertThat(cancelled.statusCode()).isEqualTo(202);
        assertThat(cancelled.headers().firstValue("Location")).contains(RUNS + "/" + id);
        serving.ended(id);
        assertThat(client.get(begins + "/events").body()).contains("\"run\":\"" + id + "\"", "\nevent: run-ended\ndata: ");
        String again = json(client.post(begins + "/retry", "")).get("id").asText();
        serving.release(again);
        serving.ended(again);

        Instant first = Instant.now().minusSeconds(3);
        for (int number = 1; number <= 2; number++) {
            String name = "twin-" + number;
            serving.engine().journal().begin(new RunRecord(name, name, "apply", "command", true, "{}", "", RunState.QUEUED,
                    first.plusSeconds(number), Optional.empty()));
        }
        for (String below : List.of("", "/events", "/logs")) {
            HttpResponse<String> ambiguous = client.get(RUNS + "/twin" + below);
            assertThat(ambiguous.statusCode()).isEqualTo(404);
            assertThat(json(ambiguous).get("detail").asText()).contains("twin-2, twin-1");
        }
    }

    private static List<String> listed(String query) throws Exception {
        List<String> ids = new ArrayList<>();
        json(client.get(RUNS + query)).get("runs").forEach(run -> ids.add(run.get("id").asText()));
        return ids;
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {"?stat=failed|Did you mean state?", "?colour=canary-77|There are state, cluster",
        "?state=broken|one of queued, running, succeeded", "?state=|one of queued", "?cluster=A%20B|is a name", "?action=%27|is a name",
        "?before=yesterday|2026-11-28T09:30:00Z", "?before=|2026-11-28", "?after=monday|a time such as",
        "?limit=0|1 to 500", "?limit=501|1 to 500"})
    void aParameterOfTheListThatCannotBeUsedIsRefused(String query, String detail) throws Exception {
        HttpResponse<String> refused = client.get(RUNS + query);
        assertThat(refused.statusCode()).isEqualTo(400);
        assertThat(json(refused).get("detail").asText()).contains(detail).doesNotContain("canary-77");
    }

    @Test
    void thePageRunsNothingFromElsewhere() throws Exception {
        HttpResponse<String> page = client.get("/");
        assertThat(page.statusCode()).isEqualTo(200);
        assertThat(page.headers().firstValue("Content-Type")).contains("text/html; charset=utf-8");
        assertThat(page.headers().firstValue("Content-Security-Policy").orElseThrow()).contains("default-src 'none'")
                .doesNotContain("unsafe");
        assertThat(page.body()).contains("<title>Caravan</title>").doesNotContainPattern("(src|href)=\"?https?:");
    }

    // ---- logs

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

    // ---- the routes that are loaded, and where the time went

    @Test
    void theRoutesAreToldAsTheyAreLoaded() throws Exception {
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

    // ---- what can be asked of a run

    @Test
    void aRunSaysWhatCanBeAskedOfIt() throws Exception {
        String id = client.begin();
        assertThat(json(client.get(RUNS + "/" + id)).get("possible")).extracting(JsonNode::asText).containsExactly("cancel");
        HttpResponse<String> underWay = client.post(RUNS + "/" + id + "/resume", "");
        assertThat(underWay.statusCode()).isEqualTo(409);
        assertThat(json(underWay).get("type").asText()).isEqualTo("urn:caravan:problem:under-way");
        serving.engine().journal().keepFound(id, "h1", "192.0.2.77", "os-prepare", "file\t/etc/a\tabsent");
        serving.fail(id, "broken");
        serving.ended(id);
        assertThat(json(client.get(RUNS + "/" + id)).get("possible")).extracting(JsonNode::asText).containsExactly("retry", "rollback");
        serving.engine().journal().markRolledBack(serving.engine().journal()
                .found(json(client.get(RUNS + "/" + id)).get("cluster").asText(), "192.0.2.77"));
        assertThat(json(client.get(RUNS + "/" + id)).get("possible")).extracting(JsonNode::asText).as("all of it was rolled back")
                .containsExactly("retry");
        assertThat(json(client.post(RUNS + "/" + id + "/resume", "")).get("type").asText()).isEqualTo("urn:caravan:problem:ended");
        assertThat(client.post(RUNS + "/nosuchrun/resume", "").statusCode()).isEqualTo(404);
        assertThat(client.get(RUNS + "/" + id + "/resume").statusCode()).isEqualTo(405);
    }

    @Test
    void aRehearsalIsNeverGoneOnWithForReal() throws Exception {
        serving.engine().journal().begin(new RunRecord("rehearsed", "rehearsed", "apply", "command", true,
                Serving.spec("rehearsed", "192.0.2.250"), "/", RunState.QUEUED, Instant.now(), Optional.empty()));
        assertThat(json(client.get(RUNS + "/rehearsed")).get("possible")).isEmpty();
        for (String action : List.of("resume", "retry")) {
            HttpResponse<String> refused = client.post(RUNS + "/rehearsed/" + action, "");
            assertThat(refused.statusCode()).isEqualTo(409);
            assertThat(json(refused).get("type").asText()).isEqualTo("urn:caravan:problem:rehearsal");
        }
    }

    // ---- cancel and retry

    @Test
    void aRunIsCancelled() throws Exception {
        String id = client.begin();
        assertThat(client.post(RUNS + "/" + id + "/cancel", "").statusCode()).isEqualTo(202);
        assertThat(serving.ended(id).state()).isEqualTo(RunState.CANCELLED);
        JsonNode run = json(client.get(RUNS + "/" + id));
        assertThat(run.get("exitStatus").asInt()).isEqualTo(130);
        HttpResponse<String> again = client.post(RUNS + "/" + id + "/cancel", "");
        assertThat(again.statusCode()).isEqualTo(409);
        assertThat(json(again).get("detail").asText()).contains("cancelled");
    }

    @Test
    void aRunThatEndedIsTriedAgainWithTheSameSpec() throws Exception {
        String id = client.begin();
        assertThat(client.post(RUNS + "/" + id + "/retry", "").statusCode()).isEqualTo(409);
        serving.fail(id, "no power");
        assertThat(serving.ended(id).state()).isEqualTo(RunState.FAILED);
        HttpResponse<String> retried = client.post(RUNS + "/" + id + "/retry", "");
        assertThat(retried.statusCode()).isEqualTo(202);
        String next = json(retried).get("id").asText();
        assertThat(next).isNotEqualTo(id);
        assertThat(json(client.get(RUNS + "/" + next)).get("cluster")).isEqualTo(json(client.get(RUNS + "/" + id)).get("cluster"));
        serving.release(next);
    }

    @Test
    void whoSeesThatARunEndedMayBeginTheNextAtOnce() throws Exception {
        String spec = Serving.spec();
        String id = json(client.postSpec(RUNS, spec)).get("id").asText();
        CompletableFuture<HttpResponse<String>> next = new CompletableFuture<>();
        // While it hears of the end, the run is not over in its own engine.
        try (AutoCloseable listening = serving.engine().journal().listen(event -> {
            if (event.run().equals(id) && event.is(RunEnded.class)) {
                next.completeAsync(() -> postSpec(spec));
                await().until(() -> next.isDone() || isAwaited("awaitRelease"));
            }
        })) {
            assertThat(listening).isNotNull();
            serving.release(id);
            assertThat(next.get(60, TimeUnit.SECONDS).statusCode()).isEqualTo(202);
        }
        serving.release(json(next.get()).get("id").asText());
    }

    private static HttpResponse<String> postSpec(String spec) {
        try {
            return client.postSpec(RUNS, spec);
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    /** Whether a thread of this process is in a method of that name. */
    private static boolean isAwaited(String method) {
        return Thread.getAllStackTraces().values().stream().flatMap(Stream::of).anyMatch(frame -> frame.getMethodName().equals(method));
    }

    @Test
    void aRunWhoseSpecIsNotKeptCannotBeTriedAgain() throws Exception {
        serving.engine().journal()
                .begin(new RunRecord("elsewhere", "other", "apply", "command", false, "{}", "", RunState.QUEUED, Instant.now(),
                        Optional.empty()));
        HttpResponse<String> refused = client.post(RUNS + "/elsewhere/retry", "");
        assertThat(refused.statusCode()).isEqualTo(409);
        assertThat(json(refused).get("detail").asText()).contains("Send the spec again");
        assertThat(json(client.post(RUNS + "/elsewhere/cancel", "")).get("type").asText()).endsWith("elsewhere");
    }

    // ---- who may ask

    @Test
    void otherNamesAndPagesAreNotAnsweredWithoutAToken() throws Exception {
        assertThat(client.raw("GET /api/v1/runs HTTP/1.1\nHost: rebound.example\nConnection: close\n\n")).startsWith("HTTP/1.1 403");
        assertThat(client.raw("GET /api/v1/runs HTTP/1.1\nHost: localhost:1\nConnection: close\n\n")).startsWith("HTTP/1.1 200");
        assertThat(client.get(RUNS, "Origin", "https://elsewhere.example").statusCode()).isEqualTo(403);
        assertThat(client.get(RUNS, "Sec-Fetch-Site", "cross-site").statusCode()).as("a link on another page").isEqualTo(200);
        String id = client.begin();
        assertThat(client.post(RUNS + "/" + id + "/cancel", "", "Origin", "https://elsewhere.example").statusCode()).isEqualTo(403);
        assertThat(client.post(RUNS + "/" + id + "/cancel", "", "Sec-Fetch-Site", "cross-site").statusCode()).isEqualTo(403);
        assertThat(serving.underWay(id).isCancelled()).isFalse();
        assertThat(client.post(RUNS + "/" + id + "/cancel", "", "Origin", "https://proxy.example", "Sec-Fetch-Site", "same-origin")
                .statusCode())
                .as("the page, through a proxy").isEqualTo(202);
        String other = client.begin();
        assertThat(client.post(RUNS + "/" + other + "/cancel", "", "Origin", "http://127.0.0.1:" + serving.port()).statusCode())
                .isEqualTo(202);
    }

    @Test
    void anOrdinaryWordAsASecretSpoilsNoAnswer() throws Exception {
        String spec = Serving.spec("docker", "198.51.100.11").replace("name: h1", "name: node")
                .replace("roles: [control-plane]", "roles: [control-plane], ssh: {sudoPassword: docker, password: node, user: node}");
        String id = json(client.postSpec(RUNS, spec)).get("id").asText();
        serving.fail(id, "docker.service on node failed; password: docker");
        serving.ended(id);
        JsonNode run = json(client.get(RUNS + "/" + id));
        assertThat(run.get("cluster").asText()).isEqualTo("docker");
        assertThat(run.get("hosts").get(0).get("name").asText()).isEqualTo("node");
        assertThat(run.get("message").asText()).contains("docker.service on node failed; password: ***");
        assertThat(client.get(RUNS + "/" + id + "/events").body()).contains("short or a common word");
        assertThat(client.get(RUNS + "/" + id + "/spec").body()).contains("name: docker").contains("user: node")
                .contains("sudoPassword: \"***\"").contains("password: \"***\"");
    }

    @Test
    void secretsOfASpecAreInNoAnswer() throws Exception {
        String spec = Serving.spec().replace("roles: [control-plane]",
                "roles: [control-plane], ssh: {user: ops, sudoPassword: canary-3141}");
        String id = json(client.postSpec(RUNS, spec)).get("id").asText();
        serving.fail(id, "sudo: canary-3141 is wrong");
        serving.ended(id);
        HttpResponse<String> problem = client.postSpec(RUNS, spec.replace("user: ops", "usr: ops"));
        assertThat(problem.statusCode()).isEqualTo(422);
        for (HttpResponse<String> answer : List.of(client.get(RUNS), client.get(RUNS + "/" + id),
                client.get(RUNS + "/" + id + "/events"), problem)) {
            assertThat(answer.body()).doesNotContain("canary-3141");
        }
        assertThat(serving.engine().journal().run(id).orElseThrow().spec()).doesNotContain("canary-3141");
    }
}
