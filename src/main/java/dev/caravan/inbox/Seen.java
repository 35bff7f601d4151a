package dev.caravan.inbox;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Instant;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A directory entry as it was at one time; links are not followed. Two of them are equal where nothing was changed between.
 *
 * @param key what the file system tells files apart by, as text
 */
record Seen(String key, long size, Instant modified, boolean regular, boolean link) {
    private static final Pattern INODE = Pattern.compile("ino=\\d+");

    static Seen of(Path file) throws IOException {
        BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
        return new Seen(String.valueOf(attributes.fileKey()), attributes.size(), attributes.lastModifiedTime().toInstant(),
                attributes.isRegularFile(), attributes.isSymbolicLink());
    }

    /** The same as a word, and the same on every machine that has the file system mounted: without the number of the device. */
    String identity() {
        Matcher inode = INODE.matcher(key);
        return (inode.find() ? inode.group() : key) + " " + size + " " + modified;
    }
}
