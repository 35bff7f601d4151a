package dev.caravan.remote;

import dev.caravan.run.Past;
import dev.caravan.run.Run;
import dev.caravan.spec.Host;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;

/** Knows which detached steps hosts may still run, and what ended ones left there. Stops and clears them. Thread-safe. */
final class DetachedSteps {
    private final HostCommands commands;
    private final Path logs;
    private final Map<StepKey, DetachedStep> unfinished = new ConcurrentHashMap<>();
    private final Map<HostKey, List<String>> toClear = new ConcurrentHashMap<>();

    private record HostKey(String run, String host) {
        private static HostKey of(Run run, Host host) {
            return new HostKey(run.id(), host.name());
        }
    }

    /** @param logs the directory of the steps' logs, which are in {@code RUN/HOST/STEP.log} */
    DetachedSteps(HostCommands commands, Path logs) {
        this.commands = commands;
        this.logs = logs;
    }

    /** The one that an earlier attempt lost its connection to, or a new one. */
    DetachedStep of(StepCall call) {
        return unfinished.computeIfAbsent(call.key(), any -> start(call));
    }

    private DetachedStep start(StepCall call) {
        Run run = call.run();
        Path file = logs.resolve(run.id()).resolve(call.host().name()).resolve(call.step() + ".log");
        Optional<Past.UnderWay> before = run.past().underWay(call.host().name(), call.step());
        // A rollback is not rolled back.
        Consumer<String> found = call.order().isUndo() ? line -> { } : line -> run.rollback().keepFound(call.at(), call.step(), line);
        StepLog log = new StepLog(file, run::redact, found);
        // The host sends the log from its beginning.
        before.ifPresent(step -> log.cutTo(step.logOffset()));
        return new DetachedStep(before.map(Past.UnderWay::id).orElseGet(run.steps()::nextDetachedId), call.at(), log.length(), log,
                new AtomicBoolean(before.isPresent()));
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

    /** Stops the other steps of the host. One that lost its connection may still run, and must not while the host is rolled back. */
    CompletionStage<Void> stopOthers(StepCall call) {
        Run run = call.run();
        String host = call.host().name();
        List<CompletableFuture<?>> stopped = new ArrayList<>();
        for (StepKey key : List.copyOf(unfinished.keySet())) {
            if (key.run().equals(run.id()) && key.host().equals(host) && !key.equals(call.key())) {
                DetachedStep other = unfinished.remove(key);
                stopped.add(stop(run, other.at(), other.id(), key.step()).toCompletableFuture());
            }
        }
        for (Past.UnderWay other : run.past().underWay()) {
            if (other.host().equals(host) && !other.step().equals(call.step()) && run.past().underWay(host, other.step()).isPresent()) {
                stopped.add(stop(run, other).toCompletableFuture());
            }
        }
        return CompletableFuture.allOf(stopped.toArray(CompletableFuture[]::new));
    }

    /** Stops what an earlier run left running on hosts, as far as they can be reached, and clears it away; never fails. */
    CompletionStage<Void> stop(Run run, Past past) {
        return CompletableFuture.allOf(past.underWay().stream().map(step -> stop(run, step).toCompletableFuture())
                .toArray(CompletableFuture[]::new));
    }

    private CompletionStage<Void> stop(Run run, Past.UnderWay step) {
        return run.cluster().everyHost().stream().filter(host -> host.name().equals(step.at())).findFirst()
                .map(host -> stop(run, host, step.id(), step.step()))
                .orElseGet(() -> CompletableFuture.completedFuture(null));
    }

    private CompletionStage<Void> stop(Run run, Host host, String id, String step) {
        return commands.stop(host, List.of(id)).handle((stopped, failure) -> {
            if (failure == null) {
                toClear(run, host).add(id);
            } else {
                run.note(host.name(), "could not see whether " + step + " still runs there: " + StepJudge.cause(failure).getMessage());
            }
            return null;
        });
    }

    /**
     * Clears away on the hosts what steps of that run left there, and forgets the run.
     *
     * @param releases whether the run releases its hosts' locks
     */
    CompletionStage<Void> finish(Run run, boolean releases) {
        unfinished.keySet().removeIf(key -> key.run().equals(run.id()));
        return CompletableFuture.allOf(run.cluster().everyHost().stream()
                .map(host -> clear(run, host, releases).toCompletableFuture())
                .toArray(CompletableFuture[]::new));
    }

    private CompletionStage<Void> clear(Run run, Host host, boolean releases) {
        List<String> ids = toClear(run, host);
        toClear.remove(HostKey.of(run, host));
        // What the journal has not recorded is still needed there.
        if (ids.isEmpty() || run.isStalled()) {
            return CompletableFuture.completedFuture(null);
        }
        Optional<String> lock = releases ? Optional.of(run.id()) : Optional.empty();
        return commands.clear(host, lock, ids).handle((result, failure) -> {
            if (failure != null) {
                run.note(host.name(), "could not remove /run/caravan and the run's lock on the host (the next run of this engine does): "
                        + StepJudge.cause(failure).getMessage());
            }
            return null;
        });
    }
}
