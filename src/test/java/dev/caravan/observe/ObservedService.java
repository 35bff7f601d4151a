package dev.caravan.observe;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import com.sun.net.httpserver.HttpServer;
import dev.caravan.remote.ScriptedHosts;
import dev.caravan.remote.ScriptedHosts.Reply;
import dev.caravan.run.RunOrder;
import dev.caravan.run.TestActions;
import dev.caravan.spec.Cluster;
import dev.caravan.testkit.Serving;
import dev.caravan.testkit.TestClusters;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

/** A service that did two runs on hosts that answer as asked: one that went well, one that failed; with its log and its traces. */
abstract class ObservedService {
    private static final String WORKFLOW = """
            - route:
                id: run
                routeConfigurationId: workflow-errors
                from:
                  uri: direct:run
                  steps:
                    - split:
                        method: {ref: hosts, method: all}
                        parallelProcessing: true
                        executorService: hosts
                        steps:
                          - bean: {ref: hosts, method: enter}
                          - doTry:
                              steps:
                                - to: direct:alpha
                                - log: "${variable.host.name} has alpha"
                                - to: direct:beta
                              doCatch:
                                - exception: [java.lang.Exception]
                                  steps:
                                    - bean: {ref: hosts, method: failed}
                                    - to: direct:undo-alpha
                    - bean: {ref: hosts, method: requireAll}
            """;

    @TempDir
    static Path directory;
    @RegisterExtension
    static final ScriptedHosts hosts = ScriptedHosts.forAll(2);

    static Serving serving;
    private static HttpServer collector;
    private static Traces traces;
    static final List<ExportTraceServiceRequest> COLLECTED = new CopyOnWriteArrayList<>();
    static final List<String> AUTHORIZED = new CopyOnWriteArrayList<>();
    static final ListAppender<ILoggingEvent> LOGGED = new ListAppender<>() {
        @Override
        protected void append(ILoggingEvent event) {
            // An event looks up its thread and its context when it is first asked for them, which here is later and elsewhere.
            event.prepareForDeferredProcessing();
            super.append(event);
        }
    };
    static String before;
    static String good;
    static String bad;

    @BeforeAll
    static void twoRuns() throws Exception {
        Path routes = Files.createDirectories(directory.resolve("routes"));
        Files.createDirectories(routes.resolve("scripts"));
        Files.writeString(routes.resolve("run.camel.yaml"), WORKFLOW);
        for (String step : List.of("alpha", "beta", "undo-alpha")) {
            Files.writeString(routes.resolve(step + ".camel.yaml"), """
                    - route:
                        id: NAME
                        routeConfigurationId: step-errors
                        from:
                          uri: direct:NAME
                          steps:
                            - to: step:NAME
                    """.replace("NAME", step));
            Files.writeString(routes.resolve("scripts/" + step + ".sh"), "# answered by the test\n");
        }
        LOGGED.start();
        ((Logger) LoggerFactory.getLogger("dev.caravan.run")).addAppender(LOGGED);
        ((Logger) LoggerFactory.getLogger("run")).addAppender(LOGGED);
        ((Logger) LoggerFactory.getLogger("dev.caravan.run")).setLevel(ch.qos.logback.classic.Level.INFO);
        ((Logger) LoggerFactory.getLogger("run")).setLevel(ch.qos.logback.classic.Level.INFO);
        serving = Serving.start(directory, routes, Map.of());
        collect();
        before = scrape();
        good = run("good", call -> call.is("h1", "alpha") && call.attempt() == 1
                ? Reply.failedForNow("the mirror is asleep")
                : Reply.changed("do it").output("certificate", tenDaysFromNow(call) + " /etc/kubernetes/pki/apiserver.crt"));
        bad = run("bad", call -> call.is("h2", "beta") ? Reply.failed("no such thing") : Reply.ok());
    }

    /** A host after the other, so that the first one counts. */
    private static long tenDaysFromNow(ScriptedHosts.Call call) {
        return Instant.now().plus(Duration.ofDays(call.host().equals("h1") ? 10 : 300)).getEpochSecond();
    }

    static void collect() throws Exception {
        collector = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        collector.createContext("/v1/traces", exchange -> {
            AUTHORIZED.add(exchange.getRequestHeaders().getFirst("Authorization"));
            COLLECTED.add(ExportTraceServiceRequest.parseFrom(exchange.getRequestBody().readAllBytes()));
            exchange.sendResponseHeaders(200, -1);
            exchange.close();
        });
        collector.start();
        traces = new Traces(serving.engine().journal(), OtlpSettings.from(Map.of(
                "OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:" + collector.getAddress().getPort(),
                "OTEL_EXPORTER_OTLP_HEADERS", "Authorization=Bearer%20canary", "OTEL_RESOURCE_ATTRIBUTES", "site=north")).orElseThrow());
        serving.engine().journal().listen(traces::heard);
    }

    private interface Answer {
        Reply to(ScriptedHosts.Call call);
    }

    static String run(String name, Answer answer) throws Exception {
        hosts.script(call -> CompletableFuture.completedFuture(answer.to(call)));
        Cluster cluster = TestClusters.of(name, 1, 1, ScriptedHosts.ADDRESSES, hosts.port(), "  onFailure: keep");
        var run = serving.engine().runs().begin(new RunOrder(cluster, "spec of " + name, "", TestActions.APPLY, "command", List.of()));
        serving.engine().runs().outcome(run).toCompletableFuture().get(60, TimeUnit.SECONDS);
        return run.id();
    }

    @AfterAll
    static void stop() throws Exception {
        ((Logger) LoggerFactory.getLogger("dev.caravan.run")).detachAppender(LOGGED);
        ((Logger) LoggerFactory.getLogger("run")).detachAppender(LOGGED);
        traces.close();
        serving.close();
        collector.stop(0);
    }

    static HttpResponse<String> get(String path, String... headers) throws Exception {
        HttpRequest.Builder request = HttpRequest.newBuilder(serving.uri(path));
        for (int i = 0; i < headers.length; i += 2) {
            request.header(headers[i], headers[i + 1]);
        }
        return HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build()
                .send(request.build(), HttpResponse.BodyHandlers.ofString());
    }

    static String scrape() throws Exception {
        return get("/observe/metrics").body();
    }
}
