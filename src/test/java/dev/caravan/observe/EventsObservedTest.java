package dev.caravan.observe;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.history.Attempt;
import dev.caravan.history.Detached;
import dev.caravan.history.Event;
import dev.caravan.history.Occurrence;
import dev.caravan.history.Occurrence.RunEnded;
import dev.caravan.history.Occurrence.RunQueued;
import dev.caravan.history.Occurrence.RunResumed;
import dev.caravan.history.Occurrence.StepEnded;
import dev.caravan.history.Occurrence.StepStarted;
import dev.caravan.history.RunHost;
import dev.caravan.history.RunState;
import dev.caravan.history.StepState;
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

    private void tell(int second, Occurrence what) {
        events.add(new Event(events.size() + 1, START.plusSeconds(second), "3d7d9d55", what));
    }

    private static StepStarted started(String step, int attempt, String id) {
        return new StepStarted(Attempt.of("h1", step, attempt), Optional.of(new Detached(id, 0, Optional.empty())));
    }

    private static StepEnded ended(String step, int attempt, StepState state, String... changes) {
        return new StepEnded(Attempt.of("h1", step, attempt), "", state, List.of(changes), List.of(), Map.of(), false, Optional.empty(),
                Optional.empty(), Optional.empty());
    }

    private void resumedRun() {
        tell(0, new RunQueued("apply", "demo", List.of(new RunHost("h1", "192.0.2.1", List.of("control-plane"))), false, true, false,
                Optional.empty(), List.of(), "", Map.of(), false));
        tell(1, started("os-prepare", 1, "3d7d9d55-1"));
        tell(2, ended("os-prepare", 1, StepState.CHANGED, "a", "b"));
        tell(3, started("kubeadm-init", 1, "3d7d9d55-2"));
        tell(100, new RunResumed("apply", "", Optional.empty()));
        tell(101, started("kubeadm-init", 2, "3d7d9d55-2"));
        tell(110, ended("kubeadm-init", 2, StepState.CHANGED, "c"));
        tell(120, RunEnded.of(RunState.SUCCEEDED, ""));
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
    void theEngineThatResumesCountsWhatItDid() {
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
            tell(121, ended("made-up-" + i, 1, StepState.OK));
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
