package dev.caravan.observe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.joran.JoranConfigurator;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.OutputStreamAppender;
import ch.qos.logback.core.read.ListAppender;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpServer;
import dev.caravan.remote.ScriptedHosts;
import dev.caravan.remote.ScriptedHosts.Reply;
import dev.caravan.run.RunOrder;
import dev.caravan.run.TestActions;
import dev.caravan.spec.Cluster;
import dev.caravan.testkit.Serving;
import dev.caravan.testkit.TestClusters;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import io.opentelemetry.proto.trace.v1.Span;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.http.HttpClient;
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
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

/** What is seen from outside of a service that did two runs on hosts that answer as told: one that went well, one that failed. */
class ObservedServiceTest {
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
    private static Path directory;
    @RegisterExtension
    static final ScriptedHosts hosts = ScriptedHosts.forAll(2);

    private static Serving serving;
    private static HttpServer collector;
    private static Traces traces;
    private static final List<ExportTraceServiceRequest> COLLECTED = new CopyOnWriteArrayList<>();
    private static final List<String> AUTHORIZED = new CopyOnWriteArrayList<>();
    private static final ListAppender<ILoggingEvent> LOGGED = new ListAppender<>() {
        @Override
        protected void append(ILoggingEvent event) {
            // An event looks up its thread and its context when it is first asked for them, which here is later and elsewhere.
            event.prepareForDeferredProcessing();
            super.append(event);
        }
    };
    private static String before;
    private static String good;
    private static String bad;

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

