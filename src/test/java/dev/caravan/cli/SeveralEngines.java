package dev.caravan.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.caravan.history.Event;
import dev.caravan.history.Occurrence;
import dev.caravan.history.Occurrence.RunResumed;
import dev.caravan.history.RunState;
import dev.caravan.journal.EngineIdentity;
import dev.caravan.journal.Journal;
import dev.caravan.journal.JournalPlace;
import dev.caravan.journal.PostgresServer;
import dev.caravan.journal.RunRecord;
import dev.caravan.packages.Family;
import dev.caravan.rehearsal.Scratch;
import dev.caravan.rehearsal.SimulatedHost;
import dev.caravan.spec.SshAccess;
import dev.caravan.testkit.Clusters;
import dev.caravan.testkit.Serving;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * Engines in processes of their own that share a journal in a real PostgreSQL server, and an inbox. Steps on the hosts count how often they
 * ran, and wait until the test lets them go on: so it is known where an engine is when something happens to it.
 */
abstract class SeveralEngines {
    static final Duration LONG = Duration.ofMinutes(5);
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final List<String> STEPS = List.of("one", "two", "three");
    private static final String ACTION = """
            - route:
                id: tally
                description: Three steps that count.
                note: |
                  title: Count
                  changesHosts: true
                routeConfigurationId: workflow-errors
                from:
                  uri: direct:tally
                  steps:
                    - split:
                        method:
                          ref: hosts
                          method: all
                        stopOnException: true
                        steps:
                          - bean:
                              ref: hosts
                              method: enter
                          - to: direct:one
                          - to: direct:two
                          - to: direct:three
            """;
    private static final String STEP = """
            - route:
                id: %1$s
                description: Counts.
                routeConfigurationId: step-errors
                from:
                  uri: direct:%1$s
                  steps:
                    - to: step:%1$s
            """;
    private static final String SCRIPT = """
            #!/bin/sh
            # Counts, and waits.

            . "${CARAVAN_LIB:-$(dirname "$0")}/lib.sh"

            change "count"
            echo %1$s >> "$R/tally"
            until [ -e "$R/go-%1$s" ]; do sleep 0.1; done
            """;
    static final String BEFORE_HOST = """
            - route:
                id: before-host
                description: Counts.
                routeConfigurationId: workflow-errors
                from:
                  uri: direct:before-host
                  steps:
                    - to: direct:one
            """;

    @RegisterExtension
    static final PostgresServer SERVER = new PostgresServer();

    @RegisterExtension
    final Scratch scratch = new Scratch();

    private final List<EngineProcess> engines = new ArrayList<>();
    private final HttpClient http = HttpClient.newHttpClient();
    final Map<String, Path> roots = new LinkedHashMap<>();
    final List<AutoCloseable> hosts = new ArrayList<>();
    Path directory;
    Path inbox;
    Path routes;
    Map<String, String> environment;
    private JournalPlace place;
    Journal journal;

    @BeforeEach
    void start() throws Exception {
        directory = scratch.parent();
        inbox = Files.createDirectories(directory.resolve("inbox"));
        routes = Files.createDirectories(directory.resolve("routes"));
        Files.writeString(Files.createDirectories(routes.resolve("actions")).resolve("tally.camel.yaml"), ACTION);
        Files.createDirectories(routes.resolve("steps"));
        Files.createDirectories(routes.resolve("scripts"));
        for (String step : STEPS) {
            Files.writeString(routes.resolve("steps").resolve(step + ".camel.yaml"), STEP.formatted(step));
            Files.writeString(routes.resolve("scripts").resolve(step + ".sh"), SCRIPT.formatted(step));
        }
        byte[] key = new byte[32];
        new SecureRandom().nextBytes(key);
        Path keyFile = Files.write(directory.resolve("key"), key);
        String url = SERVER.url();
        environment = Map.of("CARAVAN_JOURNAL", url, "CARAVAN_JOURNAL_PASSWORD", PostgresServer.PASSWORD, "CARAVAN_KEY_FILE",
                keyFile.toString());
        place = new JournalPlace(directory.resolve("mine"), Optional.of(url), Optional.of(PostgresServer.PASSWORD), Optional.of(keyFile),
                EngineIdentity.ofThisProcess());
    }

    @AfterEach
    void stop() throws Exception {
        for (EngineProcess engine : engines) {
            engine.signal("CONT");
            engine.kill();
        }
        if (journal != null) {
            journal.close();
        }
        for (AutoCloseable host : hosts) {
            host.close();
        }
    }

