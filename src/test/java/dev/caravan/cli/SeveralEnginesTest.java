package dev.caravan.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.caravan.history.Event;
import dev.caravan.history.Occurrence;
import dev.caravan.history.Occurrence.CancelRequested;
import dev.caravan.history.Occurrence.RunResumed;
import dev.caravan.history.Occurrence.StepEnded;
import dev.caravan.history.RunState;
import dev.caravan.journal.EngineIdentity;
import dev.caravan.journal.Journal;
import dev.caravan.journal.JournalPlace;
import dev.caravan.journal.PostgresServer;
import dev.caravan.journal.RunRecord;
import dev.caravan.packages.Family;
import dev.caravan.rehearsal.Rehearsal;
import dev.caravan.rehearsal.Scratch;
import dev.caravan.rehearsal.SimulatedHost;
import dev.caravan.spec.Cluster;
import dev.caravan.spec.Host;
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
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * Engines in processes of their own that share a journal in a real PostgreSQL server, and an inbox. Steps on the hosts count how often they
 * ran, and wait until the test lets them go on: so it is known where an engine is when something happens to it.
 */
@Tag("long")
@EnabledIf(value = "dev.caravan.journal.PostgresServer#isInstalled", disabledReason = PostgresServer.NOT_INSTALLED)
class SeveralEnginesTest {
    private static final Duration LONG = Duration.ofMinutes(5);
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
    private static final String BEFORE_HOST = """
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
    private final Map<String, Path> roots = new LinkedHashMap<>();
    private final List<AutoCloseable> hosts = new ArrayList<>();
    private Path directory;
    private Path inbox;
    private Path routes;
    private Map<String, String> environment;
    private JournalPlace place;
    private Journal journal;

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
    private Journal journal() {
        if (journal == null) {
            journal = Journal.open(place);
        }
        return journal;
    }

    /** One whose page and API are reached at that port. */
    private record Served(EngineProcess process, int port) {}

    private Served engine(String name) throws Exception {
        return engine(name, directory.resolve("data-" + name));
    }

    private Served engine(String name, Path data) throws Exception {
        int port = Serving.freePort();
        return served(EngineProcess.start(data, port, inbox, routes, environment, directory.resolve(name + ".log")), port);
    }

    private Served served(EngineProcess process, int port) throws Exception {
        engines.add(process);
        await().atMost(LONG).until(() -> !process.isAlive() || process.says("serving on"));
        assertThat(process.isAlive()).as(process.log()).isTrue();
        return new Served(process, port);
    }

    private void oneHost() throws IOException {
        SimulatedHost host = SimulatedHost.start("h1", Family.APT, directory.resolve("host"));
        hosts.add(host);
        roots.put("h1", host.root());
    }

    private SshAccess access() {
        return ((SimulatedHost) hosts.get(0)).access(Clusters.root());
    }

    private static String ssh(SshAccess access) {
        return "{user: root, port: " + access.port() + ", privateKey: \"" + access.privateKey().orElseThrow() + "\", hostKey: \""
                + access.hostKey().orElseThrow() + "\"}";
    }

    /** Has the inbox begin a run of the action that counts; gives its id. */
    private String begin() throws IOException {
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

    private void drop(String name, String text) throws IOException {
        Files.move(Files.writeString(directory.resolve(name), text), inbox.resolve(name), StandardCopyOption.ATOMIC_MOVE);
    }

    /** The newest of that many runs, once it is there. */
    private String run(int number) {
        await().atMost(LONG).until(() -> journal().runs(10).size() == number);
        return journal().runs(10).get(0).id();
    }

    private List<String> tally(String host) throws IOException {
        Path tally = roots.get(host).resolve("tally");
        return Files.exists(tally) ? Files.readAllLines(tally) : List.of();
    }

    private void awaitTally(String... steps) {
        await().atMost(LONG).until(() -> tally("h1").equals(List.of(steps)));
    }

    private void release(String step) throws IOException {
        for (Path root : roots.values()) {
            Files.createFile(root.resolve("go-" + step));
        }
    }

    private long count(String run, Class<? extends Occurrence> kind) {
        return journal().events(run, 0).stream().filter(event -> event.is(kind)).count();
    }

    private void awaitResumed(String run, int times) {
        await().atMost(LONG).until(() -> count(run, RunResumed.class) == times);
    }

    private RunRecord ended(String run) {
        await().atMost(LONG).until(() -> journal().run(run).orElseThrow().hasEnded());
        return journal().run(run).orElseThrow();
    }

    private void succeededOnce(String run) throws IOException {
        assertThat(ended(run).state()).as(() -> journal().events(run, 0).toString()).isEqualTo(RunState.SUCCEEDED);
        assertThat(tally("h1")).as("what the host counted").isEqualTo(STEPS);
        assertThat(journal().events(run, 0)).extracting(Event::seq)
                .isEqualTo(LongStream.rangeClosed(1, journal().events(run, 0).size()).boxed().toList());
    }

    private HttpResponse<String> ask(Served engine, String method, String path) throws Exception {
        return http.send(HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + engine.port() + path))
                .method(method, HttpRequest.BodyPublishers.noBody()).build(), HttpResponse.BodyHandlers.ofString());
    }

    private JsonNode show(Served engine, String run) throws Exception {
        return JSON.readTree(ask(engine, "GET", "/api/v1/runs/" + run).body());
    }

    /** What that engine sends of the run, from its beginning to its end. */
    private CompletableFuture<String> follow(Served engine, String run) {
        return http.sendAsync(HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + engine.port() + "/api/v1/runs/" + run + "/events"))
                .build(), HttpResponse.BodyHandlers.ofString()).thenApply(HttpResponse::body);
    }

    private static void print(String what, long since) {
        System.out.printf("%s %.1f s%n", what, (System.nanoTime() - since) / 1e9);
    }

    @Test
    void theRunOfAKilledEngineGoesToALivingOne() throws Exception {
        oneHost();
        Served first = engine("a");
        String run = begin();
        awaitTally("one");
        Served second = engine("b");
        CompletableFuture<String> live = follow(second, run);
        assertThat(show(second, run).path("possible")).extracting(JsonNode::asText).containsExactly("cancel");
        assertThat(ask(second, "POST", "/api/v1/runs/" + run + "/resume").statusCode()).as("it is being worked on").isEqualTo(409);

        first.process().kill();
        long killed = System.nanoTime();
        awaitResumed(run, 1);
        print("killed in mid-step: resumed by the other engine after", killed);
        release("one");
        awaitTally("one", "two");
        release("two");
        release("three");

        succeededOnce(run);
        assertThat(live.get(LONG.toSeconds(), TimeUnit.SECONDS)).as("live, before and after").contains("event: run-queued",
                "event: run-ended").containsOnlyOnce("event: run-resumed");
        await().atMost(LONG).until(() -> Files.exists(inbox.resolve(".done/tally.yaml")));
        assertThat(inbox.resolve(".done/tally.yaml.result.json")).content().contains("\"" + run + "\"");
        assertThat(journal().runs(10)).as("the file began no second run").hasSize(1);
    }

    @Test
    void anEngineThatWasPausedForTooLongDoesNothingMoreForItsRun() throws Exception {
        oneHost();
        Served first = engine("a");
        String run = begin();
        awaitTally("one");
        Served second = engine("b");

        first.process().signal("STOP");
        long stopped = System.nanoTime();
        awaitResumed(run, 1);
        print("stopped in mid-step: resumed by the other engine after", stopped);
        release("one");
        awaitTally("one", "two");
        first.process().signal("CONT");
        await().atMost(LONG).until(() -> first.process().says("run " + run + " of cluster tally is left to other engines"));
        assertThat(show(first, run).path("state").asText()).isEqualTo("running");
        CompletableFuture<String> live = follow(first, run);
        release("two");
        release("three");

        succeededOnce(run);
        assertThat(count(run, RunResumed.class)).isEqualTo(1);
        assertThat(live.get(LONG.toSeconds(), TimeUnit.SECONDS)).contains("event: run-ended");
        // It still has the file: the lock on it ends with the process alone.
        await().atMost(LONG).until(() -> Files.exists(inbox.resolve(".done/tally.yaml")));
        assertThat(inbox.resolve(".done/tally.yaml.result.json")).content().contains("\"" + run + "\"");
        assertThat(journal().runs(10)).hasSize(1);
        assertThat(second.process().isAlive() && first.process().isAlive()).isTrue();
    }

    /** As in a rolling upgrade, with one data directory for all. */
    @Test
    void enginesThatAreStoppedOneAfterTheOtherHandTheirRunOver() throws Exception {
        oneHost();
        Path data = directory.resolve("data");
        Served first = engine("a", data);
        String run = begin();
        awaitTally("one");
        Served second = engine("b", data);

        long asked = System.nanoTime();
        assertThat(first.process().stop(LONG.toSeconds())).isTrue();
        awaitResumed(run, 1);
        print("asked to stop in mid-step: resumed by the other engine after", asked);
        release("one");
        awaitTally("one", "two");
        assertThat(ask(second, "GET", "/api/v1/runs/" + run + "/logs?host=h1&step=one").body()).contains("count");

        Served third = engine("c", data);
        asked = System.nanoTime();
        assertThat(second.process().stop(LONG.toSeconds())).isTrue();
        awaitResumed(run, 2);
        print("asked to stop in mid-step: resumed by the other engine after", asked);
        release("two");
        awaitTally("one", "two", "three");
        assertThat(third.process().stop(LONG.toSeconds())).isTrue();
        release("three");
        Served fourth = engine("d", data);

        succeededOnce(run);
        assertThat(count(run, RunResumed.class)).isEqualTo(3);
        assertThat(ask(fourth, "GET", "/api/v1/runs/" + run + "/logs?host=h1&step=one").body()).contains("count");
        await().atMost(LONG).until(() -> Files.exists(inbox.resolve(".done/tally.yaml")));
        assertThat(journal().runs(10)).hasSize(1);
    }

    @Test
    @EnabledIfSystemProperty(named = "former", matches = ".+", disabledReason = "no former version is named: -DargLine=-Dformer=JAR")
    void anEngineOfAFormerVersionGoesOnBesideANewerOneAndHandsItsRunOver() throws Exception {
        oneHost();
        int port = Serving.freePort();
        Served former = served(EngineProcess.startFormer(System.getProperty("former"), directory.resolve("data-former"), port, inbox,
                routes, environment, directory.resolve("former.log")), port);
        String run = begin();
        awaitTally("one");
        engine("new");
        release("one");
        awaitTally("one", "two");
        assertThat(count(run, RunResumed.class)).as("the former one goes on").isZero();

        long asked = System.nanoTime();
        assertThat(former.process().stop(LONG.toSeconds())).isTrue();
        awaitResumed(run, 1);
        print("the former version was asked to stop: resumed by the newer one after", asked);
        release("two");
        release("three");

        succeededOnce(run);
        await().atMost(LONG).until(() -> Files.exists(inbox.resolve(".done/tally.yaml")));
        assertThat(journal().runs(10)).hasSize(1);
    }

    @Test
    void whicheverEngineIsAskedToCancelTheOneThatHasTheRunDoes() throws Exception {
        oneHost();
        Served first = engine("a");
        String run = begin();
        awaitTally("one");
        Served second = engine("b");

        assertThat(ask(second, "POST", "/api/v1/runs/" + run + "/cancel").statusCode()).isEqualTo(202);
        await().atMost(LONG).until(() -> count(run, CancelRequested.class) == 1);
        release("one");

        assertThat(ended(run).state()).isEqualTo(RunState.CANCELLED);
        assertThat(tally("h1")).containsExactly("one");
        assertThat(journal().cancelRequests()).isEmpty();
        assertThat(count(run, RunResumed.class)).isZero();
        assertThat(ask(second, "POST", "/api/v1/runs/" + run + "/cancel").statusCode()).as("it has ended").isEqualTo(409);
        assertThat(first.process().isAlive()).isTrue();
    }

    @Test
    void anInstallationGoesOnWhereItsEngineWasKilledAndTheNextOneChangesNothing() throws Exception {
        Files.writeString(Files.createDirectories(routes.resolve("hosts")).resolve("before-host.camel.yaml"), BEFORE_HOST);
        Rehearsal rehearsal = Rehearsal.start(Clusters.of(1, 1, "1.36.3", Cluster.RuntimeName.CONTAINERD, Clusters.root()), List.of(),
                scratch.directory(), Rehearsal.Options.usual().withFamily(Family.APT).withPace(0));
        hosts.add(rehearsal);
        roots.putAll(rehearsal.roots());
        String spec = """
                apiVersion: caravan/v1
                kind: Cluster
                metadata: {name: demo}
                spec:
                  kubernetes: {version: 1.36.3}
                  runtime: {name: containerd}
                  network: {cni: bridge}
                  hosts:
                %s
                """.formatted(rehearsal.cluster().hosts().stream().map(SeveralEnginesTest::line).collect(Collectors.joining("\n")));
        Served first = engine("a");
        drop("demo.yaml", spec);
        String run = run(1);
        awaitTally("one");
        engine("b");

        first.process().kill();
        long killed = System.nanoTime();
        awaitResumed(run, 1);
        print("killed in an installation: resumed by the other engine after", killed);
        release("one");

        assertThat(ended(run).state()).as(() -> journal().events(run, 0).toString()).isEqualTo(RunState.SUCCEEDED);
        assertThat(tally("h1")).containsExactly("one");
        assertThat(tally("h2")).containsExactly("one");
        assertThat(directory.resolve("data-b/clusters/demo/kubeconfig")).exists();
        Map<String, Long> changes = journal().events(run, 0).stream().flatMap(event -> event.as(StepEnded.class).stream())
                .filter(ended -> !ended.changes().isEmpty())
                .collect(Collectors.groupingBy(ended -> ended.host().orElse("") + " " + ended.step(), Collectors.counting()));
        assertThat(changes.keySet()).contains("h1 kubeadm-init", "h2 kubeadm-join", "h1 os-prepare", "h2 os-prepare");
        assertThat(changes.values()).as(changes::toString).containsOnly(1L);
        rehearsal.roots().values().forEach(root -> assertThat(root.resolve("var/lib/caravan")).as("the run's lock").doesNotExist());

        await().atMost(LONG).until(() -> Files.exists(inbox.resolve(".done/demo.yaml")));
        drop("demo.yaml", spec);
        String second = run(2);
        assertThat(ended(second).state()).isEqualTo(RunState.SUCCEEDED);
        assertThat(journal().events(second, 0).stream().flatMap(event -> event.as(StepEnded.class).stream())
                .filter(ended -> !ended.step().matches("one|join-credentials|credentials-revoke|probe-start|probe-stop"))
                .flatMap(ended -> ended.changes().stream())).isEmpty();
    }

    private static String line(Host host) {
        return "    - {name: %s, address: %s, roles: [%s], ssh: %s}".formatted(host.name(), host.address(),
                host.isControlPlane() ? "control-plane" : "worker", ssh(host.ssh()));
    }
}
