package dev.caravan.observe;

import dev.caravan.history.Event;
import dev.caravan.history.Occurrence;
import dev.caravan.history.Occurrence.OfStep;
import dev.caravan.history.Occurrence.RunEnded;
import dev.caravan.history.Occurrence.RunQueued;
import dev.caravan.history.Occurrence.RunResumed;
import dev.caravan.history.Occurrence.StepEnded;
import dev.caravan.history.Occurrence.StepRetried;
import dev.caravan.history.Occurrence.StepStarted;
import dev.caravan.history.RunState;
import dev.caravan.history.StepState;
import dev.caravan.history.UndoStep;
import dev.caravan.journal.Journal;
import dev.caravan.run.HostSlots;
import dev.caravan.run.Runs;
import dev.caravan.ssh.SshException;
import dev.caravan.ssh.SshSessions;
import dev.caravan.ssh.Tally;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.core.instrument.binder.system.UptimeMetrics;
import io.micrometer.core.instrument.config.MeterFilter;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;

/**
 * Counts what happens in this process, for Prometheus. Runs and steps are counted from their events, so nothing else has to
 * count; labels are words of the routes and of this program, never hosts, so that their number stays small. Only the days that
 * certificates have left are shown by cluster.
 * Thread-safe.
 */
public final class Metrics {
    /** The media type of Prometheus' own text form. */
    public static final String TEXT = "text/plain; version=0.0.4; charset=utf-8";
    /** The media type of OpenMetrics. */
    public static final String OPEN_METRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8";

    private static final Duration[] STEP_BUCKETS = durations("PT0.2S PT0.5S PT1S PT2S PT5S PT10S PT30S PT1M PT2M PT5M PT10M PT30M");
    private static final Duration[] RUN_BUCKETS = durations("PT5S PT10S PT30S PT1M PT2M PT5M PT10M PT20M PT30M PT1H PT2H");
    /** Step names are words of route files. Should a route make them up as it goes, memory stays bounded. */
    private static final int MOST_STEPS = 200;
    private static final List<String> RUN_RESULTS = Stream.of(RunState.values()).filter(state -> state.exitStatus().isPresent())
            .map(RunState::word).toList();
    private static final List<String> STEP_RESULTS = Stream.of(StepState.OK, StepState.CHANGED, StepState.FAILED)
            .map(StepState::word).toList();
    private static final String UNKNOWN = "unknown";

    private final PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    private final Map<String, UnderWay> runs = new ConcurrentHashMap<>();
    private final CertificateGauges certificates = new CertificateGauges(registry);

    /** A run that this process works on. */
    private static final class UnderWay {
        private final String action;
        private final Instant since;
        private final Map<String, Instant> steps = new ConcurrentHashMap<>();
        private boolean rollsBack;

        private UnderWay(String action, Instant since) {
            this.action = action;
            this.since = since;
        }
    }

    public Metrics() {
        registry.config().meterFilter(MeterFilter.maximumAllowableTags("caravan.step", "step", MOST_STEPS, MeterFilter.deny()));
        new JvmMemoryMetrics().bindTo(registry);
        new JvmThreadMetrics().bindTo(registry);
        new ProcessorMetrics().bindTo(registry);
        new UptimeMetrics().bindTo(registry);
        String version = Optional.ofNullable(Metrics.class.getPackage().getImplementationVersion()).orElse(UNKNOWN);
        Gauge.builder("caravan.build.info", () -> 1).description("Always 1; the label says which version this is.").tag("version", version)
                .register(registry);
        Gauge.builder("caravan.steps.under.way", this, metrics -> metrics.runs.values().stream().mapToInt(run -> run.steps.size()).sum())
                .description("Steps that are running, or wait for their next attempt.").register(registry);
    }

    /** Where meters are kept; further ones may be added. */
    public MeterRegistry registry() {
        return registry;
    }

    /** Shows how much is under way, from now on. */
    public void watch(Runs underWay, HostSlots slots, SshSessions sessions) {
        Gauge.builder("caravan.runs.under.way", underWay, all -> all.underWay().size()).description("Runs that this process works on.")
                .register(registry);
        Gauge.builder("caravan.hosts.under.way", slots, HostSlots::taken).description("Hosts that are worked on now.").register(registry);
        Gauge.builder("caravan.hosts.waiting", slots, HostSlots::waiting)
                .description("Hosts that wait only because of caravan.hosts-at-a-time.").register(registry);
        Gauge.builder("caravan.ssh.connections", sessions, SshSessions::openConnections)
                .description("SSH connections that are open and logged in.").register(registry);
        Tally tally = sessions.tally();
        count("caravan.ssh.connections.opened", "SSH connections that were opened and logged in.", tally, Tally::opened);
        for (SshException.Kind kind : SshException.Kind.values()) {
            FunctionCounter.builder("caravan.ssh.connections.failed", tally, each -> each.notOpened(kind)).tag("kind", word(kind))
                    .description("SSH connections that could not be opened.").register(registry);
            FunctionCounter.builder("caravan.ssh.commands.failed", tally, each -> each.failed(kind)).tag("kind", word(kind))
                    .description("Commands whose outcome SSH could not bring back.").register(registry);
        }
        count("caravan.ssh.commands", "Commands that hosts carried out, whatever their exit status.", tally, Tally::carriedOut);
    }

