package dev.caravan.step;

import dev.caravan.artefacts.Artefact;
import dev.caravan.journal.Event;
import dev.caravan.run.Run;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Enters into the journal what becomes of one attempt at a step. */
public final class StepTold {
    private final Run run;
    private final String host;
    private final String step;
    private final int attempt;
    private final Instant startedAt = Instant.now();
    private boolean over;

    /** @param host may be null for what concerns no single host */
    public StepTold(Run run, String host, String step, int attempt) {
        this.run = run;
        this.host = host;
        this.step = step;
        this.attempt = attempt;
    }

    /** Begins what is no script. */
    public void started() {
        run.tell(Event.Type.STEP_STARTED, host, step, attempt, "", Map.of());
    }

    /** Begins a script under its id on the host {@code at}, whose log goes on in the log file from that offset. */
    void started(String id, long logOffset, String at) {
        Map<String, Object> data = new HashMap<>(Map.of("id", id, "logOffset", logOffset));
        if (!at.equals(host)) {
            data.put("at", at);
        }
        run.tell(Event.Type.STEP_STARTED, host, step, attempt, "", data);
    }

    /** What it is doing now; unheard once the attempt is over, as this comes from another thread, or the journal takes no entries. */
    public synchronized void doing(String what) {
        if (over || run.isStalled()) {
            return;
        }
        run.tell(Event.Type.STEP_PROGRESS, host, step, attempt, what, Map.of());
    }

    /** Ends it with that result. */
    public void ended(StepResult result) {
        ended(result.state(), result.changes(), result.differences(), result.outputs(), !result.secrets().isEmpty(), result.artefact(),
                result.message());
    }

    /** Ends what is no script. */
    public void ended(StepResult.State state, Map<String, String> outputs, String message) {
        ended(state, List.of(), List.of(), outputs, false, Optional.empty(), message);
    }

    private synchronized void ended(StepResult.State state, List<String> changes, List<Difference> differences, Map<String, String> outputs,
            boolean secrets, Optional<Artefact> artefact, String message) {
        over = true;
        Map<String, Object> data = new HashMap<>();
        data.put("state", state.word());
        data.put("changes", changes.stream().map(run::redact).toList());
        if (!differences.isEmpty()) {
            data.put("diffs", differences.stream()
                    .map(each -> new Difference(run.redact(each.change()), run.redact(each.subject()), run.redact(each.text())).data())
                    .toList());
        }
        if (!outputs.isEmpty()) {
            data.put("outputs", outputs);
        }
        if (secrets) {
            data.put("secrets", true);
        }
        artefact.ifPresent(file -> data.put("artefact", file.data()));
        data.put("durationMillis", Duration.between(startedAt, Instant.now()).toMillis());
        run.tell(Event.Type.STEP_ENDED, host, step, attempt, message, data);
    }

    /** Ends the attempt with an error that no retry cures. */
    public synchronized void failed(StepFailure failure) {
        Map<String, Object> data = over(failure);
        data.put("state", StepResult.State.FAILED.word());
        run.tell(Event.Type.STEP_ENDED, host, step, attempt, failure.getMessage(), data);
    }

    /**
     * Ends the attempt with an error that a retry may cure. The step stays open: another attempt is recorded by
     * {@link Retry#recorded}, and who gives up records that through {@link Run#gaveUp}.
     */
    synchronized Retry mayPass(StepFailure failure) {
        return new Retry(failure, over(failure));
    }

    private Map<String, Object> over(StepFailure failure) {
        over = true;
        Map<String, Object> data = new HashMap<>();
        data.put("kind", failure.getKind());
        data.put("remedy", failure.getRemedy());
        data.put("lastWords", failure.getLastWords().stream().map(run::redact).toList());
        data.put("durationMillis", Duration.between(startedAt, Instant.now()).toMillis());
        return data;
    }

    /** An attempt that failed and has no successor yet. */
    final class Retry {
        private final StepFailure failure;
        private final Map<String, Object> data;

        private Retry(StepFailure failure, Map<String, Object> data) {
            this.failure = failure;
            this.data = data;
        }

        /** Records that another attempt follows after that pause; 0 if it follows at once. */
        void recorded(Duration pause) {
            data.put("delayMillis", pause.toMillis());
            run.tell(Event.Type.STEP_RETRY, host, step, attempt, failure.getMessage(), data);
        }
    }
}
