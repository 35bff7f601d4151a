package dev.caravan.remote;

import dev.caravan.artefacts.Artefact;
import dev.caravan.artefacts.Incoming;
import dev.caravan.artefacts.Outgoing;
import dev.caravan.artefacts.StoredFile;
import dev.caravan.slots.Slots;
import dev.caravan.step.StepFailure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;

/**
 * Moves the files of steps between hosts and the data directory, of any size, in pieces: one command for each, over the host's connection.
 * The next piece is asked for when the one before is on the disk, so memory stays bounded and a slow disk slows the host down. Both ways
 * the whole must have the digest that was announced. After a lost connection the next attempt continues with what is there.
 *
 * <p>No thread waits for a host; disks are read and written on the engine's threads. Thread-safe.
 */
final class Artefacts {
    /** Transfers of all hosts at a time. */
    private static final int AT_A_TIME = 4;

    private final HostCommands commands;
    private final Executor executor;
    private final Slots slots = new Slots(AT_A_TIME);

    Artefacts(HostCommands commands, Executor executor) {
        this.commands = commands;
        this.executor = executor;
    }

    /**
     * Saves the file that a step left on its host.
     *
     * @param report of the step, which has ended well
     * @return fails with a {@link StepFailure}, a {@link dev.caravan.run.RunCancelled} or an {@link dev.caravan.ssh.SshException}
     */
    CompletionStage<Artefact> save(StepCall call, String id, Report report, StoredFile to) {
        try {
            Artefact announced = announced(call, report, to.path());
            return inTurn(call, () -> {
                Incoming incoming = Incoming.open(to, announced);
                return closing(incoming, receive(transfer(call, id), incoming, announced));
            });
        } catch (StepFailure e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    private static Artefact announced(StepCall call, Report report, Path file) throws StepFailure {
        long bytes = report.artefactBytes().filter(size -> size.matches("[0-9]{1,18}")).map(Long::valueOf)
                .orElseThrow(() -> failed(call, "artefact-missing", false, "the script left no file at $ARTEFACT, and it is to be saved",
                        "The script writes the file there, or ends by skip."));
        if (bytes > call.order().files().limit()) {
            throw failed(call, "artefact-size", false, "the file has " + bytes + " bytes, and at most " + call.order().files().limit()
                    + " are saved", "If it may be that large, raise saveLimit in the step's route.");
        }
        long room = room(file);
        if (bytes > room) {
            throw failed(call, "artefact-room", false, "the file has " + bytes + " bytes, and the data directory has room for " + room,
                    "Make room in the data directory, or use another one (--data).");
        }
        return Artefact.of(Long.toString(bytes), report.artefactSha256())
                .orElseThrow(() -> failed(call, "artefact-digest", true, "the host could make no SHA-256 of the file",
                        "The host needs sha256sum."));
    }

    private static long room(Path file) {
        Path there = file;
        while (there != null && !Files.exists(there)) {
            there = there.getParent();
        }
        try {
            return there == null ? 0 : Files.getFileStore(there).getUsableSpace();
        } catch (IOException e) {
            return Long.MAX_VALUE; // writing will say it
        }
    }

    private CompletionStage<Artefact> receive(ArtefactTransfer transfer, Incoming incoming, Artefact announced) {
        boolean continued = incoming.position() > 0;
        return transfer.repeat(() -> {
            if (incoming.isWhole()) {
                return CompletableFuture.completedFuture(false);
            }
            long length = Math.min(transfer.piece(), announced.bytes() - incoming.position());
            return transfer.command(HostOrder.Move.READ, incoming.position(), length)
                    .thenApplyAsync(answer -> keep(transfer, incoming, answer, length), executor);
        }).thenComposeAsync(all -> {
            if (finish(transfer, incoming)) {
                return CompletableFuture.completedFuture(announced);
            }
            // The part that was there may have been damaged since.
            return continued ? receive(transfer, incoming, announced) : CompletableFuture.failedFuture(failed(transfer.call(),
                    "artefact-digest", true, "what was saved has another SHA-256 than the file had on the host",
                    "The step runs again. If this lasts, check the disks of the host and of the data directory."));
        }, executor);
    }

    private static boolean keep(ArtefactTransfer transfer, Incoming incoming, ArtefactTransfer.Answer answer, long length) {
        if (answer.length() != length) {
            throw new CompletionException(failed(transfer.call(), "artefact-missing", true,
                    "the file on the host ended before the size that it had: " + answer.said(),
                    "Find out what changes files in /var/lib/caravan on the host. The step runs again."));
        }
        try {
            incoming.append(answer.bytes(), answer.from(), answer.length());
            return true;
        } catch (IOException e) {
            throw new CompletionException(disk(transfer.call(), e));
        }
    }

    private static boolean finish(ArtefactTransfer transfer, Incoming incoming) {
        try {
            return incoming.finish();
        } catch (IOException e) {
            throw new CompletionException(disk(transfer.call(), e));
        }
    }

    /**
     * Sends a file to where a step's script finds it; nothing, if the host has begun the script.
     *
     * @return fails as {@link #save} does
     */
    CompletionStage<Artefact> send(StepCall call, String id, StoredFile from) {
        return inTurn(call, () -> {
            Artefact whole = Outgoing.measure(from);
            ArtefactTransfer transfer = transfer(call, id);
            Outgoing outgoing = new Outgoing(from);
            return closing(outgoing, transfer.command(HostOrder.Move.LOOK, 0, 0)
                    .thenComposeAsync(answer -> {
                        String[] said = answer.text().strip().split("\\s+");
                        return said[0].equals("whole") ? CompletableFuture.completedFuture(whole)
                                : give(transfer, outgoing, whole, there(call, said, whole));
                    }, executor));
        });
    }

    /* How much of it the host has; a file that begins otherwise is found by the digest. */
    private static long there(StepCall call, String[] said, Artefact whole) {
        long there = number(said[0]);
        // Filesystem, blocks, used, available, capacity, place; of a name with blanks this says nothing.
        if (said.length == 7 && number(said[4]) >= 0 && whole.bytes() - there > number(said[4]) << 20) {
            throw new CompletionException(failed(call, "artefact-room", false, "the file has " + whole.bytes()
                    + " bytes, and /var/lib has room for " + (number(said[4]) << 20), "Make room there on the host."));
        }
        return there > whole.bytes() || there < 0 ? 0 : there;
    }

    private static long number(String text) {
        return text.matches("[0-9]{1,15}") ? Long.parseLong(text) : -1;
    }

    private CompletionStage<Artefact> give(ArtefactTransfer transfer, Outgoing outgoing, Artefact whole, long there) {
        long[] at = {there};
        return transfer.repeat(() -> {
            if (at[0] == whole.bytes() && whole.bytes() > 0) {
                return CompletableFuture.completedFuture(false);
            }
            byte[] piece = read(transfer, outgoing, at[0]);
            return transfer.write(at[0], piece).thenApply(answer -> {
                long now = number(answer.text().strip());
                if (now != at[0] + piece.length) {
                    throw new CompletionException(failed(transfer.call(), "artefact-room", true,
                            "the host did not keep a piece of the file: " + answer.said(), "Is there room in /var/lib on the host?"));
                }
                at[0] = now;
                return now < whole.bytes();
            });
        }).thenCompose(all -> transfer.complete(whole))
                .thenCompose(answer -> {
                    if (answer.text().strip().equals("same")) {
                        return CompletableFuture.completedFuture(whole);
                    }
                    // A part of other content was there; nothing is now.
                    return there > 0 ? give(transfer, outgoing, whole, 0) : CompletableFuture.failedFuture(failed(transfer.call(),
                            "artefact-digest", true, "the host got another SHA-256 than the file has here: " + answer.said(),
                            "If this lasts, check the disks of the host and of the data directory."));
                });
    }

    private static byte[] read(ArtefactTransfer transfer, Outgoing outgoing, long at) {
        try {
            return outgoing.read(at, transfer.piece());
        } catch (IOException e) {
            throw new CompletionException(disk(transfer.call(), e));
        }
    }

    private static StepFailure failed(StepCall call, String kind, boolean isTransient, String problem, String remedy) {
        return call.failure(kind, isTransient, problem, remedy);
    }

    private static StepFailure disk(StepCall call, IOException problem) {
        return failed(call, "artefact-file", false, "the file in the data directory: " + problem.getMessage(),
                "Check the data directory, its disk, and the passphrase if the file is encrypted.");
    }

    private ArtefactTransfer transfer(StepCall call, String id) {
        return new ArtefactTransfer(commands, executor, call, id);
    }

    private interface Work {
        CompletionStage<Artefact> begin() throws IOException;
    }

    private CompletionStage<Artefact> inTurn(StepCall call, Work work) {
        return slots.with(executor, () -> {
            try {
                return work.begin();
            } catch (IOException e) {
                return CompletableFuture.failedFuture(disk(call, e));
            }
        });
    }

    private static CompletionStage<Artefact> closing(AutoCloseable file, CompletionStage<Artefact> work) {
        return work.whenComplete((artefact, failure) -> {
            try {
                file.close();
            } catch (Exception e) {
                throw new CompletionException(e);
            }
        });
    }
}
