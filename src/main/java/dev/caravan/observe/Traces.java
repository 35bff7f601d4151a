package dev.caravan.observe;

import dev.caravan.history.Event;
import dev.caravan.history.Occurrence.RunEnded;
import dev.caravan.journal.Journal;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.common.AttributesBuilder;
import io.opentelemetry.exporter.otlp.http.trace.OtlpHttpSpanExporter;
import io.opentelemetry.exporter.otlp.http.trace.OtlpHttpSpanExporterBuilder;
import io.opentelemetry.sdk.common.CompletableResultCode;
import io.opentelemetry.sdk.resources.Resource;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.SpanExporter;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sends each run that ended to an OpenTelemetry collector, as a trace. It is made of what the journal has of the run, so what an
 * engine that died had done of it is there, too. A collector that does not answer costs the trace, and a line in the log; no run
 * waits for it. Thread-safe.
 */
public final class Traces implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Traces.class);
    private static final int SPANS_AT_A_TIME = 1_000;
    private static final int SECONDS = 30;

    private final Journal journal;
    private final String endpoint;
    private final SpanExporter exporter;
    private final Resource resource;
    private final ExecutorService sender = Executors.newSingleThreadExecutor(work -> {
        Thread thread = new Thread(work, "caravan-traces");
        thread.setDaemon(true);
        return thread;
    });

    public Traces(Journal journal, OtlpSettings settings) {
        this.journal = journal;
        this.endpoint = settings.endpoint();
        OtlpHttpSpanExporterBuilder builder = OtlpHttpSpanExporter.builder().setEndpoint(settings.endpoint())
                .setTimeout(SECONDS, TimeUnit.SECONDS);
        settings.headers().forEach(builder::addHeader);
        this.exporter = builder.build();
        AttributesBuilder attributes = Attributes.builder();
        settings.attributes().forEach(attributes::put);
        attributes.put("service.name", settings.service());
        this.resource = Resource.getDefault().merge(Resource.create(attributes.build()));
    }

    /** To be called for every event, in order. */
    public void heard(Event event) {
        if (event.is(RunEnded.class)) {
            sender.execute(() -> send(event.run()));
        }
    }

    private void send(String run) {
        try {
            List<SpanData> spans = RunTrace.of(journal.events(run, 0), resource);
            for (int from = 0; from < spans.size(); from += SPANS_AT_A_TIME) {
                CompletableResultCode sent = exporter.export(spans.subList(from, Math.min(spans.size(), from + SPANS_AT_A_TIME)))
                        .join(SECONDS, TimeUnit.SECONDS);
                if (!sent.isSuccess()) {
                    Throwable why = sent.getFailureThrowable();
                    LOG.warn("the trace of run {} was not taken by {}: {}", run, endpoint, why == null ? "no answer" : why.getMessage());
                    return;
                }
            }
            LOG.debug("the trace of run {} was sent to {}", run, endpoint);
        } catch (RuntimeException e) {
            LOG.warn("the trace of run {} could not be sent to {}: {}", run, endpoint, e.getMessage());
        }
    }

    /** Sends what is left, for some seconds at most. */
    @Override
    public void close() {
        sender.shutdown();
        try {
            sender.awaitTermination(5, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        exporter.shutdown();
    }
}
