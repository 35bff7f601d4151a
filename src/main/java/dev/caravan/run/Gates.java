package dev.caravan.run;

import dev.caravan.slots.Slots;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReference;

/** Where hosts of one run wait for each other, and why no further step begins. Thread-safe. */
public final class Gates {
    private final Map<String, CompletableFuture<Void>> gates = new ConcurrentHashMap<>();
    private final Map<String, Slots> turns = new ConcurrentHashMap<>();
    private final AtomicReference<NotReached> givenUp = new AtomicReference<>();
    private volatile boolean cancelled;
    private volatile Optional<RuntimeException> left = Optional.empty();

    Gates(Past past) {
        this.cancelled = past.isCancelled();
        past.givenUp().map(Gates::notReached).ifPresent(givenUp::set);
    }

    private static NotReached notReached(String reason) {
        return new NotReached("not reached: " + reason);
    }

    /** The gate of that name: completes when it opens, or exceptionally when it never will. */
    public CompletableFuture<Void> gate(String name) {
        CompletableFuture<Void> gate = gates.computeIfAbsent(name, any -> new CompletableFuture<>());
        stopped().ifPresent(gate::completeExceptionally);
        return gate;
    }

    /** Completes when it is the caller's turn among those that name the same key; running what it gives ends the turn. */
    public CompletionStage<Runnable> turn(String key) {
        return turns.computeIfAbsent(key, any -> new Slots(1)).take();
    }

    /** Why no further step begins; empty while steps do. */
    Optional<Exception> stopped() {
        if (left.isPresent()) {
            return Optional.of(left.get());
        }
        return cancelled ? Optional.of(new RunCancelled()) : Optional.ofNullable(givenUp.get());
    }

    /** Lets everyone who waits fail for that reason. False if the run was given up before. */
    boolean giveUp(String reason) {
        NotReached notReached = notReached(reason);
        if (!givenUp.compareAndSet(null, notReached)) {
            return false;
        }
        gates.values().forEach(gate -> gate.completeExceptionally(notReached));
        return true;
    }

    boolean isGivenUp() {
        return givenUp.get() != null;
    }

    /** Lets everyone who waits fail for that reason: nothing of the run is done here any more. */
    void leave(RuntimeException why) {
        left = Optional.of(why);
        gates.values().forEach(gate -> gate.completeExceptionally(why));
    }

    void cancel() {
        cancelled = true;
        gates.values().forEach(gate -> gate.completeExceptionally(new RunCancelled()));
    }

    boolean isCancelled() {
        return cancelled;
    }
}
