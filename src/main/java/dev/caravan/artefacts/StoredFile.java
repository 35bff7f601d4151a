package dev.caravan.artefacts;

import dev.caravan.spec.Secret;
import java.nio.file.Path;
import java.util.Optional;

/**
 * A file of the data directory that a step saves to, or is sent. Immutable.
 *
 * @param path       where it is; {@link DataFiles#resolve} makes one of a name that comes from a route or a spec
 * @param passphrase if there is one, the file is encrypted with it, as {@link Encryption} says
 */
public record StoredFile(Path path, Optional<Secret> passphrase) {

    /** One that is not encrypted. */
    public static StoredFile plain(Path path) {
        return new StoredFile(path, Optional.empty());
    }
}
