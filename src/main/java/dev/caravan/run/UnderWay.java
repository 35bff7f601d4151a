package dev.caravan.run;

import dev.caravan.run.Runs.Outcome;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** A run under way in this process. Thread-safe. */
final class UnderWay {
    /** Longer than the journal takes to record the end of a run, and shorter than an HTTP client waits. */
    private static final Duration RELEASE = Duration.ofSeconds(5);

    private final Run run;
    private final Workflow workflow;
    private final Optional<String> outer;
    private final CompletableFuture<Outcome> outcome = new CompletableFuture<>();
    private final CountDownLatch released = new CountDownLatch(1);
    private volatile boolean ending;

    UnderWay(Run run, Workflow workflow) {
        this(run, workflow, Optional.empty());
    }

    private UnderWay(Run run, Workflow workflow, Optional<String> outer) {
        this.run = run;
        this.workflow = workflow;
        this.outer = outer;
    }

    /** A run that this one waits for, by the same workflow. */
    UnderWay around(Run inner) {
        return new UnderWay(inner, workflow, Optional.of(run.id()));
    }

    /** Whether no other run waits for it. */
    boolean isItself() {
        return outer.isEmpty();
    }

    boolean isWithin(String run) {
        return outer.filter(run::equals).isPresent();
    }

    Run run() {
        return run;
    }

    Workflow workflow() {
        return workflow;
    }

    /** Completes when the run has ended and its cluster is released. */
    CompletableFuture<Outcome> outcome() {
        return outcome;
    }

    /** To be called before its end is recorded: from then on others may see the end before the cluster is released here. */
    void ends() {
        ending = true;
    }

    boolean isEnding() {
        return ending;
    }

    /** Its cluster and its hosts may be worked on by others. */
    void release() {
        released.countDown();
    }

    /**
     * Waits for the release if the run is ending: who has just seen the end may begin the next run at once.
     *
     * @return false if it is not ending, or does not release its cluster in time
     */
    boolean awaitRelease() {
        if (!ending) {
            return false;
        }
        try {
            return released.await(RELEASE.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }
}
