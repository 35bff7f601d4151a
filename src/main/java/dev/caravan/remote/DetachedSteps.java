package dev.caravan.remote;

import dev.caravan.history.UndoStep;
import dev.caravan.journal.JournalException;
import dev.caravan.run.Past;
import dev.caravan.run.Run;
import dev.caravan.run.UnfinishedStep;
import dev.caravan.slots.Slots;
import dev.caravan.spec.Host;
import dev.caravan.ssh.SshException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.Predicate;

/** Knows which detached steps hosts may still run, and what ended ones left there. Stops and clears them. Thread-safe. */
final class DetachedSteps {
    private final HostCommands commands;
    private final Path logs;
    private final Slots clearing;
    private final Executor executor;
    private final Map<StepKey, DetachedStep> unfinished = new ConcurrentHashMap<>();
    private final Map<StepKey, CompletableFuture<?>> followed = new ConcurrentHashMap<>();
    private final Map<HostKey, List<String>> toClear = new ConcurrentHashMap<>();

    private record HostKey(String run, String host) {
        private static HostKey of(Run run, Host host) {
            return new HostKey(run.id(), host.name());
        }
    }

    /**
     * @param logs the directory of the steps' logs, which are in {@code RUN/HOST/STEP.log}
     * @param most so many hosts are cleared at the same time
     */
    DetachedSteps(HostCommands commands, Path logs, int most, Executor executor) {
        this.commands = commands;
        this.logs = logs;
        this.clearing = new Slots(most);
        this.executor = executor;
    }

    /** The one that an earlier attempt lost its connection to, or a new one. */
    DetachedStep of(StepCall call) {
        return unfinished.computeIfAbsent(call.key(), any -> start(call));
    }

    private DetachedStep start(StepCall call) {
        Run run = call.run();
        // A rollback is not rolled back.
        Consumer<String> found = call.order().isUndo() ? line -> { } : line -> run.rollback().keepFound(call.at(), call.step(), line);
        StepLog log = log(run, run.id(), call.host().name(), call.step(), found);
        return run.past().underWay(call.host().name(), call.step())
                .map(before -> found(before, call.at(), log))
                .orElseGet(() -> new DetachedStep(run.steps().nextDetachedId(), call.at(), log.length(), log, new AtomicBoolean()));
    }

    private StepLog log(Run run, String ofRun, String host, String step, Consumer<String> found) {
        return new StepLog(logs.resolve(ofRun).resolve(host).resolve(step + ".log"), run::redact, found);
    }

    /* The host sends the log from its beginning. */
    private static DetachedStep found(Past.UnderWay before, Host at, StepLog log) {
        log.cutTo(before.logOffset());
        return new DetachedStep(before.id(), at, log.length(), log, new AtomicBoolean(true));
    }

    /** Names the attempt that follows that step, as long as it does. */
    void follow(StepCall call, CompletableFuture<?> attempt) {
        followed.put(call.key(), attempt);
        attempt.whenComplete((done, failure) -> followed.remove(call.key(), attempt));
    }

    /** The next attempt at that step starts a new one. */
    void ended(StepCall call) {
        unfinished.remove(call.key());
    }

    /** Has its directory removed from the host by the next request. */
    void clearLater(StepCall call, DetachedStep detached) {
        toClear(call.run(), call.at()).add(detached.id());
    }

    /** The ids of ended steps whose directories may still be on the host. */
    List<String> toClear(StepCall call) {
        return List.copyOf(toClear(call.run(), call.at()));
    }

    /** Notes that the host removed these directories. */
    void cleared(StepCall call, List<String> ids) {
        toClear.computeIfPresent(HostKey.of(call.run(), call.at()), (any, known) -> {
            known.removeAll(ids);
            return known;
        });
    }

    private List<String> toClear(Run run, Host host) {
        return toClear.computeIfAbsent(HostKey.of(run, host), any -> new CopyOnWriteArrayList<>(run.past().leftDirectories(host.name())));
    }

    /** Stops all other steps of the host, with what {@link #stopAll} does. */
    CompletionStage<Void> stopOthers(StepCall call) {
        return stopAll(call.run(), call.host(), key -> !key.equals(call.key()));
    }

    /**
     * Stops the steps of that host which may still run, and has the journal record what they found. One that lost its connection must not
     * run while the host is rolled back, and what it changed is rolled back like the rest. A rollback that is resumed waits for its own.
     */
    CompletionStage<Void> stopAll(Run run, Host host) {
        return stopAll(run, host, key -> !UndoStep.isOne(key.step()));
    }

    private CompletionStage<Void> stopAll(Run run, Host host, Predicate<StepKey> which) {
        List<CompletionStage<Void>> stopped = new ArrayList<>();
        for (StepKey key : List.copyOf(unfinished.keySet())) {
            if (key.run().equals(run.id()) && key.host().equals(host.name()) && which.test(key)) {
                DetachedStep step = unfinished.remove(key);
                if (step != null) {
                    stopped.add(stop(run, key, step));
                }
            }
        }
        run.past().underWay().stream()
                .filter(step -> step.host().equals(host.name()) && which.test(new StepKey(run.id(), step.host(), step.step())))
                .forEach(step -> run.past().underWay(step.host(), step.step())
                        .ifPresent(taken -> stopped.add(stop(run, UnfinishedStep.of(run, taken)))));
        run.rollback().unfinished(host).forEach(step -> stopped.add(stop(run, step)));
        return all(stopped);
    }

