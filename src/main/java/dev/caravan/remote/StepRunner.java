package dev.caravan.remote;

import dev.caravan.artefacts.DataFiles;
import dev.caravan.history.Occurrence.HostWaiting;
import dev.caravan.routes.RouteFiles;
import dev.caravan.run.HostSlots;
import dev.caravan.run.Run;
import dev.caravan.run.RunCancelled;
import dev.caravan.run.Steps;
import dev.caravan.run.UnfinishedStep;
import dev.caravan.spec.Counted;
import dev.caravan.spec.Host;
import dev.caravan.step.FailureRules;
import dev.caravan.step.StepFailure;
import dev.caravan.step.StepResult;
import dev.caravan.step.Undo;
import dev.caravan.tables.EngineFailures;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.function.Function;

/**
 * Runs steps on hosts:
 * <ol>
 *   <li>A result that an earlier life of the run recorded is taken from there; the host is not reached.
 *   <li>A slot among the hosts worked on at a time is taken.
 *   <li>{@link StepAttempts} makes one attempt.
 * </ol>
 * A lost connection is a {@link StepFailure} of kind {@code connection}, which is transient: the route's error handler repeats the
 * attempt, which attaches to the step by its id. Thread-safe; no method blocks, except on the journal's disk.
 */
public final class StepRunner implements Steps {
    private final HostSlots slots;
    private final Path data;
    private final Executor executor;
    private final StepRequests requests;
    private final DetachedSteps steps;
    private final StepAttempts attempts;
    private final SharedResults shared = new SharedResults();

    /**
     * @param access  how orders reach hosts
     * @param files   where scripts come from
     * @param data    the data directory. Each step's log is kept there, in {@code logs/RUN/HOST/STEP.log}, and files that steps save
     */
    public StepRunner(
            HostAccess access, RouteFiles files, FailureRules rules, Environment environment, HostSlots slots, Path data,
            Executor executor) {
        this.slots = slots;
        this.data = data;
        this.executor = executor;
        this.requests = new StepRequests(files, environment);
        HostCommands commands = new HostCommands(access);
        this.steps = new DetachedSteps(commands, data.resolve("logs"), slots.hosts(), executor);
        this.attempts = new StepAttempts(commands, steps, requests, new StepJudge(rules, EngineFailures.of(files)), executor);
    }

    /** The file of that name in the data directory. @throws IllegalArgumentException if it would be anywhere else */
    Path dataFile(String name) {
        return DataFiles.resolve(data, name);
    }

    Executor executor() {
        return executor;
    }

    /** The script that rolls that step back. */
    String undoScript(Undo undo) {
        return requests.undoScript(undo);
    }

    /** Runs the step; the stage fails with a {@link StepFailure} or {@link RunCancelled}. */
    CompletionStage<StepResult> run(StepCall call) {
        return recorded(call).orElseGet(() -> takeSlot(call));
    }

    /** Runs the step when no other of the same run that names this key is running. */
    CompletionStage<StepResult> inTurn(StepCall call, String key) {
        return recorded(call).orElseGet(() ->
                admit(call, call.run().gates().turn(key), "waits for its turn: " + call.step(), OptionalInt.empty(), this::takeSlot));
    }

    /** Runs the step, or takes the result of one that is running or ended less than {@code age} ago. */
    CompletionStage<StepResult> shared(StepCall call, Duration age) {
        return shared.get(call, age, () -> run(call));
    }

    private static Optional<CompletionStage<StepResult>> recorded(StepCall call) {
        try {
            return call.run().past().result(call.host().name(), call.step()).map(CompletableFuture::completedFuture);
        } catch (StepFailure failure) {
            return Optional.of(CompletableFuture.failedFuture(failure));
        }
    }

    private CompletionStage<StepResult> takeSlot(StepCall call) {
        Optional<Exception> stopped = mustNotBegin(call);
        if (stopped.isPresent()) {
            return CompletableFuture.failedFuture(stopped.get());
        }
        int hosts = slots.hosts();
        String wait = "waits for its turn: " + call.step() + " (" + Counted.of(hosts, "host") + " at a time)";
        return admit(call, slots.take(call.at().address(), call.order().comesFirst()), wait, OptionalInt.of(slots.hosts()), this::begin);
    }

    /* A step that runs on its host since an earlier life of the run is waited for, as in a run that was not interrupted. */
    private static Optional<Exception> mustNotBegin(StepCall call) {
        return call.run().past().isUnderWay(call.host().name(), call.step()) ? Optional.empty() : call.stopped();
    }

    /* Records what the host waits for, if it has to wait. */
    private CompletionStage<StepResult> admit(StepCall call, CompletionStage<Runnable> place, String wait, OptionalInt among,
            Function<StepCall, CompletionStage<StepResult>> then) {
        if (!place.toCompletableFuture().isDone()) {
            try {
                call.run().record(new HostWaiting(Optional.of(call.host().name()), wait, among));
            } catch (RuntimeException e) {
                place.thenAcceptAsync(Runnable::run, executor); // the place is free for others
                return CompletableFuture.failedFuture(e);
            }
        }
        return place.thenComposeAsync(leave -> then.apply(call).whenComplete((result, failure) -> leave.run()), executor);
    }

    /* The wait for a slot may have been long. Whatever is thrown here must not keep the slot. */
    private CompletionStage<StepResult> begin(StepCall call) {
        try {
            Optional<Exception> stopped = mustNotBegin(call);
            if (stopped.isPresent()) {
                return CompletableFuture.failedFuture(stopped.get());
            }
            return call.order().stopsOthers() ? steps.stopOthers(call).thenCompose(done -> attempts.make(call)) : attempts.make(call);
        } catch (RuntimeException | Error e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    /** Records that the step which failed is tried again after that pause; once for each attempt, however many share its result. */
    void recordRetry(Run run, StepFailure failure, Duration pause) {
        attempts.recordRetry(new StepKey(run.id(), failure.getHost(), failure.getStep()), pause);
    }

    @Override
    public CompletionStage<Void> stop(Run run, List<UnfinishedStep> unfinished) {
        return steps.stop(run, unfinished);
    }

    /** Stops the steps that may still run on that host, and has the journal record what they found. */
    CompletionStage<Void> stopAll(Run run, Host host) {
        return steps.stopAll(run, host);
    }

    @Override
    public CompletionStage<Void> finish(Run run, boolean releases) {
        shared.forget(run);
        attempts.forget(run);
        return steps.finish(run, releases);
    }
}
