package dev.caravan.remote;

import dev.caravan.artefacts.Artefact;
import dev.caravan.journal.JournalException;
import dev.caravan.journal.TakenOver;
import dev.caravan.run.Run;
import dev.caravan.run.StepRecorder;
import dev.caravan.ssh.SshException;
import dev.caravan.step.StepFailure;
import dev.caravan.step.StepResult;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes one attempt at a step:
 * <ol>
 *   <li>The step's id is chosen, or, where an earlier attempt lost its connection, that attempt's id is kept; the
 *       journal has it before the host has.
 *   <li>The {@link Launcher}'s request is sent; the host starts the step, or finds it by its id, and its log is
 *       followed.
 *   <li>Its result is read, judged and recorded; its directory is removed with the next request to that host.
 * </ol>
 * Thread-safe.
 */
final class StepAttempts {
    private static final Logger LOG = LoggerFactory.getLogger(StepAttempts.class);

    private final HostCommands commands;
    private final DetachedSteps steps;
    private final StepRequests requests;
    private final StepJudge judge;
    private final Artefacts artefacts;
    private final Executor executor;
    private final Map<StepKey, StepRecorder.Retry> retries = new ConcurrentHashMap<>();

    StepAttempts(HostCommands commands, DetachedSteps steps, StepRequests requests, StepJudge judge, Executor executor) {
        this.commands = commands;
        this.steps = steps;
        this.requests = requests;
        this.judge = judge;
        this.artefacts = new Artefacts(commands, executor);
        this.executor = executor;
    }

    /** Fails with a {@link StepFailure}, or a {@link dev.caravan.run.RunCancelled}. */
    CompletionStage<StepResult> make(StepCall call) {
        StepRecorder recorder = new StepRecorder(call.run(), call.host().name(), call.step(),
                call.run().steps().nextAttempt(call.host().name(), call.step()));
        // where a route's error handler has no policy of ours
        recordRetry(call.key(), Duration.ZERO);
        DetachedStep detached = steps.of(call);
        recorder.started(detached.id(), detached.logOffset(), call.at().name());
        Follower follower = new Follower(call, detached.log(), what -> executor.execute(() -> progress(recorder, what)));
        detached.log().attach(follower::waits);
        CompletableFuture<StepResult> attempt = send(call, detached)
                .thenCompose(sent -> launch(call, detached, follower)
                        .thenCompose(report -> save(call, detached, report)
                                .thenApply(saved -> end(call, detached, report, saved.or(() -> sent)))))
                .handle((result, failure) -> {
                    if (failure == null) {
                        recorder.ended(result);
                        return result;
                    }
                    throw new CompletionException(failed(call, recorder, failure));
                }).toCompletableFuture();
        steps.follow(call, attempt);
        return attempt;
    }

    /* Takes the log, and has the run record what the step waits for. */
    private record Follower(StepCall call, StepLog log, Consumer<String> doing) implements HostAccess.Listener {
        /* The engine that has the run now may write the same file. */
        @Override
        public void output(byte[] chunk) {
            call.run().stopped().filter(TakenOver.class::isInstance).ifPresent(why -> {
                throw (TakenOver) why;
            });
            log.accept(chunk);
        }

        @Override
        public int life() {
            return call.run().past().lives();
        }

        @Override
        public boolean mayBeSent() {
            return call.run().isOwn();
        }

        @Override
        public void waits(String what) {
            doing.accept(what);
        }

        @Override
        public boolean isWanted() {
            return call.stopped().isEmpty();
        }
    }

    private StepResult end(StepCall call, DetachedStep detached, Report report, Optional<Artefact> artefact) {
        steps.ended(call);
        steps.clearLater(call, detached);
        detached.log().failure().ifPresent(failure -> {
            throw failure;
        });
        return judge.judge(call, detached.log(), report, artefact);
    }

