package dev.caravan.journal;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.util.ArrayList;
import java.util.List;
import org.h2.store.fs.FileBase;
import org.h2.store.fs.FilePath;

/**
 * A file whose writes wait in memory until they are forced. Then they are written to the {@link RedoLog}, which is forced, and
 * only then written to the file; the file itself is forced when the log has grown. Thread-safe.
 */
final class PowerSafeFile extends FileBase {
    private static final long LARGE_LOG = 4 << 20;

    private final FileChannel file;
    private final FilePath logPath;
    private final List<RedoLog.Write> waiting = new ArrayList<>();
    private RedoLog log;
    private long size;
    private long position;

    PowerSafeFile(FileChannel file, FilePath logPath) {
        this.file = file;
        this.logPath = logPath;
    }

    /** Only who has the lock may touch the log; H2 locks right after it opened the file. */
    @Override
    public synchronized FileLock tryLock(long from, long length, boolean shared) throws IOException {
        FileLock lock = file.tryLock(from, length, shared);
        if (lock != null && log == null) {
            RedoLog opened = new RedoLog(logPath.open("rw"));
            opened.replay(file);
            log = opened;
            size = file.size();
        }
        return lock;
    }

    private RedoLog log() throws IOException {
        if (log == null) {
            throw new IOException("the file is not locked: " + logPath);
        }
        return log;
    }

    @Override
    public synchronized int write(ByteBuffer source, long at) throws IOException {
        log();
        byte[] bytes = new byte[source.remaining()];
        source.get(bytes);
        waiting.add(new RedoLog.Write(at, bytes));
        size = Math.max(size, at + bytes.length);
        return bytes.length;
    }

    @Override
    public synchronized void force(boolean metaData) throws IOException {
        if (waiting.isEmpty()) {
            return; // what was forced before is in the log
        }
        log().append(waiting);
        for (RedoLog.Write write : waiting) {
            write.onto(file);
        }
        waiting.clear();
        if (log.size() > LARGE_LOG) {
            log.restart(file);
        }
    }

    @Override
    public synchronized FileChannel truncate(long newSize) throws IOException {
        if (newSize < size) {
            waiting.add(new RedoLog.Write(newSize, null));
            size = newSize;
            force(true);
        }
        return this;
    }

    @Override
    public synchronized int read(ByteBuffer into, long at) throws IOException {
        int wanted = (int) Math.min(into.remaining(), size - at);
        if (wanted <= 0) {
            return into.hasRemaining() ? -1 : 0;
        }
        if (waiting.isEmpty()) {
            return file.read(into, at);
        }
        byte[] bytes = new byte[wanted];
        ByteBuffer found = ByteBuffer.wrap(bytes);
        while (found.hasRemaining() && file.read(found, at + found.position()) >= 0) {
            // what is not there yet is waiting
        }
        for (RedoLog.Write write : waiting) {
            lay(write, bytes, at);
        }
        into.put(bytes);
        return wanted;
    }

    private static void lay(RedoLog.Write write, byte[] over, long at) {
        if (write.isEnd()) {
            return;
        }
        long from = Math.max(at, write.position());
        long to = Math.min(at + over.length, write.position() + write.bytes().length);
        if (from < to) {
            System.arraycopy(write.bytes(), (int) (from - write.position()), over, (int) (from - at), (int) (to - from));
        }
    }

    @Override
    public synchronized int read(ByteBuffer into) throws IOException {
        int read = read(into, position);
        position += Math.max(0, read);
        return read;
    }

    @Override
    public synchronized int write(ByteBuffer source) throws IOException {
        int written = write(source, position);
        position += written;
        return written;
    }

    @Override
    public synchronized long position() {
        return position;
    }

    @Override
    public synchronized FileChannel position(long to) {
        position = to;
        return this;
    }

    @Override
    public synchronized long size() throws IOException {
        return log == null ? file.size() : size;
    }

    /** What waits is given up: H2 forces before it closes what it wants to keep. */
    @Override
    protected synchronized void implCloseChannel() throws IOException {
        try {
            if (log != null) {
                log.close();
            }
        } finally {
            file.close();
        }
    }
}
