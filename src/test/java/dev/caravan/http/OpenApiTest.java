package dev.caravan.http;

import static dev.caravan.http.Client.json;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import com.networknt.schema.JsonSchema;
import dev.caravan.access.Tokens;
import dev.caravan.artefacts.Artefact;
import dev.caravan.backups.Backup;
import dev.caravan.backups.BackupDirectory;
import dev.caravan.history.RunState;
import dev.caravan.journal.RunRecord;
import dev.caravan.login.LoginSettings;
import dev.caravan.spec.Secret;
import dev.caravan.testkit.NodesStandIn;
import dev.caravan.testkit.Serving;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/**
 * The description of the API, against a real server. {@link Client} holds every answer that any test gets against it; here is what it
 * takes to see all of it.
 */
class OpenApiTest {
    private static final String RUNS = "/api/v1/runs";

    @TempDir
    static Path directory;

    @RegisterExtension
    static final Serving serving = Serving.forClass();

    private static final Client client = new Client(serving);

    @Test
    void everyPathAndMethodIsDescribedAndEveryDescribedOneIsThere() {
        Map<String, Set<String>> described = new TreeMap<>();
        Described.DOCUMENT.get("paths").properties().forEach(path -> {
            Set<String> methods = new TreeSet<>();
            path.getValue().fieldNames().forEachRemaining(name -> methods.add(name.toUpperCase(java.util.Locale.ROOT)));
            methods.remove("PARAMETERS");
            if (methods.contains("GET") && !path.getKey().endsWith("/events")) {
                methods.add("HEAD");
            }
            described.put(path.getKey(), methods);
        });
        Http http = serving.engine().context().getRegistry().lookupByNameAndType("http", Http.class);
        assertThat(new TreeMap<>(http.served())).isEqualTo(described);
    }

    @Test
    void everyDescribedParameterOfAQueryIsTakenAndNoOther() throws Exception {
        for (var path : Described.DOCUMENT.get("paths").properties()) {
            // OpenID providers add parameters of their own there, and RFC 6749 has them ignored.
            if (!path.getKey().startsWith("/api/") || path.getKey().equals(LoginSettings.CALLBACK)) {
                continue;
            }
            String real = path.getKey().replaceAll("[{](id|name|route)[}]", "none");
            for (String method : List.of("get", "post")) {
                JsonNode operation = path.getValue().path(method);
                if (operation.isMissingNode() || takesAnyParameter(path.getKey(), method)) {
                    continue;
                }
                HttpResponse<String> refused = client.send(method.toUpperCase(java.util.Locale.ROOT), real + "?colour=red", null);
                assertThat(refused.statusCode()).as("%s %s", method, path.getKey()).isEqualTo(400);
                assertThat(json(refused).get("detail").asText()).startsWith("There is no parameter of this name.").doesNotContain("red");
                for (JsonNode parameter : operation.path("parameters")) {
                    if (parameter.path("in").asText().equals("query")) {
                        assertThat(client.get(real + "?" + parameter.get("name").asText() + "=1").body())
                                .doesNotContain("There is no parameter of this name");
                    }
                }
            }
        }
    }

    /** What begins a run, or says what it would do, takes the parameters of its action. */
    private static boolean takesAnyParameter(String path, String method) {
        return method.equals("post") && List.of(RUNS, "/api/v1/preview").contains(path);
    }

    @Test
    void isServedAsJsonAndAsYaml() throws Exception {
        JsonNode served = json(client.get("/api/v1/openapi.json"));
        assertThat(served).isEqualTo(Described.DOCUMENT);
        assertThat(served.get("openapi").asText()).startsWith("3.1.");
        JsonNode fromYaml = new YAMLMapper().readTree(client.get("/api/v1/openapi.yaml").body());
        assertThat(fromYaml).isEqualTo(served);
    }

