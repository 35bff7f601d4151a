package dev.caravan.bundle;

import dev.caravan.digest.Sha256;
import java.io.BufferedOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.HexFormat;

/** Writes a ustar archive of regular files (POSIX.1-2017, pax: ustar interchange format), each with its digest. Not thread-safe. */
final class TarWriter implements Closeable {
    static final int BLOCK = 512;
    static final int NAME_LENGTH = 100;
    private static final int PREFIX_LENGTH = 155;
    private static final int BUFFER = 1 << 16;
    private static final int SIZE_DIGITS = 11;
    private static final long LARGEST = (1L << 3 * SIZE_DIGITS) - 1;

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
        out.write(new byte[(int) ((BLOCK - size % BLOCK) % BLOCK)]);
        return new BundleFile(name, size, HexFormat.of().formatHex(digest.digest()));
    }

    private static byte[] header(String name, long size) throws IOException {
        if (size > LARGEST) {
            throw new IOException(name + " has " + size + " bytes, and a file of an archive has at most " + LARGEST);
        }
        int cut = name.length() <= NAME_LENGTH ? -1 : name.indexOf('/', name.length() - NAME_LENGTH - 1);
        String prefix = cut < 0 ? "" : name.substring(0, cut);
        String rest = name.substring(cut + 1);
        if (rest.length() > NAME_LENGTH || prefix.length() > PREFIX_LENGTH) {
            throw new IOException("the name " + name + " is too long for an archive");
        }
        byte[] header = new byte[BLOCK];
        put(header, 0, rest);
        put(header, 100, "0000644\0");
        put(header, 108, "0000000\0");
        put(header, 116, "0000000\0");
        put(header, 124, String.format("%0" + SIZE_DIGITS + "o\0", size));
        put(header, 136, String.format("%011o\0", 0));
        put(header, 148, "        ");
        header[156] = '0';
        put(header, 257, "ustar\00000");
        put(header, 345, prefix);
        int sum = 0;
        for (byte b : header) {
            sum += b & 0xff;
        }
        put(header, 148, String.format("%06o\0 ", sum));
        return header;
    }

    private static void put(byte[] header, int at, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
        System.arraycopy(bytes, 0, header, at, bytes.length);
    }

    /** Whether the block is nothing but zeros, as the end of an archive is. */
    static boolean isZero(byte[] block) {
        return Arrays.equals(block, new byte[BLOCK]);
    }

    @Override
    public void close() throws IOException {
        out.write(new byte[2 * BLOCK]);
        out.close();
    }
}
