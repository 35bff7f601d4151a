package dev.caravan.observe;

import dev.caravan.journal.Journal;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Map;
import java.util.Optional;

/** Who listens to an engine's events so that it can be seen from outside. Closing it, before the journal, lets them finish. */
public final class Observation implements AutoCloseable {
    private final Deque<AutoCloseable> listening = new ArrayDeque<>();
    private final Optional<Metrics> metrics;

    private Observation(Optional<Metrics> metrics) {
        this.metrics = metrics;
    }

    /**
     * Begins to listen: for traces where the environment names a collector; for metrics and the log where the engine is a service.
     */
    public static Observation of(Journal journal, boolean service, Map<String, String> environment) {
        Observation observation = new Observation(service ? Optional.of(new Metrics()) : Optional.empty());
        observation.metrics.ifPresent(each -> {
            each.recall(journal);
            observation.listening.push(journal.listen(each::heard));
        });
        if (service) {
            RunLog log = new RunLog();
            observation.listening.push(log);
            observation.listening.push(journal.listen(log::heard));
        }
        OtlpSettings.from(environment).ifPresent(settings -> observation.trace(journal, settings));
        return observation;
    }

    // On its own, so that no class of OpenTelemetry is loaded where there is no collector.
    private void trace(Journal journal, OtlpSettings settings) {
        Traces traces = new Traces(journal, settings);
        listening.push(traces);
        listening.push(journal.listen(traces::heard));
    }

    /** What a service counts; there for one only. */
    public Optional<Metrics> metrics() {
        return metrics;
    }

    @Override
    public void close() {
        for (AutoCloseable each = listening.poll(); each != null; each = listening.poll()) {
            try {
                each.close();
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
        }
    }
}
