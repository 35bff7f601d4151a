package dev.caravan.journal;

import dev.caravan.data.PrivateFiles;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import org.h2.store.fs.FilePath;
import org.h2.store.fs.FilePathWrapper;

/**
 * A file system for H2, scheme {@code powersafe}, in which what H2 writes to a database's file between two calls of {@code force} gets
 * to the disk whole or not at all, and in order. H2 by itself relies on the disk for that: it finds its newest data by
 * looking for a piece whose beginning and end are there, and writes over what an earlier state needs after 45 seconds, forced or not.
 * All files of a database are for their owner only.
 */
public final class PowerSafeFiles extends FilePathWrapper {
    static final String SCHEME = "powersafe";
    private static final String DATABASE = ".mv.db";
    /** How H2 names the thread that watches over the lock file. */
    private static final String WATCHDOG = "H2 File Lock Watchdog";
    private static final long PAUSE_MILLIS = 1_000;

    static {
        FilePath.register(new PowerSafeFiles());
    }

    /** Called by H2, for each path. */
    public PowerSafeFiles() {}

    /** Makes the scheme known to H2. */
    static void register() {
        // Done as this class is loaded.
    }

    @Override
    public String getScheme() {
        return SCHEME;
    }

    @Override
    public FileChannel open(String mode) throws IOException {
        if (mode.equals("r")) {
            return super.open(mode);
        }
        PrivateFiles.make(onDisk(getBase()));
        FileChannel file = super.open(mode);
        String path = getBase().toString();
        if (!path.endsWith(DATABASE)) {
            return file;
        }
        FilePath log = FilePath.get(path.substring(0, path.length() - DATABASE.length()) + ".redo");
        PrivateFiles.make(onDisk(log));
        return new PowerSafeFile(file, log);
    }

    @Override
    public boolean createFile() {
        try {
            return PrivateFiles.make(onDisk(getBase()));
        } catch (IOException e) {
            return super.createFile(); // which tries for a while, and says what is wrong
        }
    }

    @Override
    public OutputStream newOutputStream(boolean append) throws IOException {
        try {
            PrivateFiles.make(onDisk(getBase()));
            return super.newOutputStream(append);
        } catch (IOException | RuntimeException e) {
            if (Thread.currentThread().getName().startsWith(WATCHDOG)) {
                pause();
            }
            throw e;
        }
    }

    /** H2's watchdog retries at once and for ever if it cannot write its lock file: a data directory that is gone would cost a CPU. */
    private static void pause() {
        try {
            Thread.sleep(PAUSE_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static Path onDisk(FilePath path) {
        FilePath file = path;
        while (file instanceof FilePathWrapper) {
            file = file.unwrap();
        }
        return Path.of(file.toString());
    }
}
