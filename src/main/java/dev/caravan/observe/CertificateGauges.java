package dev.caravan.observe;

import dev.caravan.history.Event;
import dev.caravan.history.Occurrence.RunEnded;
import dev.caravan.history.Occurrence.RunQueued;
import dev.caravan.history.Occurrence.StepEnded;
import dev.caravan.history.RunState;
import dev.caravan.history.Undoes;
import dev.caravan.journal.Journal;
import dev.caravan.journal.RunRecord;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The gauge of the days that the certificates of each cluster have left, made from the output {@code certificate} of steps such as
 * facts and certificates-read: of the certificates of a host that are not renewed automatically, when the one that expires first does.
 * Between runs the days count down by the clock of the engine. Thread-safe.
 */
final class CertificateGauges {
    private static final String OUTPUT = "certificate";
    private static final String FACTS = "facts";
    /** How far back the journal is read at the start: runs in all, and runs of a cluster that saw no certificate. */
    private static final int NEWEST_RUNS = 200;
    private static final int RUNS_OF_A_CLUSTER = 3;

    private final MeterRegistry registry;
    private final Map<String, Known> clusters = new ConcurrentHashMap<>();
    private final Map<String, UnderWay> runs = new ConcurrentHashMap<>();

    private record UnderWay(String cluster, Undoes undoes) {}

    /** What is known of a cluster: when the first certificate of each host expires. */
    private record Known(Gauge gauge, Map<String, Instant> ends) {}

    CertificateGauges(MeterRegistry registry) {
        this.registry = registry;
    }

    void began(String run, RunQueued queued) {
        runs.put(run, new UnderWay(queued.cluster(), queued.undoes()));
    }

    void heard(String id, StepEnded ended) {
        UnderWay run = runs.get(id);
        if (run != null) {
            keep(run.cluster(), ended);
        }
    }

    /** A cluster that was taken off its hosts has no certificates. */
    void ended(String id, RunEnded ended) {
        UnderWay run = runs.remove(id);
        if (run != null && run.undoes() == Undoes.CLUSTER && ended.state() == RunState.SUCCEEDED) {
            forget(run.cluster());
        }
    }

    void recall(Journal journal) {
        Map<String, Integer> looked = new HashMap<>();
        for (RunRecord run : journal.runs(NEWEST_RUNS)) {
            int times = looked.merge(run.cluster(), 1, Integer::sum);
            if (times > RUNS_OF_A_CLUSTER || clusters.containsKey(run.cluster())) {
                continue;
            }
            List<Event> events = journal.events(run.id(), 0);
            boolean undone = events.stream().flatMap(event -> event.as(RunQueued.class).stream())
                    .anyMatch(queued -> queued.undoes() == Undoes.CLUSTER);
            if (undone && run.state() == RunState.SUCCEEDED) {
                looked.put(run.cluster(), RUNS_OF_A_CLUSTER);
            } else {
                events.stream().flatMap(event -> event.as(StepEnded.class).stream())
                        .forEach(ended -> keep(run.cluster(), ended));
            }
        }
    }

    private void keep(String cluster, StepEnded ended) {
        if (ended.host().isEmpty() || ended.outputs().isEmpty()) {
            return;
        }
        String host = ended.host().get();
        Optional<Instant> end = end(ended.outputs().getOrDefault(OUTPUT, ""));
        if (end.isPresent()) {
            clusters.computeIfAbsent(cluster, this::shown).ends().put(host, end.get());
        } else if (ended.step().equals(FACTS) && clusters.containsKey(cluster)) {
            clusters.get(cluster).ends().remove(host);
            if (clusters.get(cluster).ends().isEmpty()) {
                forget(cluster);
            }
        }
    }

    private static Optional<Instant> end(String text) {
        try {
            return !text.isBlank()
                    ? Optional.of(Instant.ofEpochSecond(Long.parseLong(text.strip().split(" ", 2)[0]))) : Optional.empty();
        } catch (NumberFormatException | java.time.DateTimeException notATime) {
            return Optional.empty();
        }
    }

    private Known shown(String cluster) {
        Map<String, Instant> ends = new ConcurrentHashMap<>();
        return new Known(Gauge.builder("caravan.certificates.days.left", ends, CertificateGauges::days)
                .description("Days until a certificate of the cluster expires that is not renewed automatically, as the last run saw it.")
                .tag("cluster", cluster).register(registry), ends);
    }

    private static double days(Map<String, Instant> ends) {
        Optional<Instant> first = List.copyOf(ends.values()).stream().min(Instant::compareTo);
        return first.map(end -> Duration.between(Instant.now(), end).toSeconds() / 86_400.0).orElse(Double.NaN);
    }

    private void forget(String cluster) {
        Known known = clusters.remove(cluster);
        if (known != null) {
            registry.remove(known.gauge());
        }
    }
}
