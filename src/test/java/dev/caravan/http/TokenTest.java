package dev.caravan.http;

import static dev.caravan.http.Client.json;
import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.access.Tokens;
import dev.caravan.spec.Secret;
import dev.caravan.testkit.Serving;
import java.net.URI;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A real server that asks for a token. */
class TokenTest {
    private static final String TOKEN = "t0ken-with-32-characters-or-so";
    private static final String BEARER = "Bearer " + TOKEN;

    @RegisterExtension
    static final Serving serving = Serving.forClass(Tokens.of(new Secret(TOKEN)), Map.of());

    private static final Client client = new Client(serving);

    @ParameterizedTest
    @ValueSource(strings = {"/", "/api", "/api/", "/api/v1/runs", "/api/v1/runs/", "/api/v1/runs/x", "/api/v1/runs/x/events",
        "/api/v1/runs/x/logs", "/api/v1/runs/x/cancel", "/api/v1/runs/x/retry", "/api/v1/runs/x/resume", "/api/v1/runs/x/timeline",
        "/api/v1/routes", "/observe/health", "/observe/health/live", "/observe/metrics", "/own", "/own/below", "/nothing",
        "//api/v1/runs", "/api//v1/runs", "/./api/v1/runs", "/x/../api/v1/runs", "/%61pi/v1/runs", "/API/V1/RUNS",
        "/api/v1/runs?access_token=" + TOKEN, "/api/v1/runs;x=1", "/favicon.ico", "//", "//api", "/api/v1/../..",
        "/api/v1/runs/..%2f..", "/api%2fv1%2fruns", "/api/v1/runs%00", "/%2e%2e/api", "*", "/api/v1/runs/x/rollback", "/%zz",
        "/api/v1/runs/%zz", "/api/v1/runs/x/events%", "/%e", "/api/v1/openapi.json", "http://localhost/api/v1/runs"})
    void noPathIsAnsweredWithoutTheToken(String path) throws Exception {
        for (String method : new String[] {"GET", "POST", "HEAD", "PUT", "DELETE", "OPTIONS", "PATCH"}) {
            String answer = client.raw(method + " " + path + " HTTP/1.1\nHost: localhost\nConnection: close\n\n");
            assertThat(answer).as("%s %s", method, path).startsWith("HTTP/1.1 401").containsIgnoringCase("WWW-Authenticate: Bearer");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"Bearer", "Bearer ", "Bearer wrong", "Bearer " + TOKEN + "x", "Bearer " + TOKEN + " x", "bearer t0ken", TOKEN,
        "Basic " + TOKEN, "Basic !!", "Digest " + TOKEN, "Bearer, " + TOKEN})
    void aWrongTokenIsRefused(String authorization) throws Exception {
        HttpResponse<String> answer = client.get("/api/v1/runs", "Authorization", authorization);
        assertThat(answer.statusCode()).isEqualTo(401);
        assertThat(answer.headers().firstValue("Content-Type")).contains("application/problem+json");
        assertThat(answer.body()).doesNotContain(TOKEN);
    }

    @Test
    void twoAuthorizationsAreRefused() throws Exception {
        assertThat(client.raw("GET /api/v1/runs HTTP/1.1\nHost: localhost\nConnection: close\nAuthorization: Bearer x\nAuthorization: "
                + BEARER + "\n\n"))
                .startsWith("HTTP/1.1 401");
    }

    @Test
    void aBodyIsNotReadBeforeTheTokenIs() throws Exception {
        assertThat(client.raw("POST /api/v1/runs HTTP/1.1\nHost: localhost\nContent-Type: application/yaml\nContent-Length: 1000000\n\n"))
                .startsWith("HTTP/1.1 401");
    }

    @Test
    void theTokenOpens() throws Exception {
        assertThat(client.get("/api/v1/runs", "Authorization", BEARER).statusCode()).isEqualTo(200);
        assertThat(client.get("/observe/health", "Authorization", "bearer  " + TOKEN).statusCode()).isEqualTo(200);
        assertThat(client.get("/own", "Authorization", BEARER).body()).isEqualTo("own");
        HttpResponse<String> begun = client.postSpec("/api/v1/runs", Serving.spec(), "Authorization", BEARER);
        String id = json(begun).get("id").asText();
        serving.release(id);
        serving.ended(id);
        assertThat(client.get("/api/v1/runs/" + id + "/events", "Authorization", BEARER).body()).contains("run-ended");
    }

    @Test
    void theTokenInTheWrongPlaceIsNotRepeated() throws Exception {
        for (String path : List.of("/" + TOKEN, "/api/v1/runs/" + TOKEN, "/api/v1/runs/" + TOKEN + "/events", "/observe/" + TOKEN,
                "/api/v1/runs?limit=" + TOKEN)) {
            HttpResponse<String> answer = client.get(path, "Authorization", BEARER);
            assertThat(answer.statusCode()).as(path).isBetween(400, 404);
            assertThat(answer.body()).as(path).doesNotContain(TOKEN);
        }
        assertThat(client.raw(TOKEN + " /api/v1/runs HTTP/1.1\nHost: localhost\nConnection: close\nAuthorization: " + BEARER + "\n\n"))
                .startsWith("HTTP/1.1 405").doesNotContain(TOKEN);
    }

    @Test
    void theTokenIsPassedOnToNoRoute() throws Exception {
        assertThat(client.get("/echo", "Authorization", BEARER, "X-Seen", "yes").body()).contains("X-Seen=yes").doesNotContain(TOKEN);
    }

    @Test
    void browsersMayGiveItAsAPassword() throws Exception {
        String credentials = Base64.getEncoder().encodeToString(("anybody:" + TOKEN).getBytes(StandardCharsets.UTF_8));
        assertThat(client.get("/", "Authorization", "Basic " + credentials).statusCode()).isEqualTo(200);
    }

    /** The browser asks its user; here the address has the answer. */
    @Test
    void thePageWorksWithIt() throws Exception {
        Path program = Chromium.orSkip();
        String id = json(client.postSpec("/api/v1/runs", Serving.spec(), "Authorization", BEARER)).get("id").asText();
        try (Chromium browser = new Chromium(program)) {
            browser.open(URI.create(serving.uri("/#/runs/" + id).toString().replace("//", "//anybody:" + TOKEN + "@")));
            browser.until("page.model && page.events && page.events.readyState === EventSource.OPEN");
            serving.release(id);
            browser.until("page.model.state === 'succeeded'");
            assertThat(browser.problems()).isEmpty();
        }
    }

    @Test
    void withATokenAnyHostNameIsAnswered() throws Exception {
        assertThat(client.raw("GET /api/v1/runs HTTP/1.1\nHost: caravan.example\nConnection: close\nAuthorization: " + BEARER + "\n\n"))
                .startsWith("HTTP/1.1 200");
    }
}
