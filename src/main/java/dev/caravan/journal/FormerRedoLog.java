package dev.caravan.journal;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.zip.CRC32C;

/**
 * The file in which earlier versions wrote ahead what they then wrote to H2's file: groups of writes, each whole or not at all.
 *
 * <p>A group is: length of what follows the checksum (4 bytes), its CRC-32C (4), the epoch (8), the number of writes (4), and for each
 * write its position (8), its length (4; -1: the file ends at this position) and its bytes. All groups of a log have the epoch of the
 * first one; what follows them is left from before.
 */
final class FormerRedoLog {
    private static final int HEAD = 8;
    private static final int SHORTEST = HEAD + 4;

    private FormerRedoLog() {}

    /** Does the writes of all whole groups again, in order. They are on the disk when this returns. To do so twice changes nothing. */
    static void replay(Path log, FileChannel file) throws IOException {
        try (FileChannel from = FileChannel.open(log, StandardOpenOption.READ)) {
            long epoch = 0;
            long at = 0;
            for (ByteBuffer group = group(from, at); group != null; group = group(from, at)) {
                long of = group.getLong();
                if (at > 0 && of != epoch) {
                    break;
                }
                epoch = of;
                at += HEAD + group.capacity();
                for (int left = group.getInt(); left > 0; left--) {
                    write(group, file);
                }
            }
        }
        file.force(true);
    }

    /** The group that begins there; null if there is none that is whole. */
    private static ByteBuffer group(FileChannel log, long at) throws IOException {
        if (log.size() - at < HEAD) {
            return null;
        }
        ByteBuffer head = read(log, at, HEAD);
        int length = head.getInt();
        int sum = head.getInt();
        if (length < SHORTEST || length > log.size() - at - HEAD) {
            return null;
        }
        ByteBuffer group = read(log, at + HEAD, length);
        CRC32C found = new CRC32C();
        found.update(group.duplicate());
        return (int) found.getValue() == sum ? group : null;
    }

    private static ByteBuffer read(FileChannel log, long at, int length) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(length);
        while (buffer.hasRemaining()) {
            if (log.read(buffer, at + buffer.position()) < 0) {
                throw new IOException("the redo log is shorter than it was");
            }
        }
        return buffer.flip();
    }

    private static void write(ByteBuffer group, FileChannel file) throws IOException {
        long position = group.getLong();
        int length = group.getInt();
        if (length < 0) {
            file.truncate(position);
            return;
        }
        ByteBuffer bytes = group.slice(group.position(), length);
        group.position(group.position() + length);
        while (bytes.hasRemaining()) {
            position += file.write(bytes, position);
        }
    }
}