    private static void collect() throws Exception {
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

    private static String run(String name, Answer answer) throws Exception {
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

    private static HttpResponse<String> get(String path, String... headers) throws Exception {
        HttpRequest.Builder request = HttpRequest.newBuilder(serving.uri(path));
        for (int i = 0; i < headers.length; i += 2) {
            request.header(headers[i], headers[i + 1]);
        }
        return HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build()
                .send(request.build(), HttpResponse.BodyHandlers.ofString());
    }

    @Test
    void whatMayComeIsThereBeforeItHappensSoThatItsFirstTimeIsSeen() {
        assertThat(before.lines()).contains("caravan_run_duration_seconds_count{action=\"apply\",result=\"rolled-back\"} 0",
                "caravan_step_duration_seconds_count{result=\"failed\",step=\"beta\"} 0",
                "caravan_step_duration_seconds_count{result=\"changed\",step=\"kubeadm-init\"} 0");
    }

    private static String scrape() throws Exception {
        return get("/observe/metrics").body();
    }

    // ---- metrics

    @Test
    void runsStepsAndRetriesAreCounted() throws Exception {
        assertThat(scrape().lines())
                .contains("caravan_run_duration_seconds_count{action=\"apply\",result=\"succeeded\"} 1",
                        "caravan_run_duration_seconds_count{action=\"apply\",result=\"failed\"} 1",
                        "caravan_step_duration_seconds_count{result=\"changed\",step=\"alpha\"} 2",
                        "caravan_step_duration_seconds_count{result=\"ok\",step=\"alpha\"} 2",
                        "caravan_step_duration_seconds_count{result=\"failed\",step=\"beta\"} 1",
                        "caravan_step_duration_seconds_bucket{result=\"failed\",step=\"beta\",le=\"+Inf\"} 1",
                        "caravan_step_retries_total{kind=\"not-yet\",step=\"alpha\"} 1.0",
                        "caravan_rollbacks_total{action=\"apply\"} 1.0",
                        "caravan_runs_resumed_total{action=\"apply\"} 0.0",
                        "caravan_runs_under_way 0.0", "caravan_steps_under_way 0.0", "caravan_hosts_under_way 0.0",
                        "caravan_hosts_waiting 0.0");
    }

    @Test
    void connectionsAndCommandsAreCounted() throws Exception {
        assertThat(scrape().lines()).contains("caravan_ssh_connections 2.0", "caravan_ssh_connections_opened_total 2.0",
                "caravan_ssh_connections_failed_total{kind=\"authentication\"} 0.0");
        assertThat(scrape().lines().filter(line -> line.startsWith("caravan_ssh_commands_total "))
                .map(line -> Double.parseDouble(line.substring(line.indexOf(' ')))))
                .singleElement().satisfies(commands -> assertThat(commands).isGreaterThanOrEqualTo(10));
    }

    @Test
    void theDaysThatCertificatesHaveLeftAreShownByClusterAlsoAfterARestart() throws Exception {
        Metrics restarted = new Metrics();
        restarted.recall(serving.engine().journal());

        for (String scrape : List.of(scrape(), restarted.scrape(Metrics.TEXT))) {
            assertThat(scrape.lines().filter(line -> line.startsWith("caravan_certificates_days_left{")))
                    .singleElement().asString().startsWith("caravan_certificates_days_left{cluster=\"good\"} 9.9");
        }
        assertThat(before).doesNotContain("caravan_certificates_days_left");
    }

    @Test
    void noHostOrRunIsALabelAndAClusterOnlyForCertificates() throws Exception {
        assertThat(scrape().lines().filter(line -> line.startsWith("caravan_") && !line.startsWith("caravan_certificates_")))
                .noneMatch(line -> line.contains("\"h1\"") || line.contains("\"h2\"") || line.contains(ScriptedHosts.ADDRESSES)
                        || line.contains(good) || line.contains("good"));
    }

    @Test
    void theFormIsWhatTheScraperTakes() throws Exception {
        assertThat(get("/observe/metrics").headers().firstValue("Content-Type")).contains(Metrics.TEXT);
        HttpResponse<String> open = get("/observe/metrics", "Accept",
                "application/openmetrics-text; version=1.0.0; charset=utf-8, text/plain;q=0.5");
        assertThat(open.headers().firstValue("Content-Type")).contains(Metrics.OPEN_METRICS);
        assertThat(open.body()).endsWith("# EOF\n");
    }

    @Test
    void theDashboardAsksForMetricsThatThereAre() throws Exception {
        JsonNode dashboard = new ObjectMapper().readTree(Path.of("examples/grafana-dashboard.json").toFile());
        List<String> queries = StreamSupport.stream(dashboard.get("panels").spliterator(), false)
                .flatMap(panel -> StreamSupport.stream(panel.get("targets").spliterator(), false))
                .map(target -> target.get("expr").asText())
                .collect(Collectors.toCollection(ArrayList::new));
        assertThat(queries).hasSizeGreaterThan(15);
        queries.add(dashboard.at("/templating/list/1/query").asText());
        TreeSet<String> asked = new TreeSet<>();
        for (String query : queries) {
            Matcher names = Pattern.compile("\\b(caravan|jvm|process|system)_[a-z_]+").matcher(query);
            assertThat(names.find()).as(query).isTrue();
            do {
                asked.add(names.group());
            } while (names.find());
        }
        TreeSet<String> given = scrape().lines().filter(line -> !line.startsWith("#")).map(line -> line.split("[{ ]", 2)[0])
                .collect(Collectors.toCollection(TreeSet::new));
        assertThat(given).containsAll(asked);
        assertThat(asked).containsAll(given.stream().filter(name -> name.startsWith("caravan_") && !name.matches(".*_(sum|max)"))
                .collect(Collectors.toSet()));
    }

    // ---- log

    @Test
    void linesOfJsonHaveRunHostAndStep() throws Exception {
        await().until(() -> LOGGED.list.stream().anyMatch(event -> event.getMessage().contains(bad + "  failed")));
        LoggerContext context = new LoggerContext();
        context.putProperty("caravan.log.format", "json");
        JoranConfigurator configurator = new JoranConfigurator();
        configurator.setContext(context);
        configurator.doConfigure(ObservedServiceTest.class.getResource("/logback-console.xml"));
        OutputStreamAppender<ILoggingEvent> json = (OutputStreamAppender<ILoggingEvent>) context.getLogger("ROOT").getAppender("json");
        List<JsonNode> lines = new ArrayList<>();
        for (ILoggingEvent event : List.copyOf(LOGGED.list)) {
            lines.add(new ObjectMapper().readTree(new String(json.getEncoder().encode(event), StandardCharsets.UTF_8)));
        }
        context.stop();

        assertThat(lines).anySatisfy(line -> {
            assertThat(line.path("run").asText()).isEqualTo(bad);
            assertThat(line.path("host").asText()).isEqualTo("h2");
            assertThat(line.path("step").asText()).isEqualTo("beta");
            assertThat(line.path("level").asText()).isEqualTo("WARN");
            assertThat(line.path("message").asText()).contains("failed").contains("no such thing");
        });
        // What a user's route says in a run.
        assertThat(lines).anySatisfy(line -> {
            assertThat(line.path("message").asText()).isEqualTo("h1 has alpha");
            assertThat(line.path("run").asText()).isEqualTo(good);
            assertThat(line.path("host").asText()).isEqualTo("h1");
        });
    }

    // ---- traces

    private static List<Span> spans(String run) {
        return COLLECTED.stream().flatMap(request -> request.getResourceSpansList().stream()).flatMap(of -> of.getScopeSpansList().stream())
                .flatMap(of -> of.getSpansList().stream()).filter(span -> value(span, "caravan.run").equals(run)).toList();
    }

    private static String value(Span span, String name) {
        return span.getAttributesList().stream().filter(each -> each.getKey().equals(name)).findFirst()
                .map(each -> each.getValue().hasStringValue() ? each.getValue().getStringValue() : each.getValue().hasIntValue()
                        ? Long.toString(each.getValue().getIntValue()) : Boolean.toString(each.getValue().getBoolValue()))
                .orElse("");
    }

    @Test
    void aRunIsATraceAndAStepASpan() {
        await().until(() -> !spans(good).isEmpty());
        List<Span> spans = spans(good);
        Span root = spans.stream().filter(span -> span.getParentSpanId().isEmpty()).findFirst().orElseThrow();

        assertThat(root.getName()).isEqualTo("apply");
        assertThat(value(root, "caravan.cluster")).isEqualTo("good");
        assertThat(value(root, "caravan.result")).isEqualTo("succeeded");
        assertThat(spans).hasSize(5).allSatisfy(span -> assertThat(span.getTraceId()).isEqualTo(root.getTraceId()));
        assertThat(spans).filteredOn(span -> span != root).allSatisfy(span -> {
            assertThat(span.getParentSpanId()).isEqualTo(root.getSpanId());
            assertThat(span.getStartTimeUnixNano()).isBetween(root.getStartTimeUnixNano(), span.getEndTimeUnixNano());
        }).extracting(span -> value(span, "caravan.host") + " " + span.getName() + " " + value(span, "caravan.attempt") + " "
                + value(span, "caravan.result"))
                .containsExactlyInAnyOrder("h1 alpha 2 changed", "h1 beta 1 changed", "h2 alpha 1 changed", "h2 beta 1 changed");
        Span retried = spans.stream().filter(span -> value(span, "caravan.attempt").equals("2")).findFirst().orElseThrow();
        assertThat(retried.getEventsList()).singleElement().satisfies(event -> assertThat(event.getName()).isEqualTo("retry"));
        assertThat(AUTHORIZED).containsOnly("Bearer canary");
        assertThat(COLLECTED.get(0).getResourceSpans(0).getResource().getAttributesList())
                .extracting(each -> each.getKey() + "=" + each.getValue().getStringValue())
                .contains("service.name=caravan", "site=north");
    }

    @Test
    void whatFailedAndWhatWasRolledBackIsMarked() {
        await().until(() -> !spans(bad).isEmpty());
        assertThat(spans(bad)).filteredOn(span -> span.getStatus().getCodeValue() == 2).extracting(Span::getName)
                .containsExactlyInAnyOrder("beta", "apply");
        assertThat(spans(bad)).filteredOn(span -> value(span, "caravan.undo").equals("true")).singleElement()
                .satisfies(span -> assertThat(span.getName()).isEqualTo("undo-alpha"));
        Span failed = spans(bad).stream().filter(span -> span.getName().equals("beta") && value(span, "caravan.host").equals("h2"))
                .findFirst().orElseThrow();
        assertThat(failed.getStatus().getMessage()).isEqualTo("no such thing");
        assertThat(value(failed, "error.type")).isEqualTo("permanent");
    }
}
