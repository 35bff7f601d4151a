package dev.caravan.run;

import dev.caravan.history.Attempt;
import dev.caravan.history.Detached;
import dev.caravan.history.Occurrence.StepEnded;
import dev.caravan.history.Occurrence.StepProgress;
import dev.caravan.history.Occurrence.StepRetried;
import dev.caravan.history.Occurrence.StepStarted;
import dev.caravan.history.StepState;
import dev.caravan.step.StepFailure;
import dev.caravan.step.StepResult;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Enters into the journal what becomes of one attempt at a step. */
public final class StepRecorder {
    private final Run run;
    private final Attempt attempt;
    private final Instant startedAt = Instant.now();
    private boolean over;

    /** @param host may be null for what concerns no single host */
    public StepRecorder(Run run, String host, String step, int attempt) {
        this.run = run;
        this.attempt = Attempt.of(host, step, attempt);
    }

    /** Begins what is no script. */
    public void started() {
        run.record(new StepStarted(attempt, Optional.empty()));
    }

    /** Begins a script under its id on the host {@code at}, whose log goes on in the log file from that offset. */
    public void started(String id, long logOffset, String at) {
        run.record(new StepStarted(attempt, Optional.of(new Detached(id, logOffset,
                Optional.of(at).filter(other -> !attempt.host().equals(Optional.of(other)))))));
    }

    /** What it is doing now; unheard once the attempt is over, as this comes from another thread, or the journal takes no entries. */
    public synchronized void doing(String what) {
        if (over || run.isStalled()) {
            return;
        }
        run.record(new StepProgress(attempt, what));
    }

    /** Ends it with that result. */
    public synchronized void ended(StepResult result) {
        over = true;
        run.record(new StepEnded(attempt, result.message(), result.state(), result.changes(), result.differences(), result.outputs(),
                !result.secrets().isEmpty(), result.artefact(), Optional.of(elapsed()), Optional.empty()));
    }

    /** Ends what is no script. */
    public synchronized void ended(StepState state, Map<String, String> outputs, String message) {
        over = true;
        run.record(new StepEnded(attempt, message, state, List.of(), List.of(), outputs, false, Optional.empty(), Optional.of(elapsed()),
                Optional.empty()));
    }

    /** Ends the attempt with an error that no retry cures. */
    public synchronized void failed(StepFailure failure) {
        over = true;
        run.record(StepEnded.failed(attempt, failure.getMessage(), failure.recorded(), Optional.of(elapsed())));
    }

    /**
     * Ends the attempt with an error that a retry may cure. The step stays open: another attempt is recorded by
     * {@link Retry#recorded}, and who gives up records that through {@link Run#gaveUp}.
     */
    public synchronized Retry mayPass(StepFailure failure) {
        over = true;
        return new Retry(failure, elapsed());
    }

    private Duration elapsed() {
        return Duration.between(startedAt, Instant.now());
    }

    /** An attempt that failed and has no successor yet. */
    public final class Retry {
        private final StepFailure failure;
        private final Duration duration;

        private Retry(StepFailure failure, Duration duration) {
            this.failure = failure;
            this.duration = duration;
        }

        /** Records that another attempt follows after that pause; 0 if it follows at once. */
        public void recorded(Duration pause) {
            run.record(new StepRetried(attempt, failure.getMessage(), failure.recorded(), Optional.of(pause), Optional.of(duration)));
        }
    }
}
