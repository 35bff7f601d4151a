package dev.caravan.journal;

import java.io.IOException;
import java.nio.channels.FileChannel;
import org.h2.store.fs.FilePath;
import org.h2.store.fs.FilePathWrapper;

/**
 * A file system for H2, scheme {@code powersafe}, in which what H2 writes to a database's file between two calls of {@code force} gets
 * to the disk whole or not at all, and in order. H2 by itself relies on the disk for that: it finds its newest data by
 * looking for a piece whose beginning and end are there, and writes over what an earlier state needs after 45 seconds, forced or not.
 */
public final class PowerSafeFiles extends FilePathWrapper {
    static final String SCHEME = "powersafe";
    private static final String DATABASE = ".mv.db";

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
        FileChannel file = super.open(mode);
        String path = getBase().toString();
        if (!path.endsWith(DATABASE) || mode.equals("r")) {
            return file;
        }
        return new PowerSafeFile(file, FilePath.get(path.substring(0, path.length() - DATABASE.length()) + ".redo"));
    }
}
