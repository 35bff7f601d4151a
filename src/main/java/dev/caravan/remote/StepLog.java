package dev.caravan.remote;

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
 * Thread-safe. A log that cannot be written to its file does not stop the step. What a host may send has limits, which
 * docs/security.md lists.
 */
final class StepLog {
    /** The whole log of a step, in bytes, with what it found. */
    static final long LARGEST = 64L << 20;
    /** Of a longer line, in bytes, only the beginning is kept. */
    static final int LONGEST_LINE = 64 << 10;
    /** A line that tells what the step found, in bytes: it may hold the content of a file. */
    static final int LONGEST_FOUND = 8 << 20;
    static final int MOST_FOUND = 10_000;
    /** Further ones go into the log alone. */
    static final int MOST_PROGRESS = 1_000;
    /** What comes before the log, from a login shell for instance, in bytes. */
    static final int LARGEST_GREETING = 1 << 20;
    private static final int SHOWN = 2_000;
    private static final int UNSURE = 8 << 10;
    /** A script's line that begins like this says what it is doing now (lib.sh, say). */
    private static final String DOING = "== ";
    private static final int LAST_LINES = 60;

    private final Path file;
    private final UnaryOperator<String> redact;
    private final Consumer<String> found;
    private final Deque<String> last = new ArrayDeque<>();
    private ByteArrayOutputStream line = new ByteArrayOutputStream();
    private Consumer<String> doing = what -> { };
    private long length; // of the line, of which only the beginning may be kept
    private boolean isFile;
    private boolean marked;
    private long greeting;
    private long known;
    private int findings;
    private int progress;
    private RuntimeException failure;

    /** The host sent more than a step may. The message says what. */
    static final class TooMuch extends RuntimeException {
        private TooMuch(String message) {
            super(message);
        }
    }

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

    /** Says that the host will continue from {@link #known()}, or begin again, after its mark, and who hears what the step is doing. */
    synchronized void attach(Consumer<String> listener) {
        doing = listener;
        marked = false;
        greeting = 0;
        progress = 0;
        line();
    }

    /** How many bytes of the log on the host have arrived as whole lines. */
    synchronized long known() {
        return known;
    }

    /** @throws TooMuch if that is more than a step may send; nothing more is taken then */
    synchronized void accept(byte[] chunk) {
        StringBuilder arrived = new StringBuilder();
        try {
            for (byte b : chunk) {
                if (b != '\n') {
                    add(b);
                } else if (marked) {
                    take(arrived);
                } else {
                    mark();
                }
            }
        } finally {
            write(arrived.toString());
        }
    }

    private void add(byte b) {
        length++;
        if (!marked && greeting + length > LARGEST_GREETING) {
            throw tooMuch("its login shell prints more than " + (LARGEST_GREETING >> 20) + " MiB");
        }
        if (known + length > LARGEST) {
            throw tooMuch("its log is larger than " + (LARGEST >> 20) + " MiB");
        }
        if (length == LONGEST_LINE + 1) {
            isFile = marked && isFound(line.toString(StandardCharsets.UTF_8));
        }
        if (line.size() < LONGEST_LINE || isFile) {
            line.write(b);
        }
        if (line.size() > LONGEST_FOUND) {
            throw tooMuch("a file that it wanted to record is larger than " + (LONGEST_FOUND >> 20) + " MiB in base64");
        }
    }

    /* The line that is under way goes nowhere. */
    private TooMuch tooMuch(String message) {
        line();
        return new TooMuch(message);
    }

    private static boolean isFound(String text) {
        return text.startsWith(Launcher.FOUND_MARK);
    }

    private void take(StringBuilder arrived) {
        boolean cut = length > line.size();
        known += length + 1;
        String text = line();
        if (!isFound(text)) {
            arrived.append(keep(text, cut)).append('\n');
        } else if (++findings > MOST_FOUND) {
            throw tooMuch("it recorded the state of more than " + MOST_FOUND + " things");
        } else {
            hand(text.substring(Launcher.FOUND_MARK.length()));
        }
    }

    private void mark() {
        greeting += length + 1;
        String text = line();
        boolean restarted = text.equals(Launcher.RESTARTED_MARK);
        if (restarted) {
            known = 0;
            findings = 0;
        }
        marked = restarted || text.equals(Launcher.LOG_MARK);
    }

    /* The line that has come; the next one begins. */
    private String line() {
        String text = line.toString(StandardCharsets.UTF_8);
        line = new ByteArrayOutputStream();
        length = 0;
        isFile = false;
        return text;
    }

    /* The connection must not see the journal fail. */
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
        boolean cut = length > line.size();
        String text = line();
        // A cut line of what was found may hold half a file.
        if (marked && !text.isEmpty() && !isFound(text)) {
            write(keep(text, cut) + "\n");
        }
    }

    private String keep(String raw, boolean cut) {
        String text = redact.apply(raw.endsWith("\r") ? raw.substring(0, raw.length() - 1) : raw);
        if (cut) {
            // The line may have been cut within a secret, which is not recognised then.
            text = text.substring(0, Math.max(0, text.length() - UNSURE)) + " ... (cut: the line is longer than 64 KiB)";
        }
        if (text.startsWith(DOING)) {
            if (++progress <= MOST_PROGRESS) {
                doing.accept(shown(text.substring(DOING.length())));
            }
        } else if (!text.isBlank()) {
            last.addLast(shown(text));
            if (last.size() > LAST_LINES) {
                last.removeFirst();
            }
        }
        return text;
    }

    private static String shown(String text) {
        return text.length() <= SHOWN ? text : text.substring(0, SHOWN) + " ...";
    }

    /** The last lines that say something, oldest first; long ones are shortened. */
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
