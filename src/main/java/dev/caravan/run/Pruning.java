package dev.caravan.run;

import dev.caravan.data.Trees;
import dev.caravan.journal.Journal;
import dev.caravan.journal.Retention;
import dev.caravan.journal.RunRecord;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.apache.camel.CamelContext;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Deletes ended runs that are kept no longer, with the logs that this data directory has of them: the bean {@code pruning}. What a
 * rollback, a reset or a resumed run needs stays; {@link Journal#deletable} says what that is. Thread-safe.
 */
public final class Pruning {
    private static final Logger LOG = LoggerFactory.getLogger(Pruning.class);

    private final Journal journal;
    private final Path logs;
    private final Retention keep;

    /** @param data the data directory, whose logs go with their runs */
    public Pruning(Journal journal, Path data, Retention keep) {
        this.journal = journal;
        this.logs = data.resolve("logs");
        this.keep = keep;
    }

    /** The same for a service, whose context ends the work when it stops. What other engines deleted loses its logs here, too. */
    public void prune(CamelContext context) throws IOException {
        List<RunRecord> deleted = prune(() -> context.isStopping() || context.isStopped());
        if (!deleted.isEmpty()) {
            LOG.info("deleted {} runs that are kept no longer, begun from {} to {}", deleted.size(), deleted.get(0).createdAt(),
                    deleted.get(deleted.size() - 1).createdAt());
        }
    }

    /** The runs that {@link #prune()} would delete, oldest first. */
    public List<RunRecord> deletable() {
        return journal.deletable(keep, Instant.now());
    }

    /**
     * Deletes them, and returns those that were deleted. What another engine needs or deletes meanwhile is left out.
     *
     * @throws IOException if logs cannot be deleted; the next call tries again
     */
    public List<RunRecord> prune() throws IOException {
        return prune(() -> false);
    }

    private List<RunRecord> prune(BooleanSupplier isOver) throws IOException {
        Instant now = Instant.now();
        List<RunRecord> deleted = new ArrayList<>();
        for (RunRecord run : journal.deletable(keep, now)) {
            if (isOver.getAsBoolean()) {
                return deleted;
            }
            if (journal.delete(run.id(), keep, now)) {
                deleted.add(run);
            }
        }
        // After the runs, so that no run is without its logs. Should this engine die in between, they are found here the next time.
        deleteLogs();
        return deleted;
    }

    private void deleteLogs() throws IOException {
        if (!Files.isDirectory(logs)) {
            return;
        }
        List<String> there;
        try (Stream<Path> directories = Files.list(logs)) {
            there = directories.map(directory -> directory.getFileName().toString()).toList();
        }
        for (String run : journal.deleted(there)) {
            Trees.delete(logs.resolve(run));
        }
    }
}
