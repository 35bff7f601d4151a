package dev.caravan.journal;

import dev.caravan.data.PrivateFiles;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * What the embedded database asks for: a user who logs in may have it read files and run Java, and its port is open to all users of the
 * machine. It lies beside the database, in a file that its owner only may read. Thread-safe.
 */
final class JournalPassword {
    private static final int BYTES = 32;
    private static final Pattern FORM = Pattern.compile("[0-9a-f]{" + 2 * BYTES + "}");

    private final Path file;

    JournalPassword(Path data) {
        this.file = data.resolve("journal.password");
    }

    /** Empty where there is none yet. */
    Optional<String> read() {
        try {
            PrivateFiles.requireOwn(file);
            String text = Files.readString(file, StandardCharsets.US_ASCII).strip();
            if (!FORM.matcher(text).matches()) {
                throw new JournalException(file + " does not hold the journal's password: put back the file that was there", null);
            }
            return Optional.of(text);
        } catch (NoSuchFileException e) {
            return Optional.empty();
        } catch (IOException e) {
            throw new JournalException("the journal's password, " + file + ", cannot be read: " + e.getMessage(), e);
        }
    }

    /** The one that is there, else a new one, which is on the disk when this returns. */
    String make() {
        byte[] random = new byte[BYTES];
        new SecureRandom().nextBytes(random);
        try {
            PrivateFiles.makeOnce(file, (HexFormat.of().formatHex(random) + "\n").getBytes(StandardCharsets.US_ASCII));
        } catch (IOException e) {
            throw new JournalException("the journal's password cannot be kept in " + file + ": " + e.getMessage(), e);
        }
        return read().orElseThrow();
    }

    @Override
    public String toString() {
        return file.toString();
    }
}
