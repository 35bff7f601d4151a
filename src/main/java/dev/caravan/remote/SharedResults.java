package dev.caravan.remote;

import dev.caravan.run.Run;
import dev.caravan.step.StepResult;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;

/** Results of steps that several hosts of a run use. Thread-safe. */
final class SharedResults {
    private final Map<Key, Shared> results = new ConcurrentHashMap<>();

    private record Key(String run, String step) {}

    private static final class Shared {
        private final CompletableFuture<StepResult> result = new CompletableFuture<>();
        private final long askedAt = System.nanoTime();
        private volatile long endedAt;

        private boolean isUsable(Duration age) {
            return !result.isDone() || !result.isCompletedExceptionally() && System.nanoTime() - endedAt < age.toNanos();
        }

        private void complete(StepResult value, Throwable failure) {
            endedAt = System.nanoTime();
            if (failure == null) {
                result.complete(value);
            } else {
                result.completeExceptionally(failure);
            }
        }
    }

    /** The result of the same step if it is running or ended less than {@code age} ago; otherwise that of {@code run}. */
    CompletionStage<StepResult> get(StepCall call, Duration age, Supplier<CompletionStage<StepResult>> run) {
        Shared mine = new Shared();
        Shared used = results.compute(new Key(call.run().id(), call.step()), (key, other) ->
                other != null && other.isUsable(age) && call.run().steps().isUsable(call.step(), other.askedAt) ? other : mine);
        if (used == mine) {
            run.get().whenComplete(mine::complete);
        }
        return used.result;
    }

    void forget(Run run) {
        results.keySet().removeIf(key -> key.run().equals(run.id()));
    }
}
