package dev.caravan.http;

import static dev.caravan.http.Client.json;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.caravan.testkit.Serving;
import java.io.ByteArrayInputStream;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The API of a real server, except for runs: specs, routes, clusters, and who may ask. */
class ApiTest {
    private static final String RUNS = "/api/v1/runs";

    @RegisterExtension
    static final Serving serving = Serving.forClass();

    private static final Client client = new Client(serving);

    // ---- specs and routes

    @Test
    void thePageIsCompressedForThoseWhoTakeThat() throws Exception {
        String plain = client.get("/").body();
        for (String taken : List.of("gzip", "br, GZIP;q=0.5", "deflate,gzip")) {
            HttpResponse<byte[]> answer = page(taken);
            assertThat(answer.headers().firstValue("Content-Encoding")).as(taken).hasValue("gzip");
            assertThat(new String(new GZIPInputStream(new ByteArrayInputStream(answer.body())).readAllBytes(), StandardCharsets.UTF_8))
                    .isEqualTo(plain);
        }
        for (String taken : List.of("br", "gzip;q=0", "x-gzip, gzip; q=0.0, br", "identity")) {
            HttpResponse<byte[]> answer = page(taken);
            assertThat(answer.headers().firstValue("Content-Encoding")).as(taken).isEmpty();
            assertThat(answer.headers().firstValue("Vary")).hasValue("Accept-Encoding");
            assertThat(new String(answer.body(), StandardCharsets.UTF_8)).isEqualTo(plain);
        }
    }

    private static HttpResponse<byte[]> page(String taken) throws Exception {
        return client.http().send(HttpRequest.newBuilder(serving.uri("/")).header("Accept-Encoding", taken).build(),
                BodyHandlers.ofByteArray());
    }

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

    private static List<String> listed(String query) throws Exception {
        List<String> ids = new ArrayList<>();
        json(client.get(RUNS + query)).get("runs").forEach(run -> ids.add(run.get("id").asText()));
        return ids;
    }

    private static JsonNode routeOf(JsonNode routes, String id) {
        for (JsonNode route : routes) {
            if (route.get("id").asText().equals(id)) {
                return route;
            }
        }
        throw new AssertionError("no route " + id);
    }
}