    private void count(String name, String description, Tally tally, java.util.function.ToDoubleFunction<Tally> value) {
        FunctionCounter.builder(name, tally, value).description(description).register(registry);
    }

    /**
     * Shows 0 for runs of these actions, and for these steps, from now on. Prometheus takes the first value that it sees for the beginning:
     * of what happens rarely, {@code increase()} would miss the first time.
     */
    public void expect(Collection<String> actions, Collection<String> steps) {
        for (String action : actions) {
            rollbacks(action);
            resumed(action);
            RUN_RESULTS.forEach(result -> runDuration(action, result));
        }
        steps.forEach(step -> STEP_RESULTS.forEach(result -> stepDuration(step, result)));
    }

    /** Shows what the newest runs in the journal saw of certificates, so that a restart of the engine hides nothing. */
    public void recall(Journal journal) {
        certificates.recall(journal);
    }

    // ---- events

    /** Counts an event; to be called for every one, in order. */
    public void heard(Event event) {
        Occurrence what = event.occurrence();
        if (what instanceof RunQueued queued) {
            runs.put(event.run(), new UnderWay(known(queued.action()), event.at()));
            certificates.began(event.run(), queued);
        } else if (what instanceof RunResumed again) {
            runs.put(event.run(), new UnderWay(known(again.action()), event.at()));
            resumed(known(again.action())).increment();
        } else if (what instanceof StepStarted started) {
            started(event, started);
        } else if (what instanceof StepRetried retried) {
            counter("caravan.step.retries", "Attempts at a step that failed in a way that may pass.", "step", retried.step(),
                    "kind", known(retried.failure().kind())).increment();
        } else if (what instanceof StepEnded ended) {
            ended(event, ended);
            certificates.heard(event.run(), ended);
        } else if (what instanceof RunEnded ended) {
            runEnded(event, ended);
        }
    }

    private void started(Event event, StepStarted started) {
        UnderWay run = runs.get(event.run());
        if (run == null) {
            return;
        }
        run.steps.putIfAbsent(key(started), event.at());
        if (!run.rollsBack && UndoStep.isOne(started.step())) {
            run.rollsBack = true;
            rollbacks(run.action).increment();
        }
    }

    private void ended(Event event, StepEnded ended) {
        UnderWay run = runs.get(event.run());
        Instant since = run == null ? null : run.steps.remove(key(ended));
        stepDuration(ended.step(), ended.state().word()).record(Duration.between(since == null ? event.at() : since, event.at()));
    }

    private void runEnded(Event event, RunEnded ended) {
        certificates.ended(event.run(), ended);
        UnderWay run = runs.remove(event.run());
        String action = run == null ? known(ended.action().orElse("")) : run.action;
        runDuration(action, ended.state().word()).record(Duration.between(run == null ? event.at() : run.since, event.at()));
    }

    private Timer stepDuration(String step, String result) {
        return Timer.builder("caravan.step.duration").description("Steps that ended, from their first attempt to the end of the last.")
                .tags("step", step, "result", result).serviceLevelObjectives(STEP_BUCKETS).register(registry);
    }

    private Timer runDuration(String action, String result) {
        return Timer.builder("caravan.run.duration").description("Runs that ended, from the moment that this process took them up.")
                .tags("action", action, "result", result).serviceLevelObjectives(RUN_BUCKETS).register(registry);
    }

    private Counter rollbacks(String action) {
        return counter("caravan.rollbacks", "Runs in which changes were rolled back.", "action", action);
    }

    private Counter resumed(String action) {
        return counter("caravan.runs.resumed", "Runs that were resumed after their engine was gone.", "action", action);
    }

    private Counter counter(String name, String description, String... tags) {
        return Counter.builder(name).description(description).tags(tags).register(registry);
    }

    private static String key(OfStep what) {
        return what.host().orElse("") + " " + what.step();
    }

    private static String known(String word) {
        return word.isEmpty() ? UNKNOWN : word;
    }

    private static String word(SshException.Kind kind) {
        return kind.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    private static Duration[] durations(String words) {
        return Stream.of(words.split(" ")).map(Duration::parse).toArray(Duration[]::new);
    }

    // ---- asked for

    /** The media type to answer with where a scraper accepts that. */
    public static String mediaType(String accepted) {
        return accepted.contains("application/openmetrics-text") ? OPEN_METRICS : TEXT;
    }

    /** All meters in the form of that media type. */
    public String scrape(String mediaType) {
        return registry.scrape(mediaType);
    }
}
