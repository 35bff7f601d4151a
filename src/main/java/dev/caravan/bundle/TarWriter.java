package dev.caravan.bundle;

import dev.caravan.digest.Sha256;
import dev.caravan.tar.TarHeader;
import java.io.BufferedOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.security.MessageDigest;
import java.util.Arrays;

/** Writes a ustar archive of regular files (POSIX.1-2017, pax: ustar interchange format), each with its digest. Not thread-safe. */
final class TarWriter implements Closeable {
    private static final int MODE = 0644;
    private static final int BUFFER = 1 << 16;

    private final OutputStream out;

    TarWriter(OutputStream out) {
        this.out = new BufferedOutputStream(out, BUFFER);
    }

    /** Adds exactly {@code size} bytes. @throws IOException also where the content has another size */
    BundleFile add(String name, long size, InputStream content) throws IOException {
        out.write(header(name, size));
        MessageDigest digest = Sha256.begin();
        byte[] buffer = new byte[BUFFER];
        long left = size;
        while (left > 0) {
            int read = content.read(buffer, 0, (int) Math.min(buffer.length, left));
            if (read < 0) {
                throw new IOException(name + " ended " + left + " bytes before its size of " + size);
            }
            digest.update(buffer, 0, read);
            out.write(buffer, 0, read);
            left -= read;
        }
        out.write(new byte[TarHeader.padding(size)]);
        return new BundleFile(name, size, Sha256.hex(digest));
    }

    private static byte[] header(String name, long size) throws IOException {
        try {
            return TarHeader.of(name, MODE, size);
        } catch (IllegalArgumentException e) {
            throw new IOException(e.getMessage(), e);
        }
    }

    /** Whether the block is nothing but zeros, as the end of an archive is. */
    static boolean isZero(byte[] block) {
        return Arrays.equals(block, new byte[TarHeader.BLOCK]);
    }

    @Override
    public void close() throws IOException {
        out.write(new byte[2 * TarHeader.BLOCK]);
        out.close();
    }
}
