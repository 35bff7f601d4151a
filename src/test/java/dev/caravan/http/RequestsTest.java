package dev.caravan.http;

import static dev.caravan.http.Client.json;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import com.fasterxml.jackson.databind.JsonNode;
import dev.caravan.testkit.Serving;
import java.io.ByteArrayInputStream;
import java.net.Socket;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.LoggerFactory;

/** Requests that a real server does not take, or has no answer for: they do no harm, and each gets a problem document. */
class RequestsTest {
    private static final String RUNS = "/api/v1/runs";

    @RegisterExtension
    static final Serving serving = Serving.forClass();

    private static final Client client = new Client(serving);

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
    void otherMethodsLearnWhatIsAllowed(String method, String path, String allow) throws Exception {
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
    void healthIsReported() throws Exception {
        for (String path : List.of("/observe/health", "/observe/health/live", "/observe/health/ready")) {
            HttpResponse<String> answer = client.get(path);
            assertThat(answer.statusCode()).isEqualTo(200);
            assertThat(json(answer).get("status").asText()).isEqualTo("UP");
        }
    }
}
