package dev.caravan.testkit;

import static org.awaitility.Awaitility.await;

import dev.caravan.access.TokenFile;
import dev.caravan.access.Tokens;
import dev.caravan.cli.TrialEngine;
import dev.caravan.data.Trees;
import dev.caravan.engine.Engine;
import dev.caravan.engine.EngineOptions;
import dev.caravan.journal.RunRecord;
import dev.caravan.packages.Family;
import dev.caravan.rehearsal.Rehearsal;
import dev.caravan.rehearsal.Rehearsals;
import dev.caravan.routes.RouteFiles;
import dev.caravan.run.Run;
import dev.caravan.spec.Secret;
import dev.caravan.spec.SpecReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * An engine that serves, for tests: on a free port of loopback, with an inbox and data of its own, and with a workflow that
 * only waits until the test lets its run end. A test starts and closes it; or it serves for all tests of a class, as a static field with
 * {@code @RegisterExtension}.
 */
public final class Serving implements AutoCloseable, BeforeAllCallback, AfterAllCallback {
    /** A spec for rehearsals: a control plane and a worker. */
    public static final String TWO_HOSTS = """
            apiVersion: caravan/v1
            kind: Cluster
            metadata: {name: demo}
            spec:
              kubernetes: {version: 1.20.2}
              ssh: {user: root}
              hosts:
                - {name: h1, address: 192.0.2.11, roles: [control-plane]}
                - {name: h2, address: 192.0.2.12, roles: [worker]}
            """;

    private static final String GATE = "test";
    private static final AtomicInteger CLUSTERS = new AtomicInteger();
    private static final Duration LONG = Duration.ofSeconds(60);

    private final Optional<Starter> ofClass;
    private Path directory;
    private int port;
    private Engine engine;

    private Serving(Path directory, int port, Engine engine) {
        this.ofClass = Optional.empty();
        this.directory = directory;
        this.port = port;
        this.engine = engine;
    }

    private Serving(Starter ofClass) {
        this.ofClass = Optional.of(ofClass);
    }

    private interface Starter {
        Serving in(Path directory) throws Exception;
    }

    /** Serves for a class of tests, to callers without a token. */
    public static Serving forClass() {
        return forClass(Tokens.none(), Map.of());
    }

    /** The same with tokens and settings. */
    public static Serving forClass(Tokens tokens, Map<String, String> settings) {
        return new Serving(directory -> start(directory, tokens, settings));
    }

    @Override
    public void beforeAll(ExtensionContext context) throws Exception {
        Serving started = ofClass.orElseThrow().in(Files.createTempDirectory("caravan-serving").toRealPath());
        directory = started.directory;
        port = started.port;
        engine = started.engine;
    }

    @Override
    public void afterAll(ExtensionContext context) throws IOException {
        close();
        Trees.delete(directory);
    }

    /** Begins to serve below that directory, where a Serving of before may have left something. */
    public static Serving start(Path directory, Optional<Secret> token) throws Exception {
        return start(directory, token, Map.of());
    }

    /** The same for callers with names and roles. */
    public static Serving start(Path directory, Tokens tokens) throws Exception {
        return start(directory, tokens, Map.of());
    }

    /** The same with settings. */
    public static Serving start(Path directory, Optional<Secret> token, Map<String, String> settings) throws Exception {
        return start(directory, token.map(Tokens::of).orElseGet(Tokens::none), settings);
    }

    private static Serving start(Path directory, Tokens tokens, Map<String, String> settings) throws Exception {
        return start(directory, freePort(), TokenFile.fixed(tokens), settings);
    }

    /** The same on that port, with tokens that may change. */
    public static Serving start(Path directory, int port, TokenFile tokens, Map<String, String> settings) throws Exception {
        Path routes = Files.createDirectories(directory.resolve("routes"));
        ServedRoutes.write(routes);
        // The built-in inbox looks twice a second, and at first after one.
        Files.writeString(routes.resolve("inbox.camel.yaml"), RouteFiles.builtIn().text("triggers/inbox.camel.yaml").orElseThrow()
                .replaceFirst("delay: 500", "delay: 50\n        initialDelay: 0"));
        return start(directory, port, settings,
                properties -> EngineOptions.of(directory.resolve("data"), Optional.of(routes), true, properties).withTokens(tokens));
    }

    /** The same with routes of the test's own over the built-in ones, and further settings. */
    public static Serving start(Path directory, Path routes, Map<String, String> settings) throws Exception {
        return start(directory, freePort(), settings,
                properties -> EngineOptions.of(directory.resolve("data"), Optional.of(routes), true, properties));
    }

    /** A rehearsal of the hosts of {@link #TWO_HOSTS}, with Debian's packages. */
    public static Rehearsal twoHosts(Path directory, double pace) throws Exception {
        return Rehearsal.start(SpecReader.read(TWO_HOSTS, "test"), List.of(), directory,
                Rehearsal.Options.usual().withFamily(Family.APT).withPace(pace));
    }

