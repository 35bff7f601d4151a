package dev.caravan.journal;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.List;
import java.util.zip.CRC32C;

/**
 * A file beside a database's file that holds the newest groups of writes to it, each whole or not at all. After a power cut
 * they are done again, in order, and the database's file is as it was after the last group, whatever the disk had kept of the
 * writes themselves.
 *
 * <p>A group is: length of what follows the checksum (4 bytes), its CRC-32C (4), the epoch (8), the number of writes (4), and for each
 * write its position (8), its length (4; -1: the file ends at this position) and its bytes. The epoch is another one each time the
 * log begins again, so that what is left behind the last group from before is not taken for a group. Not thread-safe.
 */
final class RedoLog implements AutoCloseable {
    private static final int HEAD = 8;
    private static final int LARGEST = 1 << 30;

    private final FileChannel log;
    private long epoch;
    private long end;

    /** A write of these bytes; or, without bytes, the new end of the file. */
    record Write(long position, byte[] bytes) {
        boolean isEnd() {
            return bytes == null;
        }

        void onto(FileChannel file) throws IOException {
            if (isEnd()) {
                file.truncate(position);
                return;
            }
            writeAll(file, ByteBuffer.wrap(bytes), position);
        }
    }

    RedoLog(FileChannel log) {
        this.log = log;
    }

    /** Does the groups again that are whole, and begins again. */
    void replay(FileChannel file) throws IOException {
        long size = log.size();
        long at = 0;
        ByteBuffer group;
        while ((group = read(at, size)) != null) {
            long of = group.getLong();
            if (at > 0 && of != epoch) {
                break;
            }
            epoch = of;
            at += HEAD + group.capacity();
            for (int left = group.getInt(); left > 0; left--) {
                long position = group.getLong();
                int length = group.getInt();
                byte[] bytes = length < 0 ? null : new byte[length];
                if (bytes != null) {
                    group.get(bytes);
                }
                new Write(position, bytes).onto(file);
            }
        }
        end = at;
        restart(file);
    }

    private ByteBuffer read(long at, long size) throws IOException {
        if (size - at < HEAD) {
            return null;
        }
        ByteBuffer head = readAll(HEAD, at);
        int length = head.getInt();
        if (length < HEAD + 4 || length > LARGEST || length > size - at - HEAD) {
            return null;
        }
        int sum = head.getInt();
        ByteBuffer group = readAll(length, at + HEAD);
        return checksum(group) == sum ? group : null;
    }

    /** On disk when this returns. Where it fails it may be called again with the same writes and more. */
    void append(List<Write> writes) throws IOException {
        int length = HEAD + 4;
        for (Write write : writes) {
            length += 12 + (write.isEnd() ? 0 : write.bytes().length);
        }
        ByteBuffer group = ByteBuffer.allocate(HEAD + length);
        group.position(HEAD);
        group.putLong(epoch).putInt(writes.size());
        for (Write write : writes) {
            group.putLong(write.position()).putInt(write.isEnd() ? -1 : write.bytes().length);
            if (!write.isEnd()) {
                group.put(write.bytes());
            }
        }
        group.flip();
        group.putInt(0, length).putInt(4, checksum(group.slice(HEAD, length)));
        writeAll(log, group, end);
        log.force(true);
        end += HEAD + length;
    }

    /** How many bytes would have to be done again. */
    long size() {
        return end;
    }

    /** Once all that the log holds was written to the file. */
    void restart(FileChannel file) throws IOException {
        if (end > 0) {
            file.force(true);
        }
        // If the power goes before this gets to the disk, the same groups are done again: that changes nothing.
        log.truncate(0);
        epoch++;
        end = 0;
    }

    @Override
    public void close() throws IOException {
        log.close();
    }

    private ByteBuffer readAll(int length, long position) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(length);
        while (buffer.hasRemaining()) {
            if (log.read(buffer, position + buffer.position()) < 0) {
                throw new IOException("the log is shorter than it said");
            }
        }
        return buffer.flip();
    }

    private static int checksum(ByteBuffer buffer) {
        CRC32C sum = new CRC32C();
        sum.update(buffer.duplicate());
        return (int) sum.getValue();
    }

    private static void writeAll(FileChannel file, ByteBuffer from, long position) throws IOException {
        for (long at = position; from.hasRemaining();) {
            at += file.write(from, at);
        }
    }
}
