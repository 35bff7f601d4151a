package dev.caravan.remote;

import dev.caravan.tar.TarHeader;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/**
 * Writes a ustar archive of one directory, with a few small regular files that their owner alone may read (POSIX.1-2017, pax: ustar
 * interchange format). The directory is no member of the archive: tar makes it. Not thread-safe.
 */
final class Tar {
    private static final int MODE = 0600;
    private final String directory;
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    /** @param directory of at most 155 bytes of ASCII */
    Tar(String directory) {
        this.directory = directory;
    }

    /** Adds a file; {@code name} is at most 100 bytes of ASCII. */
    Tar add(String name, byte[] content) {
        out.writeBytes(TarHeader.of(directory + "/" + name, MODE, content.length));
        out.writeBytes(content);
        out.writeBytes(new byte[TarHeader.padding(content.length)]);
        return this;
    }

    Tar add(String name, String content) {
        return add(name, content.getBytes(StandardCharsets.UTF_8));
    }

    /** Adds a symbolic link of that name, beside the directory, which leads to it. */
    Tar link(String name) {
        out.writeBytes(TarHeader.link(name, directory));
        return this;
    }

    byte[] toBytes() {
        out.writeBytes(new byte[2 * TarHeader.BLOCK]);
        return out.toByteArray();
    }
}
