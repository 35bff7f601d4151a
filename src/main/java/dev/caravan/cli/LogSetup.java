package dev.caravan.cli;

import java.nio.file.Path;
import java.util.Locale;

/** Where the program's own log goes; to be called before anything logs. */
final class LogSetup {
    private LogSetup() {}

    /** A command's log goes to a file, as the terminal shows the run. */
    static void toFile(Path data) {
        System.setProperty("caravan.log", data.resolve("caravan.log").toString());
        System.setProperty("logback.configurationFile", "logback-file.xml");
    }

    /** How lines of a service's log look. */
    enum Format { TEXT, JSON }

    /** A service's log goes to standard output. */
    static void toConsole(Format format) {
        System.setProperty("caravan.log.format", format.name().toLowerCase(Locale.ROOT));
        System.setProperty("logback.configurationFile", "logback-console.xml");
    }
}
