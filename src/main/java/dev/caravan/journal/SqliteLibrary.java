package dev.caravan.journal;

import java.nio.file.Path;
import org.sqlite.SQLiteJDBCLoader;

/**
 * SQLite's native code. The driver copies it into the directory for temporary files and loads it from there. Where no program of that
 * directory may run, it is copied into the data directory. Copies are deleted at the end, and those of a process that was killed by the
 * next one. Thread-safe.
 */
final class SqliteLibrary {
    private static final String DIRECTORY = "org.sqlite.tmpdir";
    private static boolean isLoaded;

    private SqliteLibrary() {}

    /** @throws JournalException if it can be loaded from neither */
    static synchronized void load(Path data) {
        if (!isLoaded) {
            isLoaded = loads() || System.getProperty(DIRECTORY) == null && loadsFrom(data);
        }
        if (!isLoaded) {
            throw new JournalException("SQLite's library cannot be loaded, neither from "
                    + System.getProperty(DIRECTORY, System.getProperty("java.io.tmpdir")) + " nor from " + data.toAbsolutePath()
                    + ": name a directory whose programs may run, with JAVA_TOOL_OPTIONS=-D" + DIRECTORY + "=DIRECTORY", null);
        }
    }

    private static boolean loadsFrom(Path data) {
        System.setProperty(DIRECTORY, data.toAbsolutePath().toString());
        boolean loads = loads();
        if (!loads) {
            System.clearProperty(DIRECTORY);
        }
        return loads;
    }

    private static boolean loads() {
        try {
            return SQLiteJDBCLoader.initialize();
        } catch (Exception e) {
            // The driver has logged why.
            return false;
        }
    }
}
