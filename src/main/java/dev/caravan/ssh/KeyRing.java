package dev.caravan.ssh;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.attribute.FileTime;
import java.security.KeyPair;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Keys that were read once, so that a thousand hosts with one key check its passphrase once. A file that changes is
 * read again. Thread-safe.
 */
final class KeyRing {
    private record Entry(FileTime modified, List<KeyPair> keys) {}

    private final Map<KeySource, Entry> read = new ConcurrentHashMap<>();

    List<KeyPair> load(KeySource source) throws SshException {
        if (!(source instanceof KeySource.File file)) {
            return source.load();
        }
        FileTime modified = modified(file);
        Entry entry = read.get(source);
        if (entry == null || !entry.modified().equals(modified)) {
            entry = new Entry(modified, source.load());
            read.put(source, entry);
        }
        return entry.keys();
    }

    private static FileTime modified(KeySource.File file) {
        try {
            return Files.getLastModifiedTime(file.path());
        } catch (IOException e) {
            // Reading the file says what is wrong with it.
            return FileTime.fromMillis(0);
        }
    }
}