    @Test
    void theSchemaOfTheSpecIsTheOneThatSpecsAreReadBy() throws Exception {
        JsonSchema schema = Described.validator("Cluster");
        YAMLMapper yaml = new YAMLMapper();
        assertThat(schema.validate(yaml.readTree(Serving.spec()))).isEmpty();
        assertThat(schema.validate(yaml.readTree(Serving.spec().replace("roles: [control-plane]", "roles: [control-plain]")))).isNotEmpty();
    }

    /** A description has everything that answers hold, as each answer is held against it; and here nothing besides. */
    @Test
    void everythingDescribedIsSeenInRealAnswers() throws Exception {
        RunOfEveryKind.record(serving.engine().journal(), client);
        client.get("/");
        client.get("/api/v1/engine");
        client.get("/api/v1/openapi.json");
        client.get("/api/v1/openapi.yaml");
        for (String health : List.of("", "/live", "/ready")) {
            client.get("/observe/health" + health);
        }
        client.get("/observe/metrics");
        client.get(RUNS + "/told");
        client.get(RUNS + "/told/events");
        client.get(RUNS + "/told/timeline");
        assertThat(client.get(RUNS + "/told/events").body().lines().filter(line -> line.startsWith("event: ")).distinct().sorted().toList())
                .as("each type that is described is the name of an event").isEqualTo(types());
        client.get("/api/v1/routes");
        client.get("/api/v1/actions");
        client.get("/api/v1/routes/apply");
        client.get("/api/v1/routes/run/source");
        client.get(RUNS + "/told/spec");
        client.postSpec("/api/v1/validate", Serving.spec());
        client.postSpec("/api/v1/edit?version=1.21.1", Serving.spec());
        client.get("/api/v1/versions");
        client.postSpec("/api/v1/preview?action=backup", Serving.spec());
        assertThat(json(client.postSpec("/api/v1/preview?action=restore&backup=none", Serving.spec())).get("refused").asText())
                .startsWith("There is no backup none of ");
        client.get(RUNS + "/told/events", "Last-Event-ID", "99");
        String spec = Serving.spec();
        String first = json(client.postSpec(RUNS, spec)).get("id").asText();
        client.postSpec(RUNS, spec);
        client.postSpec(RUNS, "kind: Nothing");
        Files.writeString(Files.createDirectories(serving.data().resolve("logs").resolve(first).resolve("h1")).resolve("facts.log"),
                "kernel\n");
        client.get(RUNS + "/" + first + "/logs");
        client.get(RUNS + "/" + first + "/logs?host=h1&step=facts", "Range", "bytes=1-2");
        client.post(RUNS + "/" + first + "/cancel", "");
        serving.ended(first);
        String second = json(client.post(RUNS + "/" + first + "/retry", "")).get("id").asText();
        serving.release(second);
        serving.ended(second);
        String third = json(client.post(RUNS + "/" + second + "/rollback", "")).get("id").asText();
        serving.release(third);
        serving.ended(third);
        assertThat(json(client.get(RUNS + "/" + second)).path("rolledBackBy").asText()).isEqualTo(third);
        String plan = json(client.postSpec(RUNS + "?action=plan", Serving.spec())).get("id").asText();
        serving.release(plan);
        serving.ended(plan);
        client.get(RUNS + "/" + plan);
        client.get(RUNS);
        String applied = json(client.postSpec(RUNS, client.get(RUNS + "/" + plan + "/spec").body())).get("id").asText();
        serving.release(applied);
        lookAtClusters(serving.ended(applied).cluster());
        resumeOneThatWasLeft();
        logOut();
        try (Serving withoutRuns = Serving.start(Files.createDirectories(directory.resolve("without-runs")), Optional.empty())) {
            new Client(withoutRuns).postSpec("/api/v1/trial", Serving.spec());
        }

        assertThat(described()).isSubsetOf(Described.seen());
    }

    private static List<String> types() {
        List<String> types = new ArrayList<>();
        Described.DOCUMENT.at("/components/schemas/Event/properties/type/enum").forEach(type -> types.add("event: " + type.asText()));
        return types.stream().sorted().toList();
    }

