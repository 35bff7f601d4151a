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

/** Records start, progress and outcome of one attempt at a step. Thread-safe. */
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

    /** Records the start of what is no script. */
    public void started() {
        run.record(new StepStarted(attempt, Optional.empty()));
    }

    /** Records the start of a script under its id on the host {@code at}, whose log begins at that offset of the log file. */
    public void started(String id, long logOffset, String at) {
        run.record(new StepStarted(attempt, Optional.of(new Detached(id, logOffset,
                Optional.of(at).filter(other -> !attempt.host().equals(Optional.of(other)))))));
    }

    /** Records what it is doing now; ignored once the attempt has ended, as this comes from another thread, or the run is paused. */
    public synchronized void doing(String what) {
        if (over || run.isStalled()) {
            return;
        }
        run.record(new StepProgress(attempt, what));
    }

    /** Records that it ended with that result. */
    public synchronized void ended(StepResult result) {
        over = true;
        run.record(new StepEnded(attempt, result.message(), result.state(), result.changes(), result.differences(), result.outputs(),
                !result.secrets().isEmpty(), result.artefact(), Optional.of(elapsed()), Optional.empty()));
    }

    /** Records the end of what is no script. */
    public synchronized void ended(StepState state, Map<String, String> outputs, String message) {
        over = true;
        run.record(new StepEnded(attempt, message, state, List.of(), List.of(), outputs, false, Optional.empty(), Optional.of(elapsed()),
                Optional.empty()));
    }

    /** Records a permanent error. */
    public synchronized void failed(StepFailure failure) {
        over = true;
        run.record(StepEnded.failed(attempt, failure.getMessage(), failure.recorded(), Optional.of(elapsed())));
    }

    /**
     * Ends the attempt with a transient error. The step stays open: another attempt is recorded by {@link Retry#recorded}, and the
     * end of all attempts by {@link Run#recordGivenUp}.
     */
    public synchronized Retry failedForNow(StepFailure failure) {
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
