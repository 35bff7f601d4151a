package dev.caravan.workflow;

import dev.caravan.artefacts.DataFiles;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Where the files are that the parameters of an action name. On the command line any file of this machine may be named; a service takes
 * parameters from elsewhere, too, and knows only those in the folder {@code bundles} of its data directory. Immutable.
 */
final class BundlePlaces {
    private static final String FOLDER = "bundles/";

    private final Path data;
    private final boolean service;

    BundlePlaces(Path data, boolean service) {
        this.data = data;
        this.service = service;
    }

    /** @throws IllegalArgumentException if a file there may not be named */
    Optional<Path> file(Object parameter) {
        String name = parameter == null ? "" : parameter.toString();
        if (name.isEmpty()) {
            return Optional.empty();
        }
        if (!service && name.startsWith("/")) {
            return Optional.of(Path.of(name));
        }
        if (name.contains("/")) {
            throw new IllegalArgumentException(name + " is not a name of a file in " + data.resolve("bundles")
                    + ", and a service takes no other");
        }
        return Optional.of(DataFiles.resolve(data, FOLDER + name));
    }
}
