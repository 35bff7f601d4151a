package dev.caravan.engine;

import dev.caravan.http.Http;
import dev.caravan.journal.Journal;
import dev.caravan.routes.RouteFiles;
import dev.caravan.log.RedactedLog;
import dev.caravan.run.Run;
import dev.caravan.run.Runs;
import dev.caravan.run.Submissions;
import dev.caravan.ssh.SshSessions;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.apache.camel.CamelContext;
import org.apache.camel.main.Main;
import org.apache.camel.spi.ShutdownStrategy;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A running Caravan in this process. Starting it loads the routes; closing it releases everything. Thread-safe. */
public final class Engine implements AutoCloseable {
    private static final int THREADS = 16;
    /** How long exchanges may end by themselves as the engine closes, where runs are under way. */
    private static final long PAUSE_SECONDS = 2;
    /** How often it looks whether another engine was asked to cancel a run of this one. */
    private static final long LOOK_MILLIS = 1_000;

    private static final Logger LOG = LoggerFactory.getLogger(Engine.class);

    private final Main main;
    private final Journal journal;
    private final SshSessions sessions;
    private final ExecutorService executor;
    private final Wiring wiring;
    private final ScheduledExecutorService cancels = Executors.newSingleThreadScheduledExecutor(named("caravan-cancel"));

    private Engine(Main main, Wiring wiring, Journal journal, SshSessions sessions, ExecutorService executor) {
        this.main = main;
        this.journal = journal;
        this.sessions = sessions;
        this.executor = executor;
        this.wiring = wiring;
        cancels.scheduleWithFixedDelay(this::heedCancelRequests, LOOK_MILLIS, LOOK_MILLIS, TimeUnit.MILLISECONDS);
    }

    /**
     * Starts an engine.
     *
     * @throws CannotStart where a route file, a setting, the journal or a port is not as it should be
     */
    public static Engine start(EngineOptions options) throws CannotStart {
        return start(options, () -> Journal.openToWrite(options.journal()), new SshSessions());
    }

    /** The same with a journal and connections of the caller's, which are closed with the engine. */
    static Engine start(EngineOptions options, Supplier<Journal> journal, SshSessions sessions) throws CannotStart {
        RedactedLog.install();
        RouteFiles files = files(options);
        // The journal's database takes about as long to open as Camel to start.
        CompletableFuture<Journal> opening = CompletableFuture.supplyAsync(journal);
        ExecutorService executor = Executors.newFixedThreadPool(THREADS, named("caravan"));
        Main main = WorkflowLoader.camel(options);
        Wiring wiring = new Wiring(options, files, opening, sessions, executor);
        try {
            if (!options.triggers()) {
                WorkflowLoader.withoutTriggers(main);
            }
            main.addMainListener(wiring);
            main.start();
            wiring.started(main.getCamelContext());
            return new Engine(main, wiring, opening.get(), sessions, executor);
        } catch (Exception e) {
            CannotStart why = new CannotStart(Reason.of(e, main.getCamelContext()), e);
            wiring.endReloading();
            main.stop();
            wiring.endAccess();
            sessions.close();
            executor.shutdownNow();
            wiring.endObservation();
            opening.thenAccept(Journal::close);
            throw why;
        }
    }

    private static RouteFiles files(EngineOptions options) throws CannotStart {
        try {
            return options.routes().map(directory -> RouteFiles.with(directory).asOfNow()).orElseGet(RouteFiles::builtIn);
        } catch (UncheckedIOException e) {
            throw new CannotStart(e.getMessage() + "; may this user read it?", e);
        }
    }

    public Runs runs() {
        return main.lookup("runs", Runs.class);
    }

    public Submissions submissions() {
        return main.lookup("submissions", Submissions.class);
    }

    public Journal journal() {
        return journal;
    }

    /** What was given and nothing reads: names of settings that were mistyped, a sentence each. */
    public List<String> warnings() {
        return Settings.unknown(context().getPropertiesComponent(), System.getProperties().stringPropertyNames(), System.getenv().keySet());
    }

    /** Whether the HTTP server has a certificate. */
    public boolean isServedOverTls() {
        return !context().resolvePropertyPlaceholders("{{caravan.http.tls-cert}}").isBlank();
    }

    /** Prepares in the background for the first one who opens the page. Only where HTTP is served. */
    public void warmUp() {
        executor.execute(() -> {
            try {
                InetAddress listening = InetAddress.getByName(context().resolvePropertyPlaceholders("{{camel.server.host}}"));
                int port = Integer.parseInt(context().resolvePropertyPlaceholders("{{camel.server.port}}"));
                main.lookup("http", Http.class).warmUp(listening, port, !isServedOverTls());
            } catch (UnknownHostException | RuntimeException e) {
                LOG.debug("the page could not be prepared", e);
            }
        });
    }

    public CamelContext context() {
        return main.getCamelContext();
    }

    /* What is thrown would end the looking. */
    private void heedCancelRequests() {
        try {
            runs().heedCancelRequests();
        } catch (RuntimeException e) {
            LOG.debug("whether a run is to be cancelled cannot be read", e);
        }
    }

    /** Pauses the runs that are under way, which the next engine of the journal resumes. Closing it again does nothing. */
    @Override
    public void close() {
        if (!main.isStarted()) {
            return;
        }
        cancels.shutdownNow();
        wiring.endTrial();
        wiring.endReloading();
        pauseRuns();
        main.stop();
        wiring.endObservation();
        // The journal first: that connections were closed is no news of the runs, which are resumed later.
        journal.close();
        wiring.endAccess();
        sessions.close();
        executor.shutdown();
    }

    /* Camel would wait for the end of a run as it does for that of a request. */
    private void pauseRuns() {
        Collection<Run> left = runs().underWay();
        ShutdownStrategy shutdown = context().getShutdownStrategy();
        if (!left.isEmpty() && shutdown.getTimeUnit().toSeconds(shutdown.getTimeout()) > PAUSE_SECONDS) {
            shutdown.setTimeUnit(TimeUnit.SECONDS);
            shutdown.setTimeout(PAUSE_SECONDS);
        }
        left.forEach(run -> LOG.info(run.isRehearsal() ? "run {} of cluster {} ends with this process: its hosts were simulated"
                : "run {} of cluster {} is paused; the next start resumes it, or another engine", run.id(), run.cluster().name()));
    }

    private static ThreadFactory named(String name) {
        AtomicInteger number = new AtomicInteger();
        return work -> {
            Thread thread = new Thread(work, name + "-" + number.incrementAndGet());
            thread.setDaemon(true);
            return thread;
        };
    }
}
