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

    /** Its name for people: a line's end in it begins no line of a log. */
    String shown() {
        return shown(name());
    }

    static String shown(String text) {
        return text.replaceAll("\\p{Cntrl}", "?");
    }

    String name() {
        return file.getFileName().toString();
    }
}
