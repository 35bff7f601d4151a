package dev.caravan.inbox;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SecureDirectoryStream;
import java.nio.file.StandardOpenOption;
import java.util.Set;
import java.util.UUID;

/**
 * A folder of the inbox into which files go. Both are held open and everything in them is called by its bare name (openat(2),
 * renameat(2)): who may write to the inbox can put a link in the folder's place, and nothing goes through it. For one thread.
 */
final class Folder implements Closeable {
    private final SecureDirectoryStream<Path> inbox;
    private final SecureDirectoryStream<Path> folder;

    private Folder(SecureDirectoryStream<Path> inbox, SecureDirectoryStream<Path> folder) {
        this.inbox = inbox;
        this.folder = folder;
    }

    /** Opens it, and makes it where there is nothing of that name. */
    static Folder make(Path inbox, String name) throws IOException {
        try {
            Files.createDirectory(inbox.resolve(name));
        } catch (FileAlreadyExistsException e) {
            // Whether it is a directory is seen when it is opened.
        }
        return open(inbox, name);
    }

    /** @throws NoSuchFileException where there is nothing of that name */
    static Folder open(Path inbox, String name) throws IOException {
        DirectoryStream<Path> outer = Files.newDirectoryStream(inbox);
        try {
            if (!(outer instanceof SecureDirectoryStream<Path> secure)) {
                throw new IOException("results are written on Linux only");
            }
            return new Folder(secure, secure.newDirectoryStream(Path.of(name), LinkOption.NOFOLLOW_LINKS));
        } catch (IOException e) {
            outer.close();
            throw e instanceof FileSystemException && !(e instanceof NoSuchFileException)
                    ? new IOException(inbox.resolve(name) + " is not a directory that Caravan can open (a link, perhaps): remove it", e)
                    : e;
        }
    }

    /** A file of that name and content, whole or not at all. */
    void write(Path name, byte[] content) throws IOException {
        Path temporary = Path.of(".writing-" + UUID.randomUUID());
        try {
            try (SeekableByteChannel channel = folder.newByteChannel(temporary,
                    Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE))) {
                ByteBuffer rest = ByteBuffer.wrap(content);
                while (rest.hasRemaining()) {
                    channel.write(rest);
                }
            }
            folder.move(temporary, folder, name);
        } finally {
            delete(temporary);
        }
    }

    /** Moves a file out of the inbox into this folder. */
    void take(Path file, Path name) throws IOException {
        inbox.move(file, folder, name);
    }

    /** Deletes a file or a link, if there is one; a directory stays. */
    void delete(Path name) throws IOException {
        try {
            folder.deleteFile(name);
        } catch (NoSuchFileException | DirectoryNotEmptyException e) {
            // There is nothing to delete.
        }
    }

    @Override
    public void close() throws IOException {
        try (inbox) {
            folder.close();
        }
    }
}
