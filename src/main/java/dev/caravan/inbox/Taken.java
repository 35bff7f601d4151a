package dev.caravan.inbox;

import java.nio.file.Path;

/**
 * A file of the inbox that is being worked on.
 *
 * @param seen as it was when it was taken
 */
record Taken(Path file, Seen seen) {
    /** The exchange property that holds it. */
    static final String PROPERTY = "caravanInboxFile";

    String name() {
        return file.getFileName().toString();
    }
}
