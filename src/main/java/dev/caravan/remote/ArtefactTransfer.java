package dev.caravan.remote;

import dev.caravan.artefacts.Artefact;
import dev.caravan.run.RunCancelled;
import dev.caravan.ssh.SshException;
import dev.caravan.ssh.SshResult;
import dev.caravan.step.StepFailure;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.function.Supplier;

/** The commands that move the file of one step, one after the other. Thread-safe. */
final class ArtefactTransfer {
    private static final Duration PIECE_LIMIT = Duration.ofMinutes(5);
    /** For the digest of a large file on a slow disk. */
    private static final Duration DIGEST_LIMIT = Duration.ofHours(2);
    private static final String NOTHING = "-";

    private final HostCommands commands;
    private final Executor executor;
    private final StepCall call;
    private final String id;

    ArtefactTransfer(HostCommands commands, Executor executor, StepCall call, String id) {
        this.commands = commands;
        this.executor = executor;
        this.call = call;
        this.id = id;
    }

    StepCall call() {
        return call;
    }

    /** The bytes of a file that go with one command. A transfer holds about three times as much in memory. */
    int piece() {
        return commands.largestPiece(call.at());
    }

    /** Of {@code length} bytes from there. */
    CompletionStage<Answer> command(HostOrder.Move move, long at, long length) {
        return command(move, at, length, NOTHING, new byte[0], PIECE_LIMIT);
    }

    CompletionStage<Answer> write(long at, byte[] piece) {
        return command(HostOrder.Move.WRITE, at, piece.length, NOTHING, piece, PIECE_LIMIT);
    }

    CompletionStage<Answer> complete(Artefact whole) {
        return command(HostOrder.Move.COMPLETE, 0, 0, whole.sha256(), new byte[0], DIGEST_LIMIT);
    }

    private CompletionStage<Answer> command(HostOrder.Move move, long at, long length, String sha256, byte[] content, Duration limit) {
        HostOrder.Piece piece = new HostOrder.Piece(move, id, at, length, sha256, content, limit.toMillis());
        return commands.move(call.run(), call.at(), piece).thenApply(result -> {
            int from = ArtefactCommands.answer(result.stdout());
            if (from < 0 || result.exitStatus() < 0) {
                throw new CompletionException(call.failure(StepFailure.CONNECTION, true,
                        "the connection to " + call.at().name() + " ended before a piece of the file had arrived",
                        "The next attempt continues with what is there."));
            }
            return new Answer(result.stdout(), from, result);
        });
    }

    /** Repeats while that gives true; no stack and no chain of futures grows with the file. */
    CompletionStage<Void> repeat(Supplier<CompletionStage<Boolean>> piece) {
        CompletableFuture<Void> all = new CompletableFuture<>();
        next(piece, all);
        return all;
    }

    private void next(Supplier<CompletionStage<Boolean>> piece, CompletableFuture<Void> all) {
        CompletionStage<Boolean> one;
        try {
            if (!call.order().evenWhenCancelled() && call.run().isCancelled()) {
                throw new CompletionException(new RunCancelled());
            }
            one = piece.get();
        } catch (RuntimeException e) {
            all.completeExceptionally(SshException.beneath(e));
            return;
        }
        one.whenCompleteAsync((more, failure) -> {
            if (failure != null) {
                all.completeExceptionally(SshException.beneath(failure));
            } else if (more) {
                next(piece, all);
            } else {
                all.complete(null);
            }
        }, executor);
    }

    /** What a host gave: the bytes from {@code from} on. */
    record Answer(byte[] bytes, int from, SshResult result) {
        int length() {
            return bytes.length - from;
        }

        String text() {
            return new String(bytes, from, Math.min(length(), 4096), StandardCharsets.UTF_8);
        }

        /** For messages: never the content. */
        String said() {
            String errors = result.stderrText().strip().replaceAll("\\s+", " ");
            return errors.isEmpty() ? "exit status " + result.exitStatus() : errors.substring(0, Math.min(errors.length(), 300));
        }
    }
}
