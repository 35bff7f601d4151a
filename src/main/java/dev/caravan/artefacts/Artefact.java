package dev.caravan.artefacts;

import java.util.Optional;
import java.util.regex.Pattern;

/**
 * What a file holds that moved between a host and the data directory. Immutable.
 *
 * @param bytes  its size
 * @param sha256 of its content, in lower-case hexadecimal; of the plain content, if the data directory keeps it encrypted
 */
public record Artefact(long bytes, String sha256) {
    private static final Pattern DIGEST = Pattern.compile("[0-9a-f]{64}");
    private static final Pattern SIZE = Pattern.compile("[0-9]{1,18}");

    public Artefact {
        if (bytes < 0 || !DIGEST.matcher(sha256).matches()) {
            throw new IllegalArgumentException("not the size and SHA-256 of a file");
        }
    }

    /** Of what a host or the journal says of it; empty if that is no size and no digest. */
    public static Optional<Artefact> of(String bytes, String sha256) {
        return SIZE.matcher(bytes).matches() && DIGEST.matcher(sha256).matches()
                ? Optional.of(new Artefact(Long.parseLong(bytes), sha256)) : Optional.empty();
    }
}
