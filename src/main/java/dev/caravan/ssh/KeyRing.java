package dev.caravan.ssh;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.security.KeyPair;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Keys that were read once, so that a thousand hosts with one key check its passphrase once. A file that changes is
 * read again, as is one whose certificate changes: those are often good for an hour. Thread-safe.
 */
final class KeyRing {
    private record Entry(List<FileTime> modified, List<KeyPair> keys) {}

    private final Map<KeySource, Entry> read = new ConcurrentHashMap<>();

    List<KeyPair> load(KeySource source) throws SshException {
        if (!(source instanceof KeySource.File file)) {
            return source.load();
        }
        List<FileTime> modified = List.of(modified(file.path()), modified(file.certificate()));
        Entry entry = read.get(source);
        if (entry == null || !entry.modified().equals(modified)) {
            entry = new Entry(modified, source.load());
            read.put(source, entry);
        }
        return entry.keys();
    }

    private static FileTime modified(Path path) {
        try {
            return Files.getLastModifiedTime(path);
        } catch (IOException e) {
            // There may be no certificate; what is wrong with a key, reading it says.
            return FileTime.fromMillis(0);
        }
    }
}
