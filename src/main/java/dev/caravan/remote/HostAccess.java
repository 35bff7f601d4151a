package dev.caravan.remote;

import dev.caravan.spec.Host;
import dev.caravan.ssh.SshResult;
import java.util.concurrent.CompletionStage;

/**
 * How orders reach hosts: over SSH from this process, or over a broker to a runner near the host. Steps run alike either way.
 * Implementations are thread-safe and keep no thread waiting.
 */
public interface HostAccess {
    /** Hears of an order while it is carried out; called by one thread at a time. */
    @FunctionalInterface
    interface Listener {
        /** Standard output, piece by piece as it comes, of orders whose log is followed. What it throws ends the order with that. */
        void output(byte[] chunk);

        /** The order waits for that. */
        default void waits(String what) {}

        /** Whether the order may be given at this very moment. It is asked right before it is sent; after that it is too late. */
        default boolean mayBeSent() {
            return true;
        }

        /** How often the run that the order is about was resumed. If another order knows of more, this one is of an engine that lost it. */
        default int life() {
            return 0;
        }

        /** Whether an order that still waits is to be carried out at all. */
        default boolean isWanted() {
            return true;
        }
    }

    /** No runner could carry out orders for a host. Nothing was done there by this order. */
    final class NoRunner extends Exception {
        private static final long serialVersionUID = 1L;
        private final String remedy;

        public NoRunner(String problem, String remedy) {
            super(problem);
            this.remedy = remedy;
        }

        public String remedy() {
            return remedy;
        }
    }

    /**
     * Carries out an order.
     *
     * @return fails with an {@link dev.caravan.ssh.SshException}, a {@link dev.caravan.step.StepFailure} where the account does not
     *     become root, a {@link NoRunner}, or what the listener threw. {@code CONNECTION_LOST} says that the order may have been
     *     carried out, or may still be: the same one given again finds out
     */
    CompletionStage<SshResult> execute(Host at, HostOrder order, Listener listener);

    /** How many bytes of a file each order moves at most. */
    int largestPiece(Host at);
}
