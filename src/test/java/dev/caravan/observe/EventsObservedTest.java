package dev.caravan.observe;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.journal.Event;
import dev.caravan.journal.Event.Type;
import io.opentelemetry.sdk.resources.Resource;
import io.opentelemetry.sdk.trace.data.SpanData;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** A run that one engine began and another ended, from its events alone. */
class EventsObservedTest {
    private static final Instant START = Instant.parse("2026-11-23T08:00:00Z");

    private final List<Event> events = new ArrayList<>();

    private void tell(int second, Type type, String host, String step, int attempt, Map<String, Object> data) {
        events.add(new Event(events.size() + 1, START.plusSeconds(second), "3d7d9d55", type, Optional.ofNullable(host),
                Optional.ofNullable(step), attempt, "", data));
    }

    private void resumedRun() {
        tell(0, Type.RUN_QUEUED, null, null, 0, Map.of("action", "apply", "cluster", "demo", "hosts", List.of(Map.of("name", "h1"))));
        tell(1, Type.STEP_STARTED, "h1", "os-prepare", 1, Map.of("id", "3d7d9d55-1"));
        tell(2, Type.STEP_ENDED, "h1", "os-prepare", 1, Map.of("state", "changed", "changes", List.of("a", "b")));
        tell(3, Type.STEP_STARTED, "h1", "kubeadm-init", 1, Map.of("id", "3d7d9d55-2"));
        tell(100, Type.NOTE, null, null, 0, Map.of("resumed", true, "action", "apply"));
        tell(101, Type.STEP_STARTED, "h1", "kubeadm-init", 2, Map.of("id", "3d7d9d55-2"));
        tell(110, Type.STEP_ENDED, "h1", "kubeadm-init", 2, Map.of("state", "changed", "changes", List.of("c")));
        tell(120, Type.RUN_ENDED, null, null, 0, Map.of("state", "succeeded", "exitStatus", 0));
    }

    @Test
    void aResumedRunIsOneTraceWithTheStepThatOutlivedTheEngine() {
        resumedRun();
        List<SpanData> spans = RunTrace.of(events, Resource.empty());

        assertThat(spans).extracting(SpanData::getName).containsExactly("os-prepare", "kubeadm-init", "apply");
        assertThat(spans).extracting(SpanData::getTraceId).containsOnly(spans.get(2).getTraceId());
        assertThat(spans.get(1).getEndEpochNanos() - spans.get(1).getStartEpochNanos()).isEqualTo(107_000_000_000L);
        assertThat(spans.get(2).getEndEpochNanos() - spans.get(2).getStartEpochNanos()).isEqualTo(120_000_000_000L);
        assertThat(spans.get(2).getAttributes().asMap().toString()).contains("caravan.resumed=1");
    }

    @Test
    void theSameRunMakesTheSameTrace() {
        resumedRun();
        assertThat(RunTrace.of(events, Resource.empty())).isEqualTo(RunTrace.of(List.copyOf(events), Resource.empty()));
    }

    @Test
    void aStepThatNobodyEndedIsThere() {
        resumedRun();
        events.remove(6);
        assertThat(RunTrace.of(events, Resource.empty())).extracting(SpanData::getName)
                .containsExactly("os-prepare", "kubeadm-init", "apply");
    }

    @Test
    void theEngineThatGoesOnCountsWhatItDid() {
        resumedRun();
        Metrics metrics = new Metrics();
        events.subList(4, events.size()).forEach(metrics::heard);

        assertThat(metrics.scrape(Metrics.TEXT).lines()).contains("caravan_runs_resumed_total{action=\"apply\"} 1.0",
                "caravan_run_duration_seconds_count{action=\"apply\",result=\"succeeded\"} 1",
                "caravan_run_duration_seconds_sum{action=\"apply\",result=\"succeeded\"} 20.0",
                "caravan_step_duration_seconds_sum{result=\"changed\",step=\"kubeadm-init\"} 9.0");
    }

    @Test
    void stepNamesThatAreMadeUpAreNotAllKept() {
        Metrics metrics = new Metrics();
        resumedRun();
        metrics.heard(events.get(0));
        for (int i = 0; i < 1_000; i++) {
            tell(121, Type.STEP_ENDED, "h1", "made-up-" + i, 1, Map.of("state", "ok"));
            metrics.heard(events.get(events.size() - 1));
        }
        assertThat(metrics.scrape(Metrics.TEXT).lines().filter(line -> line.startsWith("caravan_step_duration_seconds_count")))
                .hasSize(200);
    }

    @Test
    void noCollectorIsNamedUnlessTheEnvironmentDoes() {
        assertThat(OtlpSettings.from(Map.of("OTEL_SERVICE_NAME", "x"))).isEmpty();
        assertThat(OtlpSettings.from(Map.of("OTEL_EXPORTER_OTLP_ENDPOINT", "http://c:4318", "OTEL_SDK_DISABLED", "true"))).isEmpty();
        assertThat(OtlpSettings.from(Map.of("OTEL_EXPORTER_OTLP_ENDPOINT", "http://c:4318/")).orElseThrow().endpoint())
                .isEqualTo("http://c:4318/v1/traces");
        assertThat(OtlpSettings.from(Map.of("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://c/x", "OTEL_SERVICE_NAME", "north"))
                .orElseThrow())
                .satisfies(settings -> assertThat(settings.endpoint()).isEqualTo("http://c/x"))
                .satisfies(settings -> assertThat(settings.service()).isEqualTo("north"));
    }
}