    /** Stops these steps, as far as their hosts can be reached, and has the journal record what they found. */
    CompletionStage<Void> stop(Run run, List<UnfinishedStep> steps) {
        return all(steps.stream().map(step -> stop(run, step)).toList());
    }

    private static CompletionStage<Void> all(List<CompletionStage<Void>> stages) {
        return CompletableFuture.allOf(stages.stream().map(CompletionStage::toCompletableFuture).toArray(CompletableFuture[]::new));
    }

    private CompletionStage<Void> stop(Run run, UnfinishedStep unfinished) {
        Past.UnderWay step = unfinished.step();
        Optional<Host> at = where(run, step);
        if (at.isEmpty()) {
            return CompletableFuture.completedFuture(null);
        }
        Consumer<String> found = UndoStep.isOne(step.step()) ? line -> { } : run.rollback().keeper(unfinished, at.get());
        return stop(run, unfinished, found(step, at.get(), log(run, unfinished.run(), step.host(), step.step(), found)));
    }

    private static Optional<Host> where(Run run, Past.UnderWay step) {
        return run.cluster().everyHost().stream().filter(host -> host.name().equals(step.at())).findFirst();
    }

    /* One whose log is being followed is waited for: what is left of its log comes there. */
    private CompletionStage<Void> stop(Run run, StepKey key, DetachedStep step) {
        CompletableFuture<?> attempt = followed.get(key);
        if (attempt != null) {
            return commands.stop(run, step.at(), step.id()).handle((done, failure) -> null)
                    .thenCompose(done -> attempt.<Void>handle((ended, failure) -> null));
        }
        return step.mayRun().get() ? stop(run, unfinished(run, key, step), step) : CompletableFuture.completedFuture(null);
    }

    private static UnfinishedStep unfinished(Run run, StepKey key, DetachedStep step) {
        return UnfinishedStep.of(run, new Past.UnderWay(key.host(), key.step(), step.at().name(), step.id(), step.logOffset()));
    }

    private CompletionStage<Void> stop(Run run, UnfinishedStep unfinished, DetachedStep step) {
        return commands.stop(run, step.at(), step.id(), step.log()).handle((stopped, failure) -> {
            if (failure == null || SshException.beneath(failure) instanceof StepLog.TooMuch) {
                step.log().failure().ifPresent(notRecorded -> {
                    throw notRecorded;
                });
                toClear(run, step.at()).add(step.id());
                run.rollback().nothingUnfinished(unfinished);
            } else {
                run.note(step.at().name(), "could not see whether " + unfinished.step().step() + " still runs there: "
                        + SshException.beneath(failure).getMessage());
                run.rollback().keepUnfinished(unfinished, step.at());
            }
            return null;
        });
    }

    /**
     * Clears away on the hosts what steps of that run left there, and forgets the run. If it has ended, the steps whose end was not heard
     * of are recorded for the next one.
     *
     * @param releases whether the run releases its hosts' locks
     */
    CompletionStage<Void> finish(Run run, boolean releases) {
        Map<StepKey, DetachedStep> left = new LinkedHashMap<>(unfinished);
        left.keySet().removeIf(key -> !key.run().equals(run.id()));
        unfinished.keySet().removeAll(left.keySet());
        if (releases) {
            try {
                left.forEach((key, step) -> keep(run, key, step));
                keepUnderWay(run);
            } catch (JournalException e) {
                // The run's end cannot be recorded either: it is resumed, and its events tell of these steps.
                return CompletableFuture.failedFuture(e);
            }
        }
        // Thousands at once would keep runners from answering, and hosts from being reached in time.
        return CompletableFuture.allOf(run.cluster().everyHost().stream()
                .map(host -> clearing.with(executor, () -> clear(run, host, releases)).toCompletableFuture())
                .toArray(CompletableFuture[]::new));
    }

    private static void keep(Run run, StepKey key, DetachedStep step) {
        if (step.mayRun().get()) {
            run.rollback().keepUnfinished(unfinished(run, key, step), step.at());
        }
    }

    private static void keepUnderWay(Run run) {
        run.past().underWay().forEach(step ->
                where(run, step).ifPresent(at -> run.rollback().keepUnfinished(UnfinishedStep.of(run, step), at)));
    }

    private CompletionStage<Void> clear(Run run, Host host, boolean releases) {
        List<String> ids = toClear(run, host);
        toClear.remove(HostKey.of(run, host));
        // What the journal has not recorded is still needed there.
        if (ids.isEmpty() || run.isStalled()) {
            return CompletableFuture.completedFuture(null);
        }
        return commands.clear(run, host, releases, ids)
                .exceptionallyCompose(failure ->
                        SshException.isTransient(failure) ? commands.clear(run, host, releases, ids)
                                : CompletableFuture.failedStage(failure))
                .handle((result, failure) -> {
                    if (failure != null) {
                        run.note(host.name(), "could not remove /run/caravan and the run's lock on the host"
                                + " (the next run of this engine does): " + SshException.beneath(failure).getMessage());
                    }
                    return null;
                });
    }
}
