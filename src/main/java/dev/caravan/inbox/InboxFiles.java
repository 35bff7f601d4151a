package dev.caravan.inbox;

import java.io.File;
import java.io.IOException;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
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
    /** An empty file has most likely just been created, and what could not be moved out will hardly be released at once. */
    private static final int LONGER = 15;
    /** What the name of a file turns into where its bytes are no text in this process's encoding. */
    private static final Pattern UNREADABLE = Pattern.compile("[\uFFFD?]");

    /** What editors and programs that copy name a file that is not the one meant, or not yet. */
    private static final Pattern UNFINISHED = Pattern.compile("(?s).*(~|\\.(swp|tmp|part|partial|filepart))");

    private final Duration settled;
    private final Map<Path, Resting> resting = new LinkedHashMap<>();
    private final Map<Path, Left> leftAlone = new LinkedHashMap<>();
    private final Set<String> reported = new HashSet<>();

    private record Resting(Seen seen, long sinceNanos) {}

    private record Left(Seen seen, long sinceNanos) {}

    /** @param settled how long a file must have been left as it is */
    public InboxFiles(Duration settled) {
        this.settled = settled;
    }

    @Override
    public boolean accept(GenericFile<File> file) {
        try {
            return !UNFINISHED.matcher(file.getFileNameOnly()).matches() && isReady(file.getFile().toPath());
        } catch (NoSuchFileException | InvalidPathException e) {
            logOnce(file.getFileNameOnly());
            return false;
        } catch (IOException e) {
            LOG.debug("cannot look at {}", file.getFileNameOnly(), e);
            return false;
        } catch (RuntimeException e) {
            LOG.warn("cannot look at {}", file.getFileNameOnly(), e);
            return false;
        }
    }

    /** Does not take this file again until it has changed, or {@link #pause()} is over. True where it was not left alone just before. */
    synchronized boolean leaveAlone(Path file, Seen seen) {
        Left before = leftAlone.get(file);
        remember(leftAlone, file, new Left(seen, System.nanoTime()));
        return before == null || !before.seen().equals(seen);
    }

    Duration pause() {
        return settled.multipliedBy(LONGER);
    }

    /* Camel lists names as text. A file that is gone is nothing to speak of, one whose name cannot be said would never be seen again. */
    private synchronized void logOnce(String name) {
        if (UNREADABLE.matcher(name).find() && reported.size() < REMEMBERED && reported.add(name)) {
            LOG.warn("a file of the inbox, about {}, cannot be taken: its name is not text in {}. "
                    + "Rename it, or run Caravan in a UTF-8 locale",
                    name, System.getProperty("sun.jnu.encoding"));
        }
    }

    private synchronized boolean isReady(Path file) throws IOException {
        Seen seen = Seen.of(file);
        Left left = leftAlone.get(file);
        if (left != null && left.seen().equals(seen)) {
            return System.nanoTime() - left.sinceNanos() >= pause().toNanos();
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
        Duration needed = seen.size() == 0 ? settled.multipliedBy(LONGER) : settled;
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
