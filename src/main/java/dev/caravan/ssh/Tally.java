package dev.caravan.ssh;

import dev.caravan.ssh.SshException.Kind;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;

/** How often what happened over SSH, since the process began. Thread-safe. */
public final class Tally {
    private final LongAdder opened = new LongAdder();
    private final LongAdder carriedOut = new LongAdder();
    private final Map<Kind, LongAdder> notOpened = zeros();
    private final Map<Kind, LongAdder> failed = zeros();

    private static Map<Kind, LongAdder> zeros() {
        Map<Kind, LongAdder> zeros = new EnumMap<>(Kind.class);
        for (Kind kind : Kind.values()) {
            zeros.put(kind, new LongAdder());
        }
        return zeros;
    }

    /** Connections that were opened and logged in. */
    public long opened() {
        return opened.sum();
    }

    /** Connections that could not be opened, for that reason. */
    public long notOpened(Kind kind) {
        return notOpened.get(kind).sum();
    }

    /** Commands that ended by themselves, whatever their exit status. */
    public long carriedOut() {
        return carriedOut.sum();
    }

    /** Commands that did not run, or whose end is not known, for that reason. */
    public long failed(Kind kind) {
        return failed.get(kind).sum();
    }

    void connection(Throwable failure) {
        count(failure, opened, notOpened);
    }

    void command(Throwable failure) {
        count(failure, carriedOut, failed);
    }

    private static void count(Throwable failure, LongAdder well, Map<Kind, LongAdder> badly) {
        if (failure == null) {
            well.increment();
        } else if (SshException.beneath(failure) instanceof SshException known) {
            badly.get(known.kind()).increment();
        }
    }
}
