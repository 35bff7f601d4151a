package dev.caravan.inbox;

import dev.caravan.digest.Sha256;
import java.io.File;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousFileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import org.apache.camel.Exchange;
import org.apache.camel.LoggingLevel;
import org.apache.camel.component.file.GenericFile;
import org.apache.camel.component.file.GenericFileEndpoint;
import org.apache.camel.component.file.GenericFileExclusiveReadLockStrategy;
import org.apache.camel.component.file.GenericFileOperations;
import org.apache.camel.support.service.ServiceSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sees to it that of several engines that watch one inbox only one works on a file: the bean {@code inboxClaims}. A claim is a lock
 * of the operating system on one byte of {@code .claims} in the inbox, the byte being the file's name's (63 bits of its SHA-256). It
 * lasts until the file is out of the inbox, or the engine or its process ends, in whatever way. Nothing is left to be cleared away.
 * Where files cannot be claimed none is taken.
 *
 * <p>One file for all, which stays open: a process loses all its POSIX locks on a file when it closes any descriptor of it. For the
 * same reason two engines that share an inbox are two processes. Thread-safe.
 */
public final class Claims extends ServiceSupport implements GenericFileExclusiveReadLockStrategy<File> {
    static final String FILE = ".claims";
    private static final Logger LOG = LoggerFactory.getLogger(Claims.class);
    private static final String PROPERTY = "caravanInboxClaim";

    private final List<AsynchronousFileChannel> channels = new ArrayList<>();
    private Object opened = "";
    private String reported = "";

    @Override
    public boolean acquireExclusiveReadLock(GenericFileOperations<File> operations, GenericFile<File> file, Exchange exchange) {
        Path path = file.getFile().toPath().toAbsolutePath();
        try {
            FileLock lock = claim(path.getParent(), path.getFileName().toString());
            if (lock != null) {
                exchange.setProperty(PROPERTY, lock);
            } else {
                LOG.debug("{} is another engine's", path.getFileName());
            }
            reported("");
            return lock != null;
        } catch (IOException | RuntimeException e) {
            if (reported(e.toString())) {
                LOG.error("no file is taken from the inbox {}: this engine cannot lock {} there, by which engines that share an inbox tell "
                        + "their files apart: {}. "
                        + "It must be able to write to the inbox, {} must be a file and no link, and its file system must have locks",
                        path.getParent(), FILE, e.toString(), FILE);
            }
            return false;
        }
    }

    private synchronized boolean reported(String what) {
        boolean news = !what.equals(reported);
        reported = what;
        return news;
    }

    private synchronized FileLock claim(Path inbox, String name) throws IOException {
        try {
            return channel(inbox.resolve(FILE)).tryLock(position(name), 1, false);
        } catch (OverlappingFileLockException e) {
            // This process has it.
            return null;
        }
    }

    /* Unlike FileChannel it is not closed, and with it all locks lost, when a thread that uses it is interrupted. */
    private AsynchronousFileChannel channel(Path file) throws IOException {
        AsynchronousFileChannel newest = channels.isEmpty() ? null : channels.get(channels.size() - 1);
        if (newest != null && newest.isOpen() && opened.equals(key(file))) {
            return newest;
        }
        // Somebody removed the file: what is claimed by the old one stays claimed among those who have it open.
        AsynchronousFileChannel channel = AsynchronousFileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.READ,
                StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS);
        channels.add(channel);
        opened = key(file);
        return channel;
    }

    private static Object key(Path file) throws IOException {
        try {
            return String.valueOf(Files.readAttributes(file, java.nio.file.attribute.BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS)
                    .fileKey());
        } catch (NoSuchFileException e) {
            return "none";
        }
    }

    private static long position(String name) {
        return Math.min(ByteBuffer.wrap(Sha256.of(name)).getLong() >>> 1, Long.MAX_VALUE - 1);
    }

    private static void release(Exchange exchange) throws IOException {
        FileLock lock = (FileLock) exchange.removeProperty(PROPERTY);
        if (lock != null && lock.acquiredBy().isOpen()) {
            lock.release();
        }
    }

    /** Whether the file of this exchange was this engine's and is not any more; false for a route that claims none. */
    static boolean isLost(Exchange exchange) {
        FileLock lock = exchange.getProperty(PROPERTY, FileLock.class);
        return lock != null && !lock.isValid();
    }

    @Override
    public void releaseExclusiveReadLockOnAbort(GenericFileOperations<File> operations, GenericFile<File> file, Exchange exchange)
            throws IOException {
        release(exchange);
    }

    @Override
    public void releaseExclusiveReadLockOnRollback(GenericFileOperations<File> operations, GenericFile<File> file, Exchange exchange)
            throws IOException {
        release(exchange);
    }

    @Override
    public void releaseExclusiveReadLockOnCommit(GenericFileOperations<File> operations, GenericFile<File> file, Exchange exchange)
            throws IOException {
        release(exchange);
    }

    /** Releases every file. */
    @Override
    protected synchronized void doStop() throws IOException {
        for (AsynchronousFileChannel channel : channels) {
            channel.close();
        }
        channels.clear();
    }

    // What is set on other strategies means nothing here.

    @Override
    public void prepareOnStartup(GenericFileOperations<File> operations, GenericFileEndpoint<File> endpoint) {}

    @Override
    public void setTimeout(long timeout) {}

    @Override
    public void setCheckInterval(long checkInterval) {}

    @Override
    public void setReadLockLoggingLevel(LoggingLevel level) {}

    @Override
    public void setMarkerFiler(boolean markerFile) {}

    @Override
    public void setDeleteOrphanLockFiles(boolean deleteOrphanLockFiles) {}
}
