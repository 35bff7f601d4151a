package dev.caravan.artefacts;

import dev.caravan.digest.Sha256;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import javax.crypto.Cipher;

/** A file on its way out of the data directory: its plain content, decrypted as it is read. Not thread-safe; reads the disk. */
public final class Outgoing implements AutoCloseable {
    private static final int BUFFER = 1 << 16;

    private final StoredFile source;
    private InputStream stream;
    private long position;

    public Outgoing(StoredFile source) {
        this.source = source;
    }

    /**
     * Reads all of it, for its size and digest.
     *
     * @throws IOException if it cannot be read, or the passphrase does not open it; the message names the file
     */
    public static Artefact measure(StoredFile source) throws IOException {
        MessageDigest digest = Sha256.begin();
        long bytes = 0;
        byte[] buffer = new byte[BUFFER];
        try (InputStream in = open(source)) {
            for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
                digest.update(buffer, 0, count);
                bytes += count;
            }
        }
        return new Artefact(bytes, Sha256.hex(digest));
    }

    /** At most {@code length} bytes of the content from that position on; empty at its end. */
    public byte[] read(long from, int length) throws IOException {
        if (stream == null || from < position) {
            close();
            stream = open(source);
            position = 0;
        }
        stream.skipNBytes(from - position);
        byte[] content = stream.readNBytes(length);
        position = from + content.length;
        return content;
    }

    private static InputStream open(StoredFile source) throws IOException {
        InputStream file = new BufferedInputStream(Files.newInputStream(source.path(), LinkOption.NOFOLLOW_LINKS), BUFFER);
        if (source.passphrase().isEmpty()) {
            return file;
        }
        try {
            return new Decrypted(source, file, Encryption.of(file.readNBytes(Encryption.HEADER), source.passphrase().get()).decrypting());
        } catch (IOException | IllegalArgumentException e) {
            file.close();
            throw new IOException(source.path() + ": " + e.getMessage(), e);
        }
    }

    @Override
    public void close() throws IOException {
        if (stream != null) {
            stream.close();
            stream = null;
        }
    }

    /* Java's CipherInputStream takes a wrong passphrase for the end of the file. */
    private static final class Decrypted extends InputStream {
        private final StoredFile source;
        private final InputStream in;
        private final Cipher cipher;
        private final byte[] encrypted = new byte[BUFFER];
        private byte[] plain = new byte[0];
        private int next;
        private boolean ended;

        private Decrypted(StoredFile source, InputStream in, Cipher cipher) {
            this.source = source;
            this.in = in;
            this.cipher = cipher;
        }

        @Override
        public int read() throws IOException {
            return fill() ? plain[next++] & 0xff : -1;
        }

        @Override
        public int read(byte[] target, int from, int length) throws IOException {
            if (length == 0) {
                return 0;
            }
            if (!fill()) {
                return -1;
            }
            int count = Math.min(length, plain.length - next);
            System.arraycopy(plain, next, target, from, count);
            next += count;
            return count;
        }

        private boolean fill() throws IOException {
            while (next == plain.length && !ended) {
                int count = in.read(encrypted);
                ended = count < 0;
                try {
                    byte[] more = ended ? cipher.doFinal() : cipher.update(encrypted, 0, count);
                    plain = more == null ? new byte[0] : more;
                } catch (GeneralSecurityException e) {
                    throw new IOException(source.path() + " cannot be decrypted: the passphrase is another one, or the file is damaged", e);
                }
                next = 0;
            }
            return next < plain.length;
        }

        @Override
        public void close() throws IOException {
            in.close();
        }
    }
}
