package dev.caravan.engine;

import dev.caravan.actions.Actions;
import dev.caravan.routes.RouteFiles;
import dev.caravan.run.Workflow;
import dev.caravan.run.Workflows;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Loads the routes directory of a service again when a file in it changes, while runs continue.
 *
 * <p>How:
 * <ol>
 * <li>Once a second the files are read. What two looks found the same, and is not what is loaded, is a new version.
 * <li>Its routes are loaded into a Camel of their own, with its scripts and failures. Where that fails, it is said and nothing
 *     else happens until a file changes again: one version is loaded as a whole or not at all.
 * <li>From then on runs begin with it. Earlier ones keep the version that they began with, which is closed after its last.
 * <li>Triggers stay in the service's own Camel and are replaced there one by one, each when nothing is under way in it; see
 *     {@link LoadedFiles}.
 * </ol>
 * Camel's own reloading would replace routes in place, which ends what is under way in them. Files are read rather than watched:
 * so it works as well for shared directories and for mounted ConfigMaps, which change behind a symbolic link. Thread-safe.
 */
final class Reloading implements Workflows, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Reloading.class);

    private final Path directory;
    private final WorkflowLoader loader;
    private final LoadedFiles service;
    private final MeterRegistry meters;
    private final List<Version> versions = new ArrayList<>();
    private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor(work -> {
        Thread thread = new Thread(work, "caravan-routes");
        thread.setDaemon(true);
        return thread;
    });
    private RouteFiles seen;
    private Optional<RouteFiles> refused = Optional.empty();
    private int number = 1;
    private volatile Optional<String> problem = Optional.empty();

    /** A version that is loaded; the first is in the service's own Camel. */
    private static final class Version {
        private final RouteFiles files;
        private final Workflow workflow;
        private final Optional<WorkflowLoader.Loaded> own;
        private int runs;

        private Version(RouteFiles files, Workflow workflow, Optional<WorkflowLoader.Loaded> own) {
            this.files = files;
            this.workflow = workflow;
            this.own = own;
        }
    }

    /** @param first what is loaded into the service's own Camel */
    Reloading(Path directory, RouteFiles first, Workflow workflow, WorkflowLoader loader, LoadedFiles service, MeterRegistry meters) {
        this.directory = directory;
        this.loader = loader;
        this.service = service;
        this.meters = meters;
        this.seen = first;
        versions.add(new Version(first, workflow, Optional.empty()));
        Gauge.builder("caravan.routes.versions", this, Reloading::loaded)
                .description("Versions of the route files that are loaded: more than one while runs use an earlier one.")
                .register(meters);
        reloads("ok");
        reloads("failed");
    }

    private io.micrometer.core.instrument.Counter reloads(String result) {
        return io.micrometer.core.instrument.Counter.builder("caravan.routes.reloads").tag("result", result)
                .description("Changed route files that were loaded, or could not be.").register(meters);
    }

    /** Begins to look; to be called once the service's Camel has started. */
    void begin(long everyMillis) {
        timer.scheduleWithFixedDelay(this::look, everyMillis, everyMillis, TimeUnit.MILLISECONDS);
    }

    /** What is wrong with the files as they lie there now; empty where they are what is loaded. */
    Optional<String> problem() {
        return problem.or(service::problem);
    }

    private synchronized int loaded() {
        return versions.size();
    }

    private synchronized Version newest() {
        return versions.get(versions.size() - 1);
    }

    private void look() {
        try {
            RouteFiles now = RouteFiles.with(directory).asOfNow();
            boolean settled = now.differences(seen).isEmpty();
            boolean known = refused.filter(files -> now.differences(files).isEmpty()).isPresent();
            seen = now;
            SortedSet<String> changed = now.differences(newest().files);
            if (changed.isEmpty()) {
                problem = Optional.empty();
                refused = Optional.empty();
            } else if (settled && !known) {
                load(now, changed);
            }
        } catch (UncheckedIOException e) {
            report("the routes directory cannot be read: " + e.getMessage());
        } catch (RuntimeException e) {
            report("the routes directory could not be looked at: " + e);
        }
        service.replaceWhatIsFree(route -> isInUse());
    }

    /* Whether runs are under way in the service's own Camel. */
    private synchronized boolean isInUse() {
        return versions.get(0).own.isEmpty() && versions.get(0).runs > 0;
    }

    private void load(RouteFiles files, SortedSet<String> changed) {
        try {
            WorkflowLoader.Loaded loaded = loader.load(files, "caravan-" + ++number);
            List<Version> over;
            int continuing;
            synchronized (this) {
                versions.add(new Version(files, loaded.workflow(), Optional.of(loaded)));
                over = takeUnused();
                continuing = versions.stream().mapToInt(version -> version.runs).sum();
            }
            over.forEach(Reloading::stop);
            problem = Optional.empty();
            service.change(files);
            reloads("ok").increment();
            LOG.info("loaded changed route files: {}. Runs begin with them from now on; {} under way keep{} what they began with",
                    String.join(", ", changed), continuing, continuing == 1 ? "s" : "");
        } catch (CannotStart e) {
            refused = Optional.of(files);
            reloads("failed").increment();
            report("the route files as they are now cannot be used, the ones before stay (changed: " + String.join(", ", changed) + "): "
                    + e.getMessage());
        }
    }

    private void report(String what) {
        if (!problem.equals(Optional.of(what))) {
            LOG.error("{}", what);
        }
        problem = Optional.of(what);
    }

    // ---- runs

    @Override
    public synchronized Workflow take() {
        Version version = versions.get(versions.size() - 1);
        version.runs++;
        return version.workflow;
    }

    @Override
    public Actions actions() {
        return newest().workflow.actions();
    }

    @Override
    public void release(Workflow workflow) {
        List<Version> over;
        synchronized (this) {
            versions.stream().filter(version -> version.workflow == workflow).forEach(version -> version.runs--);
            over = takeUnused();
        }
        // Not here: the caller may be one of the threads that stopping waits for.
        over.forEach(version -> timer.execute(() -> stop(version)));
    }

    private List<Version> takeUnused() {
        List<Version> over = versions.subList(0, versions.size() - 1).stream().filter(version -> version.runs == 0).toList();
        versions.removeAll(over);
        return over;
    }

    private static void stop(Version version) {
        version.own.ifPresent(loaded -> loaded.main().stop());
    }

    @Override
    public void close() {
        timer.shutdown();
        try {
            timer.awaitTermination(10, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        List<Version> all;
        synchronized (this) {
            all = List.copyOf(versions);
        }
        all.forEach(Reloading::stop);
    }
}
