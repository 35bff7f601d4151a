package dev.caravan.journal;

import dev.caravan.data.PrivateFiles;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Lets the processes that open or close one embedded database do so one after the other. H2 itself takes processes that open a file at
 * the same moment for ones that use it, waits for seconds, and gives up. The turn is a lock of the operating system on a file beside the
 * database, so it is released however its process ends. It is only a courtesy: who waited for long enough goes on without it. A thread
 * that has the turn may take it again. Thread-safe.
 */
final class OpeningTurn {
    private static final Duration LONGEST_WAIT = Duration.ofSeconds(20);
    private static final long PAUSE_MILLIS = 10;
    /** Threads of one process wait here, as a process cannot lock a file twice. */
    private static final Map<Path, ReentrantLock> OF_PROCESS = new ConcurrentHashMap<>();

    private final Path file;
    private final ReentrantLock ofProcess;

    /** The turn until it is closed, by the same thread. */
    interface Held extends AutoCloseable {
        @Override
        void close();
    }

    OpeningTurn(Path file) {
        this.file = file.toAbsolutePath().normalize();
        this.ofProcess = OF_PROCESS.computeIfAbsent(this.file, any -> new ReentrantLock());
    }

    /** Waits for the turn. */
    Held take() {
        long until = System.nanoTime() + LONGEST_WAIT.toNanos();
        if (!lock(until)) {
            return () -> {};
        }
        FileChannel channel = ofProcess.getHoldCount() == 1 ? locked(until) : null;
        return () -> {
            close(channel);
            ofProcess.unlock();
        };
    }

    private boolean lock(long until) {
        boolean interrupted = false;
        try {
            while (true) {
                try {
                    return ofProcess.tryLock(until - System.nanoTime(), TimeUnit.NANOSECONDS);
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** The file with its lock; null where it cannot be locked, or not in time. */
    private FileChannel locked(long until) {
        boolean interrupted = Thread.interrupted(); // it would close the channel
        FileChannel channel = null;
        try {
            PrivateFiles.make(file);
            channel = FileChannel.open(file, StandardOpenOption.WRITE);
            while (tryLock(channel) == null && System.nanoTime() - until < 0) {
                Thread.sleep(PAUSE_MILLIS);
            }
            return channel;
        } catch (InterruptedException e) {
            interrupted = true;
            return channel;
        } catch (IOException | UnsupportedOperationException e) {
            // The database says better what is wrong with the directory.
            return channel;
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private static FileLock tryLock(FileChannel channel) throws IOException {
        try {
            return channel.tryLock();
        } catch (OverlappingFileLockException e) {
            return null;
        }
    }

    private static void close(FileChannel channel) {
        if (channel != null) {
            try {
                channel.close();
            } catch (IOException e) {
                // The lock ends with the process at the latest.
                return;
            }
        }
    }
}
