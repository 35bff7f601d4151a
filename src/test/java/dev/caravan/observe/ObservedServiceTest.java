package dev.caravan.observe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.joran.JoranConfigurator;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.OutputStreamAppender;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.caravan.remote.ScriptedHosts;
import io.opentelemetry.proto.trace.v1.Span;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;

/** What is seen of {@link ObservedService} from outside: metrics, log and traces. */
class ObservedServiceTest extends ObservedService {
    @Test
    void whatMayComeIsThereBeforeItHappensSoThatItsFirstTimeIsSeen() {
        assertThat(before.lines()).contains("caravan_run_duration_seconds_count{action=\"apply\",result=\"rolled-back\"} 0",
                "caravan_step_duration_seconds_count{result=\"failed\",step=\"beta\"} 0",
                "caravan_step_duration_seconds_count{result=\"changed\",step=\"kubeadm-init\"} 0");
    }

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
