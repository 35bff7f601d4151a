package dev.caravan.access;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The tokens that HTTP asks for at this moment: those of a file, also after that has changed. If the file cannot be used then, the tokens
 * of before stay. Thread-safe.
 */
public final class TokenFile implements Supplier<Tokens> {
    private static final Logger LOG = LoggerFactory.getLogger(TokenFile.class);

    private final Optional<Path> file;
    private volatile Tokens tokens;
    private String seen;

    private TokenFile(Optional<Path> file, Tokens tokens, String seen) {
        this.file = file;
        this.tokens = tokens;
        this.seen = seen;
    }

    /** Tokens that stay as they are. */
    public static TokenFile fixed(Tokens tokens) {
        return new TokenFile(Optional.empty(), tokens, "");
    }

    /**
     * Those of that file.
     *
     * @throws IOException       if it cannot be read
     * @throws Tokens.Unreadable if it is not a token file
     */
    public static TokenFile of(Path file) throws IOException, Tokens.Unreadable {
        String text = Files.readString(file);
        return new TokenFile(Optional.of(file), Tokens.read(text), text);
    }

    @Override
    public Tokens get() {
        return tokens;
    }

    /** Reads the file again. A token that is gone from it is unknown when this returns. Blocks. */
    public synchronized void look() {
        if (file.isEmpty()) {
            return;
        }
        String text;
        try {
            text = Files.readString(file.get());
        } catch (IOException e) {
            text = null;
        }
        if (text == null ? seen == null : text.equals(seen)) {
            return;
        }
        seen = text;
        if (text == null) {
            LOG.warn("the token file {} cannot be read any more; the tokens of before still hold", file.get());
            return;
        }
        try {
            tokens = Tokens.read(text);
            LOG.info("the tokens of {} hold from now on", file.get());
        } catch (Tokens.Unreadable e) {
            LOG.warn("the token file {} {}; the tokens of before still hold", file.get(), e.getMessage());
        }
    }
}