    /** Without a token there is no kubeconfig: this asks an engine that has one, too. */
    private static void lookAtClusters(String planned) throws Exception {
        Artefact file = new Artefact(5, "0".repeat(64));
        Files.createDirectories(serving.data().resolve("backups/told"));
        new BackupDirectory(serving.data(), "told").record(new Backup("20261128-183000-told", "told", "told", Instant.now(), "h1", "1.20.2",
                new Backup.Snapshot("3.4.13", 7, 1, 2, 3, 1), false, file, file));
        client.get("/api/v1/clusters");
        client.get("/api/v1/clusters/told");
        client.get("/api/v1/clusters/told/backups");
        client.get("/api/v1/clusters/" + planned);
        try (NodesStandIn cluster = NodesStandIn.start(serving.data(), "told", """
                {"metadata": {"name": "h1"}, "status": {"nodeInfo": {"kubeletVersion": "v1.20.2"},
                  "conditions": [{"type": "Ready", "status": "False", "message": "no network"}]}}""")) {
            client.get("/api/v1/clusters/told/nodes");
        }
        Path other = Files.createDirectories(directory.resolve("with-token"));
        Files.writeString(Files.createDirectories(other.resolve("data/clusters/told")).resolve("kubeconfig"), "kind: Config\n");
        try (Serving withToken = Serving.start(other, Tokens.read("ann admin right"))) {
            assertThat(new Client(withToken).get("/api/v1/clusters/told/kubeconfig", "Authorization", "Bearer right").body())
                    .isEqualTo("kind: Config\n");
            new Client(withToken).get("/api/v1/caller", "Authorization", "Bearer right");
        }
    }

    /** Its provider is not asked for that. */
    private static void logOut() throws Exception {
        try (Serving withLogin = Serving.start(Files.createDirectories(directory.resolve("with-login")), Optional.of(new Secret("right")),
                Map.of("caravan.oidc.issuer", "http://localhost:1", "caravan.oidc.url", "http://localhost", "caravan.oidc.view", "*"))) {
            assertThat(json(new Client(withLogin).get("/api/v1/caller")).get("login").asText()).isEqualTo("/api/v1/login");
            new Client(withLogin).post("/api/v1/logout", "", "Authorization", "Bearer right");
        }
    }

    /** The engine resumes such runs itself, now and then before the test asks. */
    private static void resumeOneThatWasLeft() {
        AtomicInteger number = new AtomicInteger();
        await().until(() -> {
            String id = "left-" + number.incrementAndGet();
            serving.engine().journal().begin(new RunRecord(id, id, "apply", "command", false,
                    Serving.spec(id, "192.0.2." + (200 + number.get())), serving.directory().toString(),
                    RunState.RUNNING, Instant.now(), Optional.empty()));
            boolean resumed = client.post(RUNS + "/" + id + "/resume", "").statusCode() == 202;
            await().until(() -> serving.engine().runs().underWay().stream().anyMatch(run -> run.id().equals(id)));
            serving.release(id);
            return resumed;
        });
    }

    /** Every member of every schema but the spec's, which only comes in, and every success of every operation. */
    private static Set<String> described() {
        Set<String> all = new TreeSet<>();
        Described.DOCUMENT.at("/components/schemas").properties().stream().filter(schema -> !schema.getKey().equals("Cluster"))
                .forEach(schema -> schema.getValue().path("properties").fieldNames()
                        .forEachRemaining(name -> all.add(schema.getKey() + "." + name)));
        Described.DOCUMENT.get("paths").properties().forEach(path -> path.getValue().properties().forEach(operation ->
                operation.getValue().path("responses").fieldNames().forEachRemaining(status -> {
                    if (status.startsWith("2")) {
                        all.add(operation.getKey() + " " + path.getKey() + " " + status);
                    }
                })));
        return all;
    }
}
