package dev.caravan.remote;

import dev.caravan.spec.Host;
import dev.caravan.ssh.SshResult;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;

/** What is asked of hosts besides starting steps. A stage fails as {@link HostAccess#execute} does. Thread-safe. */
final class HostCommands {
    private static final HostAccess.Listener NOBODY = chunk -> { };

    private final HostAccess access;

    HostCommands(HostAccess access) {
        this.access = access;
    }

    CompletionStage<SshResult> execute(Host at, HostOrder order, HostAccess.Listener listener) {
        return access.execute(at, order, listener);
    }

    /** Stops that detached step, if it runs. */
    CompletionStage<SshResult> stop(Host at, String id) {
        return execute(at, new HostOrder.Stop(id, HostOrder.Stop.NOT_FOLLOWED), NOBODY);
    }

    /** The same, and hands on what its log has that was not seen yet. */
    CompletionStage<SshResult> stop(Host at, String id, StepLog log) {
        log.attach(what -> { });
        return execute(at, new HostOrder.Stop(id, log.known()), log::accept);
    }

    /** Removes what these ended steps left on the host. @param lock the run whose lock is released there; empty if it is kept */
    CompletionStage<SshResult> clear(Host at, Optional<String> lock, List<String> ids) {
        return execute(at, new HostOrder.Clear(lock.orElse(""), ids), NOBODY);
    }

    /** Moves a piece of the file of a step. */
    CompletionStage<SshResult> move(Host at, HostOrder.Piece piece) {
        return execute(at, piece, NOBODY);
    }

    /** How many bytes of a file each piece has at most. */
    int largestPiece(Host at) {
        return access.largestPiece(at);
    }
}
