package dev.caravan.remote;

import dev.caravan.tar.TarHeader;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/**
 * Writes a ustar archive of a few small regular files, readable by their owner alone (POSIX.1-2017, pax: ustar
 * interchange format). Not thread-safe.
 */
final class Tar {
    private static final int MODE = 0600;
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    /** Adds a file; {@code name} is relative and at most 100 bytes of ASCII. */
    Tar add(String name, byte[] content) {
        out.writeBytes(TarHeader.of(name, MODE, content.length));
        out.writeBytes(content);
        out.writeBytes(new byte[TarHeader.padding(content.length)]);
        return this;
    }

    Tar add(String name, String content) {
        return add(name, content.getBytes(StandardCharsets.UTF_8));
    }

    byte[] toBytes() {
        out.writeBytes(new byte[2 * TarHeader.BLOCK]);
        return out.toByteArray();
    }
}
