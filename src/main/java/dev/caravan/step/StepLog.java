package dev.caravan.step;

import dev.caravan.data.PrivateFiles;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.slf4j.LoggerFactory;

/**
 * A step's log as it arrives: kept in a file, its last lines in memory, and what the script says it is doing handed on.
 * Thread-safe. A log that cannot be written to its file does not stop the step.
 */
final class StepLog {
    /** A script's line that begins like this says what it is doing now (lib.sh, say). */
    private static final String DOING = "== ";
    private static final int LAST_LINES = 60;

    private final Path file;
    private final UnaryOperator<String> redact;
    private final Consumer<String> found;
    private final Deque<String> last = new ArrayDeque<>();
    private ByteArrayOutputStream line = new ByteArrayOutputStream();
    private Consumer<String> doing = what -> { };
    private boolean marked;
    private long known;
    private RuntimeException failure;

    /** @param found takes what the step found before a change, before more of its log is looked at; such lines go nowhere else */
    StepLog(Path file, UnaryOperator<String> redact, Consumer<String> found) {
        this.file = file;
        this.redact = redact;
        this.found = found;
    }

    /** How long the file is, in bytes. */
    synchronized long length() {
        try {
            return Files.exists(file) ? Files.size(file) : 0;
        } catch (IOException e) {
            return 0;
        }
    }

    /** Drops what the file has after that many bytes: it comes again. */
    synchronized void cutTo(long length) {
        if (length() <= length) {
            return;
        }
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            channel.truncate(length);
        } catch (IOException e) {
            LoggerFactory.getLogger(StepLog.class).warn("cannot cut the log {}: {}", file, e.getMessage());
        }
    }

    /** Says that the host will go on from {@link #known()}, or begin anew, after its mark, and who hears what the step is doing. */
    synchronized void attach(Consumer<String> listener) {
        doing = listener;
        marked = false;
        line = new ByteArrayOutputStream();
    }

    /** How many bytes of the log on the host have arrived as whole lines. */
    synchronized long known() {
        return known;
    }

    synchronized void accept(byte[] chunk) {
        StringBuilder arrived = new StringBuilder();
        for (byte b : chunk) {
            if (b != '\n') {
                line.write(b);
                continue;
            }
            int length = line.size() + 1;
            String text = line.toString(StandardCharsets.UTF_8);
            line.reset();
            if (marked && text.startsWith(Launcher.FOUND_MARK)) {
                hand(text.substring(Launcher.FOUND_MARK.length()));
                known += length;
            } else if (marked) {
                known += length;
                arrived.append(keep(text)).append('\n');
            } else {
                boolean anew = text.equals(Launcher.ANEW_MARK);
                known = anew ? 0 : known;
                marked = anew || text.equals(Launcher.LOG_MARK);
            }
        }
        write(arrived.toString());
    }

    /* It is called by the connection, which must not see the journal fail. */
    private void hand(String line) {
        try {
            found.accept(line);
        } catch (RuntimeException e) {
            failure = e;
        }
    }

    /** Why what the step found could not be kept, where that failed. */
    synchronized Optional<RuntimeException> failure() {
        return Optional.ofNullable(failure);
    }

    /** Takes a last line that no line end follows. */
    synchronized void end() {
        if (marked && line.size() > 0) {
            write(keep(line.toString(StandardCharsets.UTF_8)) + "\n");
        }
        line.reset();
    }

    private String keep(String raw) {
        String text = redact.apply(raw.endsWith("\r") ? raw.substring(0, raw.length() - 1) : raw);
        if (text.startsWith(DOING)) {
            doing.accept(text.substring(DOING.length()));
        } else if (!text.isBlank()) {
            last.addLast(text);
            if (last.size() > LAST_LINES) {
                last.removeFirst();
            }
        }
        return text;
    }

    /** The last lines that say something, oldest first. */
    synchronized List<String> lastLines(int count) {
        return last.stream().skip(Math.max(0, last.size() - count)).toList();
    }

    private void write(String text) {
        if (text.isEmpty()) {
            return;
        }
        try {
            PrivateFiles.makeDirectories(file.getParent());
            PrivateFiles.make(file);
            try (OutputStream out = Files.newOutputStream(file, StandardOpenOption.APPEND)) {
                out.write(text.getBytes(StandardCharsets.UTF_8));
            }
        } catch (IOException e) {
            LoggerFactory.getLogger(StepLog.class).warn("cannot write the log {}: {}", file, e.getMessage());
        }
    }
}