    private StepFailure failed(StepCall call, StepRecorder recorder, Throwable failure) {
        StepFailure why = judge.known(call, failure);
        if (!StepFailure.isOfTheConnection(why.getKind())) {
            steps.ended(call);
        }
        if (why.isTransient()) {
            retries.put(call.key(), recorder.failedForNow(why));
        } else {
            recorder.failed(why);
        }
        return why;
    }

    /** Records that the step which failed is tried again after that pause; once for each attempt, however many share its result. */
    void recordRetry(StepKey key, Duration pause) {
        StepRecorder.Retry retry = retries.remove(key);
        if (retry != null) {
            retry.recorded(pause);
        }
    }

    void forget(Run run) {
        retries.keySet().removeIf(key -> key.run().equals(run.id()));
    }

    /* If the journal cannot be written, the next record fails too, and that failure is reported. */
    private static void progress(StepRecorder recorder, String what) {
        try {
            recorder.doing(what);
        } catch (JournalException e) {
            LOG.debug("what a step is doing cannot be recorded", e);
        }
    }

    private CompletionStage<Report> launch(StepCall call, DetachedStep detached, Follower follower) {
        List<String> clear = steps.toClear(call);
        Optional<HostOrder.Launch> order = requests.of(call, detached, clear);
        if (order.isEmpty()) {
            return CompletableFuture.failedFuture(judge.noScript(call, call.order().script()));
        }
        return commands.execute(call.at(), order.get(), follower)
                .handle((result, failure) -> {
                    if (failure == null || !SshException.isTransient(failure)) {
                        // A line that a lost connection cut in two comes again whole.
                        detached.log().end();
                    }
                    if (failure == null) {
                        steps.cleared(call, clear);
                        return CompletableFuture.completedFuture(judge.read(call, detached, result));
                    }
                    return stopped(call, detached, SshException.beneath(failure));
                })
                .thenCompose(Function.identity());
    }

    /* A step that takes too long, or sends too much, is stopped. */
    private CompletableFuture<Report> stopped(StepCall call, DetachedStep detached, Throwable failure) {
        Optional<StepFailure> reason = judge.reasonToStop(call, detached.log(), failure);
        if (reason.isEmpty()) {
            return CompletableFuture.failedFuture(judge.unreached(call, detached, failure));
        }
        CompletionStage<?> stop = failure instanceof StepLog.TooMuch
                ? commands.stop(call.run(), call.at(), detached.id())
                : commands.stop(call.run(), call.at(), detached.id(), detached.log());
        return stop
                .<Report>handle((stopped, problem) -> {
                    steps.clearLater(call, detached);
                    throw new CompletionException(reason.get());
                })
                .toCompletableFuture();
    }

    /* Before the script starts. If the host has begun it in an earlier attempt, its file is the script's. */
    private CompletionStage<Optional<Artefact>> send(StepCall call, DetachedStep detached) {
        StepOrder order = call.order();
        if (!order.moves(order.files().sendFrom())) {
            return CompletableFuture.completedFuture(Optional.empty());
        }
        return moved(call, detached, artefacts.send(call, detached.id(), order.files().sendFrom().get()));
    }

    /* Once the script has ended. As long as that is not done, the step is found on its host by its id. */
    private CompletionStage<Optional<Artefact>> save(StepCall call, DetachedStep detached, Report report) {
        StepOrder order = call.order();
        if (!order.moves(order.files().saveTo()) || !report.succeeded() || report.skipped().isPresent()) {
            return CompletableFuture.completedFuture(Optional.empty());
        }
        return moved(call, detached, artefacts.save(call, detached.id(), report, order.files().saveTo().get()));
    }

    private CompletionStage<Optional<Artefact>> moved(StepCall call, DetachedStep detached, CompletionStage<Artefact> moving) {
        return moving.handle((artefact, failure) -> {
            if (failure == null) {
                return Optional.of(artefact);
            }
            Throwable cause = SshException.beneath(failure);
            if (!(cause instanceof SshException || cause instanceof HostAccess.NoRunner)) {
                steps.clearLater(call, detached);
            }
            throw new CompletionException(judge.unreached(call, detached, cause));
        });
    }
}
