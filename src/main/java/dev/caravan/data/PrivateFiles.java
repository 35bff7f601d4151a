package dev.caravan.data;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;
import java.util.Set;

/**
 * Files that their owner may read and write and nobody else, whatever the umask and the mode of their directory are. On systems
 * without such permissions they are like any other. Thread-safe.
 */
public final class PrivateFiles {
    private static final Set<PosixFilePermission> OF_FILES = PosixFilePermissions.fromString("rw-------");
    private static final Set<PosixFilePermission> OF_DIRECTORIES = PosixFilePermissions.fromString("rwx------");

    private PrivateFiles() {}

    /**
     * Makes the file, empty, where it is missing; one that is there loses what others may do with it.
     *
     * @return whether it was made
     * @throws IOException where that cannot be, the file or the link that is there being another user's, say
     */
    public static boolean make(Path file) throws IOException {
        try {
            Files.createFile(file, attributes(file, OF_FILES));
            return true;
        } catch (FileAlreadyExistsException e) {
            requireOwn(file);
            if (!Files.exists(file)) {
                throw new IOException(file + " is a symbolic link to " + Files.readSymbolicLink(file) + ", which is not there: remove it");
            }
            if (isPosix(file) && !OF_FILES.containsAll(Files.getPosixFilePermissions(file))) {
                Files.setPosixFilePermissions(file, OF_FILES);
            }
            return false;
        }
    }

    /**
     * Makes a file of that content, whole or not at all, and on the disk when this returns. Where there is one already, or another
     * process makes one at the same time, the first counts and stays as it is, unless another user made it.
     */
    public static void makeOnce(Path file, byte[] content) throws IOException {
        Path directory = file.toAbsolutePath().getParent();
        Path whole = Files.createTempFile(directory, "." + file.getFileName(), "", attributes(file, OF_FILES));
        try {
            try (FileChannel channel = FileChannel.open(whole, StandardOpenOption.WRITE)) {
                channel.write(ByteBuffer.wrap(content));
                channel.force(true);
            }
            Files.createLink(file, whole);
        } catch (FileAlreadyExistsException e) {
            requireOwn(file);
            // Read on: it may be so new that its name is not on the disk yet.
        } finally {
            Files.deleteIfExists(whole);
        }
        try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    /**
     * Refuses what another user may have put there, a file or a link to one. What is not there is nobody's.
     *
     * @throws IOException if it belongs to neither this user nor root; the message says what to do
     */
    public static void requireOwn(Path file) throws IOException {
        Optional<String> stranger = Ownership.stranger(file);
        if (stranger.isPresent()) {
            throw new IOException(file + (Files.isSymbolicLink(file) ? " is a symbolic link that belongs to " : " belongs to ")
                    + stranger.get() + ", who could so control Caravan: look at it, and remove it");
        }
    }

    /**
     * Makes the directory, and those above it that are missing, for its owner only. One that is there stays as it is.
     *
     * @throws IOException also where it is another user's, or is reached through another user's link
     */
    public static void makeDirectories(Path directory) throws IOException {
        Optional<Path> link = Ownership.strangersLink(directory);
        requireOwn(link.orElse(directory));
        Files.createDirectories(directory, attributes(directory, OF_DIRECTORIES));
    }

    private static FileAttribute<?>[] attributes(Path path, Set<PosixFilePermission> permissions) {
        return isPosix(path) ? new FileAttribute<?>[] {PosixFilePermissions.asFileAttribute(permissions)} : new FileAttribute<?>[0];
    }

    private static boolean isPosix(Path path) {
        return path.getFileSystem().supportedFileAttributeViews().contains("posix");
    }
}
