package dev.caravan.artefacts;

import dev.caravan.data.PrivateFiles;
import dev.caravan.digest.Sha256;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import javax.crypto.Cipher;

/**
 * A file on its way into the data directory. What has arrived is in a hidden file beside the target, which is named after the digest of
 * the whole; so a transfer that was cut is continued, and a part of other content never is. The target appears once all has arrived and
 * has the announced digest; then it is on the disk. If it is to be encrypted, the part is as well. Only the owner may read either.
 * Not thread-safe; each method reads or writes the disk.
 */
public final class Incoming implements AutoCloseable {
    private static final int BUFFER = 1 << 16;

    private final StoredFile target;
    private final Artefact announced;
    private final Path part;
    private final FileChannel channel;
    private MessageDigest digest = Sha256.begin();
    private Cipher cipher;
    private long position;

    private Incoming(StoredFile target, Artefact announced, Path part, FileChannel channel) {
        this.target = target;
        this.announced = announced;
        this.part = part;
        this.channel = channel;
    }

    /** Begins to receive that content, or continues if a part of it is there. Parts of other content of the same target are deleted. */
    public static Incoming open(StoredFile target, Artefact announced) throws IOException {
        Path directory = target.path().getParent();
        PrivateFiles.makeDirectories(directory);
        String prefix = "." + target.path().getFileName() + ".";
        Path part = directory.resolve(prefix + announced.sha256().substring(0, 16) + ".part");
        try (DirectoryStream<Path> others = Files.newDirectoryStream(directory, other -> isPart(other, prefix) && !other.equals(part))) {
            for (Path other : others) {
                Files.delete(other);
            }
        }
        PrivateFiles.make(part);
        FileChannel channel = FileChannel.open(part, StandardOpenOption.READ, StandardOpenOption.WRITE);
        Incoming incoming = new Incoming(target, announced, part, channel);
        try {
            incoming.takeUp();
            return incoming;
        } catch (IOException | RuntimeException e) {
            channel.close();
            throw e;
        }
    }

    private static boolean isPart(Path file, String prefix) {
        String name = file.getFileName().toString();
        return name.startsWith(prefix) && name.endsWith(".part") && name.length() == prefix.length() + 16 + ".part".length();
    }

    /* Reads what is there, as the digest is over all of it. */
    private void takeUp() throws IOException {
        if (target.passphrase().isEmpty()) {
            channel.truncate(announced.bytes());
            read(0, channel.size(), null);
            position = channel.size();
            channel.position(position);
            return;
        }
        byte[] header = new byte[Encryption.HEADER];
        if (channel.size() < Encryption.HEADER + Encryption.BLOCK || channel.read(ByteBuffer.wrap(header), 0) < header.length
                || channel.size() - Encryption.HEADER > announced.bytes()) {
            restart();
            return;
        }
        Encryption encryption;
        try {
            encryption = Encryption.of(header, target.passphrase().get());
        } catch (IllegalArgumentException e) {
            restart();
            return;
        }
        position = (channel.size() - Encryption.HEADER) / Encryption.BLOCK * Encryption.BLOCK;
        channel.truncate(Encryption.HEADER + position);
        read(Encryption.HEADER, channel.size(), encryption.decryptingPart());
        byte[] last = new byte[Encryption.BLOCK];
        channel.read(ByteBuffer.wrap(last), channel.size() - Encryption.BLOCK);
        cipher = encryption.encryptingAfter(last);
        channel.position(channel.size());
    }

    private void read(long from, long to, Cipher decrypting) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(BUFFER);
        for (long at = from; at < to; at += buffer.limit()) {
            buffer.clear().limit((int) Math.min(BUFFER, to - at));
            while (buffer.hasRemaining()) {
                if (channel.read(buffer, at + buffer.position()) < 0) {
                    throw new IOException(part + " became shorter while it was read");
                }
            }
            byte[] plain = decrypting == null ? null : decrypting.update(buffer.array(), 0, buffer.limit());
            if (decrypting == null) {
                digest.update(buffer.array(), 0, buffer.limit());
            } else if (plain != null) {
                digest.update(plain);
            }
        }
    }

    /** Forgets what has arrived. */
    public void restart() throws IOException {
        digest = Sha256.begin();
        position = 0;
        channel.truncate(0);
        channel.position(0);
        if (target.passphrase().isPresent()) {
            Encryption encryption = Encryption.begin(target.passphrase().get());
            cipher = encryption.encrypting();
            write(encryption.header());
        }
    }

    /** How many bytes of the content have arrived; the next ones belong there. */
    public long position() {
        return position;
    }

    /** Whether all has arrived. */
    public boolean isWhole() {
        return position == announced.bytes();
    }

    /** Takes the next {@code length} bytes from there. */
    public void append(byte[] content, int from, int length) throws IOException {
        if (length > announced.bytes() - position) {
            throw new IOException("more content came than was announced");
        }
        digest.update(content, from, length);
        position += length;
        if (cipher == null) {
            write(ByteBuffer.wrap(content, from, length));
        } else {
            byte[] encrypted = cipher.update(content, from, length);
            if (encrypted != null) {
                write(encrypted);
            }
        }
    }

    private void write(byte[] content) throws IOException {
        write(ByteBuffer.wrap(content));
    }

    private void write(ByteBuffer content) throws IOException {
        while (content.hasRemaining()) {
            channel.write(content);
        }
    }

    /**
     * Puts the file in its place, if it is what was announced.
     *
     * @return false if it has another digest; then nothing of it is kept, and {@link #position} is 0
     */
    public boolean finish() throws IOException {
        if (!isWhole() || !Sha256.hex(digest).equals(announced.sha256())) {
            restart();
            return false;
        }
        if (cipher != null) {
            try {
                write(cipher.doFinal());
            } catch (GeneralSecurityException e) {
                throw new IOException("cannot be encrypted: " + e.getMessage(), e);
            }
        }
        channel.force(true);
        Files.move(part, target.path(), StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        try (FileChannel directory = FileChannel.open(target.path().getParent(), StandardOpenOption.READ)) {
            directory.force(true);
        }
        return true;
    }

    /** Keeps what has arrived. */
    @Override
    public void close() throws IOException {
        channel.close();
    }
}
