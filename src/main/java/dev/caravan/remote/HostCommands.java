package dev.caravan.remote;

import dev.caravan.run.Run;
import dev.caravan.spec.Host;
import dev.caravan.ssh.SshResult;
import java.util.List;
import java.util.concurrent.CompletionStage;

/**
 * What is asked of hosts besides starting steps. A stage fails as {@link HostAccess#execute} does. Each order is one of a run, and is only
 * sent while this engine has that run. Thread-safe.
 */
final class HostCommands {
    private final HostAccess access;

    HostCommands(HostAccess access) {
        this.access = access;
    }

    /* Hears nothing. */
    private record OfRun(Run run, int life) implements HostAccess.Listener {
        @Override
        public void output(byte[] chunk) {
            // its log is not followed
        }

        @Override
        public boolean mayBeSent() {
            return run.isOwn();
        }
    }

    /* Hears what a log has that was not seen yet. */
    private record OfLog(Run run, int life, StepLog log) implements HostAccess.Listener {
        @Override
        public void output(byte[] chunk) {
            log.accept(chunk);
        }

        @Override
        public boolean mayBeSent() {
            return run.isOwn();
        }
    }

    /** @param listener one that lets the order be sent only while this engine has its run */
    CompletionStage<SshResult> execute(Host at, HostOrder order, HostAccess.Listener listener) {
        return access.execute(at, order, listener);
    }

    /** Stops that detached step, if it runs. */
    CompletionStage<SshResult> stop(Run run, Host at, String id) {
        return execute(at, new HostOrder.Stop(id, HostOrder.Stop.NOT_FOLLOWED), new OfRun(run, life(run, id)));
    }

    /* What another run left there belongs to this one from now on. */
    private static int life(Run run, String step) {
        return step.startsWith(run.id() + "-") ? run.past().lives() : Integer.MAX_VALUE;
    }

    /** The same, and hands on what its log has that was not seen yet. */
    CompletionStage<SshResult> stop(Run run, Host at, String id, StepLog log) {
        log.attach(what -> { });
        return execute(at, new HostOrder.Stop(id, log.known()), new OfLog(run, life(run, id), log));
    }

    /** Removes what these ended steps left on the host. @param releases whether the run's lock is released there */
    CompletionStage<SshResult> clear(Run run, Host at, boolean releases, List<String> ids) {
        return execute(at, new HostOrder.Clear(releases ? run.id() : "", ids), new OfRun(run, run.past().lives()));
    }

    /** Moves a piece of the file of a step. */
    CompletionStage<SshResult> move(Run run, Host at, HostOrder.Piece piece) {
        return execute(at, piece, new OfRun(run, run.past().lives()));
    }

    /** How many bytes of a file each piece has at most. */
    int largestPiece(Host at) {
        return access.largestPiece(at);
    }
}
