package dev.caravan.rehearsal;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;

/**
 * A directory of its own for a rehearsal among the machine's temporary files, gone when this is closed. A process that was ended before
 * it could delete its own leaves that to the next one: a lock that ends with its process tells which are left.
 */
public final class ScratchDirectory implements AutoCloseable {
    private static final String PREFIX = "caravan-rehearsal-";
    private static final String LOCK = "lock";
    private static final String HOSTS = "hosts";
    private static final int ATTEMPTS = 20;

    private final Path directory;
    private final FileChannel lock;

    private ScratchDirectory(Path directory, FileChannel lock) {
        this.directory = directory;
        this.lock = lock;
    }

    /** Makes a new one, and deletes what dead processes of this user left, as far as that can be. */
    public static ScratchDirectory open() throws IOException {
        return open(Path.of(System.getProperty("java.io.tmpdir")));
    }

    static ScratchDirectory open(Path temporary) throws IOException {
        deleteLeft(temporary);
        Path directory = Files.createTempDirectory(temporary, PREFIX);
        // Under its name it is locked from the beginning.
        Path made = directory.resolve("lock.new");
        FileChannel lock = FileChannel.open(made, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
        lock.lock();
        Files.move(made, directory.resolve(LOCK), StandardCopyOption.ATOMIC_MOVE);
        return new ScratchDirectory(directory, lock);
    }

    private static void deleteLeft(Path temporary) {
        try (DirectoryStream<Path> all = Files.newDirectoryStream(temporary, PREFIX + "*")) {
            for (Path one : all) {
                deleteIfLeft(one);
            }
        } catch (IOException e) {
            // They stay for now; a rehearsal can do with them.
        }
    }

    private static void deleteIfLeft(Path directory) {
        if (!Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS)
                || !Files.isRegularFile(directory.resolve(LOCK), LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        try (FileChannel channel = FileChannel.open(directory.resolve(LOCK), StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS);
                FileLock free = channel.tryLock()) {
            if (free != null) {
                delete(directory);
            }
        } catch (IOException | OverlappingFileLockException e) {
            // Somebody else's, or one in use by this very process, or something still writes there.
        }
    }

    /** The lock goes last: what is left where this is cut short is still known for what it is. */
    private static void delete(Path directory) throws IOException {
        Rehearsal.delete(directory.resolve(HOSTS));
        Rehearsal.delete(directory);
    }

    /** Where the rehearsal's hosts may be: a directory that is not there yet. */
    public Path hosts() {
        return directory.resolve(HOSTS);
    }

    /**
     * Ends what the hosts below it run, and deletes it, though the rehearsal was not closed: for a process that is about to be left. What
     * cannot be deleted meanwhile is left to the next one.
     */
    public void abandon() {
        for (int attempt = 0; attempt < ATTEMPTS && Files.exists(directory); attempt++) {
            try {
                Leftovers.endBelow(directory.toRealPath());
                delete(directory);
            } catch (IOException e) {
                // Something was begun there meanwhile.
            }
        }
    }

    /** Deletes it; call it after {@link Rehearsal#close()}. */
    @Override
    public void close() throws IOException {
        delete(directory);
        lock.close();
    }
}
