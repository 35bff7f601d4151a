package dev.caravan.inbox;

import java.io.File;
import java.io.IOException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.camel.component.file.GenericFile;
import org.apache.camel.component.file.GenericFileFilter;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Which files of the inbox are ready to be taken: those that nobody writes to any more. The bean {@code inboxFiles}, a
 * filter that never waits and never throws, so that no file holds up another. Thread-safe.
 */
public final class InboxFiles implements GenericFileFilter<File> {
    private static final Logger LOG = LoggerFactory.getLogger(InboxFiles.class);
    private static final int REMEMBERED = 10_000;
    /** An empty file has most likely just been created. */
    private static final int EMPTY_WAITS_LONGER = 15;

    private final Duration settled;
    private final Map<Path, Resting> resting = new LinkedHashMap<>();
    private final Map<Path, Seen> leftAlone = new LinkedHashMap<>();

    private record Resting(Seen seen, long sinceNanos) {}

    /** @param settled how long a file must have been left as it is */
    public InboxFiles(Duration settled) {
        this.settled = settled;
    }

    @Override
    public boolean accept(GenericFile<File> file) {
        try {
            return isReady(file.getFile().toPath());
        } catch (IOException | InvalidPathException e) {
            LOG.debug("cannot look at {}", file.getFileNameOnly(), e);
            return false;
        } catch (RuntimeException e) {
            LOG.warn("cannot look at {}", file.getFileNameOnly(), e);
            return false;
        }
    }

    /** Does not take this file again until it has changed. */
    synchronized void leaveAlone(Path file, Seen seen) {
        remember(leftAlone, file, seen);
    }

    private synchronized boolean isReady(Path file) throws IOException {
        Seen seen = Seen.of(file);
        if (seen.equals(leftAlone.get(file))) {
            return false;
        }
        leftAlone.remove(file);
        // What is no regular file is taken at once, and refused with an explanation; nothing is ever read from it.
        boolean ready = !seen.regular() || seen.size() > Inbox.LARGEST || rests(file, seen) && !OpenFiles.isOpenForWriting(file);
        if (ready) {
            resting.remove(file);
        }
        return ready;
    }

    private boolean rests(Path file, Seen seen) {
        Duration needed = seen.size() == 0 ? settled.multipliedBy(EMPTY_WAITS_LONGER) : settled;
        if (seen.modified().plus(needed).isBefore(Instant.now())) {
            return true;
        }
        // Another machine's clock may be ahead: then it counts how long the file has been seen unchanged.
        Resting before = resting.get(file);
        if (before == null || !before.seen().equals(seen)) {
            remember(resting, file, new Resting(seen, System.nanoTime()));
            return false;
        }
        return System.nanoTime() - before.sinceNanos() >= needed.toNanos();
    }

    private static <T> void remember(Map<Path, T> map, Path file, T value) {
        map.put(file, value);
        if (map.size() > REMEMBERED) {
            map.remove(map.keySet().iterator().next());
        }
    }
}