    /* Opened late: the first who opens it makes the tables of its version. */
    Journal journal() {
        if (journal == null) {
            journal = Journal.open(place);
        }
        return journal;
    }

    /** One whose page and API are reached at that port. */
    record Served(EngineProcess process, int port) {}

    Served engine(String name) throws Exception {
        return engine(name, directory.resolve("data-" + name));
    }

    Served engine(String name, Path data) throws Exception {
        int port = Serving.freePort();
        return served(EngineProcess.start(data, port, inbox, routes, environment, directory.resolve(name + ".log")), port);
    }

    Served served(EngineProcess process, int port) throws Exception {
        engines.add(process);
        await().atMost(LONG).until(() -> !process.isAlive() || process.says("serving on"));
        assertThat(process.isAlive()).as(process.log()).isTrue();
        return new Served(process, port);
    }

    void oneHost() throws IOException {
        SimulatedHost host = SimulatedHost.start("h1", Family.APT, directory.resolve("host"));
        hosts.add(host);
        roots.put("h1", host.root());
    }

    private SshAccess access() {
        return ((SimulatedHost) hosts.get(0)).access(Clusters.root());
    }

    static String ssh(SshAccess access) {
        return "{user: root, port: " + access.port() + ", privateKey: \"" + access.privateKey().orElseThrow() + "\", hostKey: \""
                + access.hostKey().orElseThrow() + "\"}";
    }

    /** Has the inbox begin a run of the action that counts; gives its id. */
    String begin() throws IOException {
        drop("tally.yaml", """
                apiVersion: caravan/v1
                kind: Cluster
                metadata:
                  name: tally
                  annotations: {caravan/action: tally}
                spec:
                  kubernetes: {version: 1.36.3}
                  hosts:
                    - {name: h1, address: 127.0.0.1, roles: [control-plane], ssh: %s}
                """.formatted(ssh(access())));
        return run(1);
    }

    void drop(String name, String text) throws IOException {
        Files.move(Files.writeString(directory.resolve(name), text), inbox.resolve(name), StandardCopyOption.ATOMIC_MOVE);
    }

    /** The newest of that many runs, once it is there. */
    String run(int number) {
        await().atMost(LONG).until(() -> journal().runs(10).size() == number);
        return journal().runs(10).get(0).id();
    }

    List<String> tally(String host) throws IOException {
        Path tally = roots.get(host).resolve("tally");
        return Files.exists(tally) ? Files.readAllLines(tally) : List.of();
    }

    void awaitTally(String... steps) {
        await().atMost(LONG).until(() -> tally("h1").equals(List.of(steps)));
    }

    void release(String step) throws IOException {
        for (Path root : roots.values()) {
            Files.createFile(root.resolve("go-" + step));
        }
    }

    long count(String run, Class<? extends Occurrence> kind) {
        return journal().events(run, 0).stream().filter(event -> event.is(kind)).count();
    }

    void awaitResumed(String run, int times) {
        await().atMost(LONG).until(() -> count(run, RunResumed.class) == times);
    }

    RunRecord ended(String run) {
        await().atMost(LONG).until(() -> journal().run(run).orElseThrow().hasEnded());
        return journal().run(run).orElseThrow();
    }

    void succeededOnce(String run) throws IOException {
        assertThat(ended(run).state()).as(() -> journal().events(run, 0).toString()).isEqualTo(RunState.SUCCEEDED);
        assertThat(tally("h1")).as("what the host counted").isEqualTo(STEPS);
        assertThat(journal().events(run, 0)).extracting(Event::seq)
                .isEqualTo(LongStream.rangeClosed(1, journal().events(run, 0).size()).boxed().toList());
    }

    HttpResponse<String> ask(Served engine, String method, String path) throws Exception {
        return http.send(HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + engine.port() + path))
                .method(method, HttpRequest.BodyPublishers.noBody()).build(), HttpResponse.BodyHandlers.ofString());
    }

    JsonNode show(Served engine, String run) throws Exception {
        return JSON.readTree(ask(engine, "GET", "/api/v1/runs/" + run).body());
    }

    /** What that engine sends of the run, from its beginning to its end. */
    CompletableFuture<String> follow(Served engine, String run) {
        return http.sendAsync(HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + engine.port() + "/api/v1/runs/" + run + "/events"))
                .build(), HttpResponse.BodyHandlers.ofString()).thenApply(HttpResponse::body);
    }
}
