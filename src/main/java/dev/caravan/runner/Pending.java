package dev.caravan.runner;

import dev.caravan.remote.HostAccess;
import dev.caravan.remote.HostOrder;
import dev.caravan.ssh.SshException;
import dev.caravan.ssh.SshResult;
import dev.caravan.step.StepFailure;
import java.util.List;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;

/**
 * An order that is not over, on the engine's side: puts what the runner says of it into order, once each. Where something of it is lost,
 * the whole order counts as lost, as with a connection: the same step ordered again continues where the log ended. Thread-safe.
 */
final class Pending {
    /** What arrived before its turn, in messages and in bytes. */
    private static final int MOST_EARLY = 10_000;
    private static final long MOST_EARLY_BYTES = 64 << 20;
    /** Of standard output and of standard error: more than any order may give. */
    private static final int LARGEST_RESULT = 5 << 20;

    private final long number;
    private final Target target;
    private final HostOrder order;
    private final HostAccess.Listener listener;
    private final long waitsUntil;
    private final CompletableFuture<SshResult> result = new CompletableFuture<>();
    private final NavigableMap<Long, Message.OfOrder> early = new TreeMap<>();
    private long earlyBytes;
    private long next;
    private boolean hasEnded;

    /* Guarded by the link. */
    String sentTo;
    long sentBeat;
    int sendings;
    boolean seen;
    boolean lacksTexts;
    long missingSince;

    Pending(long number, Target target, HostOrder order, HostAccess.Listener listener, long waitsUntil) {
        this.number = number;
        this.target = target;
        this.order = order;
        this.listener = listener;
        this.waitsUntil = waitsUntil;
    }

    long number() {
        return number;
    }

    HostAccess.Listener listener() {
        return listener;
    }

    /** On the clock of {@link System#nanoTime()}. */
    long waitsUntil() {
        return waitsUntil;
    }

    CompletableFuture<SshResult> result() {
        return result;
    }

    HostOrder order() {
        return order;
    }

    ZoneSender.OrderMessage message(String session, String runner, long floor, List<Long> givenUp) {
        int life = listener.life();
        return (named, texts) -> new Message.Order(session, runner, number, floor, givenUp, target, named, life, texts);
    }

    /** Takes what was said of it. @return how it ended, once all of that has come */
    synchronized Optional<Outcome> take(Message.OfOrder said) {
        boolean isTooMuch = said.seq() != next && (early.size() > MOST_EARLY || earlyBytes > MOST_EARLY_BYTES);
        if (hasEnded || said.seq() < next || isTooMuch) {
            return Optional.empty(); // what is dropped counts as lost
        }
        if (early.putIfAbsent(said.seq(), said) == null) {
            earlyBytes += size(said);
        }
        for (Message.OfOrder now = early.remove(next); now != null; now = early.remove(next)) {
            next++;
            earlyBytes -= size(now);
            Optional<Outcome> end = now instanceof Message.Output output ? output(output) : Optional.of(outcome((Message.Ended) now));
            if (end.isPresent()) {
                hasEnded = true;
                early.clear();
                return end;
            }
        }
        return Optional.empty();
    }

    private static long size(Message.OfOrder said) {
        if (said instanceof Message.Output output) {
            return output.bytes().length;
        }
        Message.Result result = ((Message.Ended) said).result();
        return result == null ? 0 : (long) result.stdout().length + result.stderr().length;
    }

    private Optional<Outcome> output(Message.Output output) {
        try {
            listener.output(output.bytes());
            return Optional.empty();
        } catch (RuntimeException e) {
            return Optional.of(new Outcome(null, e));
        }
    }

    /** Nothing more is handed to the listener. */
    synchronized void close() {
        hasEnded = true;
        early.clear();
    }

    /** Just one of the two is set. */
    record Outcome(SshResult result, Throwable failure) {}

    private Outcome outcome(Message.Ended ended) {
        if (ended.result() != null) {
            Message.Result said = ended.result();
            if (said.stdout().length > LARGEST_RESULT || said.stderr().length > LARGEST_RESULT) {
                return new Outcome(null, new SshException(SshException.Kind.OUTPUT_LIMIT, "the runner sent more than an order may give"));
            }
            return new Outcome(new SshResult(said.exitStatus(), said.stdout(), said.stderr(), Optional.ofNullable(said.signal())), null);
        }
        return new Outcome(null, ended.problem() == null
                ? new SshException(SshException.Kind.CONNECTION_LOST, "the runner sent no result") : failure(target, ended.problem()));
    }

    private static Exception failure(Target target, Message.Problem problem) {
        if (problem.ssh() == null) {
            return new StepFailure(target.host(), "", String.valueOf(problem.kind()), false, String.valueOf(problem.text()),
                    String.valueOf(problem.remedy()), List.of(), null);
        }
        try {
            return new SshException(SshException.Kind.valueOf(problem.ssh()), problem.text());
        } catch (IllegalArgumentException e) {
            return new SshException(SshException.Kind.CONNECTION_LOST, problem.text());
        }
    }

    @Override
    public String toString() {
        return order.about() + " at " + target;
    }
}