    /** The same with the built-in workflow, and with hosts of a rehearsal. */
    public static Serving rehearse(Path directory, Rehearsal rehearsal) throws Exception {
        return rehearse(directory, rehearsal, Optional.empty(), freePort());
    }

    /** The same with routes of a user's, and settings that they need. */
    public static Serving rehearse(Path directory, Rehearsal rehearsal, Path routes, Map<String, String> settings) throws Exception {
        return start(directory, freePort(), settings,
                properties -> new EngineOptions(directory.resolve("data"), Optional.of(routes), true, true, rehearsal::target, properties));
    }

    /** The same with a token and settings. */
    public static Serving rehearse(Path directory, Rehearsal rehearsal, Optional<Secret> token, Map<String, String> settings)
            throws Exception {
        return start(directory, freePort(), settings,
                properties -> new EngineOptions(directory.resolve("data"), Optional.empty(), true, true, rehearsal::target, properties)
                        .withToken(token));
    }

    /** The same with routes of a user's, and on that port: where an engine of before was, for those who wait for it to come back. */
    public static Serving rehearse(Path directory, Rehearsal rehearsal, Optional<Path> routes, int port) throws Exception {
        return start(directory, port, Map.of(),
                properties -> new EngineOptions(directory.resolve("data"), routes, true, true, rehearsal::target, properties));
    }

    /** The same with hosts that are made for each cluster, as serve --rehearse does. */
    public static Serving rehearse(Path directory, Rehearsals rehearsals) throws Exception {
        return start(directory, freePort(), Map.of(), properties -> EngineOptions.of(directory.resolve("data"), Optional.empty(), true,
                properties).rehearsing(rehearsals::target, rehearsals::prepare));
    }

    private static Serving start(Path directory, int port, Map<String, String> settings,
            Function<Map<String, String>, EngineOptions> options) throws Exception {
        Map<String, String> properties = new HashMap<>();
        properties.put("caravan.inbox", directory.resolve("inbox").toString());
        properties.put("caravan.inbox.settle-millis", "100");
        properties.put("camel.main.shutdown-timeout", "1");
        properties.put("camel.server.enabled", "true");
        properties.put("camel.server.host", "127.0.0.1");
        properties.put("camel.server.port", Integer.toString(port));
        // Tests ask one after the other without a pause.
        properties.put("caravan.http.requests-per-second", "1000");
        properties.putAll(settings);
        return new Serving(directory, port, Engine.start(options.apply(properties).withTrial(TrialEngine::new)));
    }

    public static int freePort() {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public Engine engine() {
        return engine;
    }

    public int port() {
        return port;
    }

    public URI uri(String pathAndQuery) {
        return URI.create("http://127.0.0.1:" + port + pathAndQuery);
    }

    public Path inbox() {
        return directory.resolve("inbox");
    }

    public Path data() {
        return directory.resolve("data");
    }

    /** The directory that this serves below. */
    public Path directory() {
        return directory;
    }

    /** A valid spec of a cluster of its own. */
    public static String spec() {
        int number = CLUSTERS.incrementAndGet();
        return spec("c" + number, "192.0.2." + number);
    }

    public static String spec(String cluster, String address) {
        return """
                apiVersion: caravan/v1
                kind: Cluster
                metadata: {name: %s}
                spec:
                  kubernetes: {version: 1.20.2}
                  hosts:
                    - {name: h1, address: %s, roles: [control-plane]}
                """.formatted(cluster, address);
    }

    public Run underWay(String id) {
        // What a test tells of the run counts from the run's own first event on, and that comes after the run's row.
        await().atMost(LONG).until(() -> !engine.journal().events(id, 0).isEmpty());
        return engine.runs().underWay().stream().filter(run -> run.id().equals(id)).findFirst().orElseThrow();
    }

    /** Lets that run end well; nothing if it has ended. */
    public void release(Run run) {
        run.gates().gate(GATE).complete(null);
    }

    /** Lets that run end well. */
    public void release(String id) {
        underWay(id).gates().gate(GATE).complete(null);
    }

    /** Lets that run fail. */
    public void fail(String id, String message) {
        fail(underWay(id), new IllegalStateException(message));
    }

    /** Lets that run fail so. */
    public void fail(Run run, Exception failure) {
        run.gates().gate(GATE).completeExceptionally(failure);
    }

    /** The run when it has ended; another one of its cluster may begin then. */
    public RunRecord ended(String id) {
        await().atMost(LONG).until(() -> engine.journal().run(id).orElseThrow().hasEnded());
        return engine.journal().run(id).orElseThrow();
    }

    @Override
    public void close() {
        engine.close();
    }
}
