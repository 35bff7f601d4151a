package dev.caravan.bundle;

import dev.caravan.tar.TarHeader;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * Finds the files of a tar archive, without unpacking it. Only regular files and directories with plain relative names are taken: the
 * archive may come from anywhere.
 */
final class TarReader {
    /** Of one archive. */
    private static final int MOST_FILES = 200_000;
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_.+:~@%,=^-][A-Za-z0-9_.+:~@%,=^/-]{0,254}");

    private TarReader() {}

    /** Where the content of a file is in the archive. */
    record Place(long offset, long size) {}

    /**
     * The files by name, in the order of the archive.
     *
     * @throws IOException where it is no archive, is cut off, or has a file that it must not have; the message names it
     */
    static Map<String, Place> files(FileChannel archive) throws IOException {
        Map<String, Place> files = new LinkedHashMap<>();
        byte[] header = new byte[TarHeader.BLOCK];
        long at = 0;
        while (read(archive, at, header) && !TarWriter.isZero(header)) {
            requireSum(header, at);
            String name = name(header).replaceFirst("^\\./", "");
            long size = octal(header, 124, 12, at);
            long content = at + TarHeader.BLOCK;
            char type = (char) header[156];
            if (type == '0' || type == 0) {
                requireName(name);
                if (size > archive.size() - content) {
                    throw new IOException(name + " is cut off: the archive ends before it does");
                }
                if (files.size() >= MOST_FILES) {
                    throw new IOException("there are more than " + MOST_FILES + " files in it");
                }
                if (files.put(name, new Place(content, size)) != null) {
                    throw new IOException(name + " is in it twice");
                }
            } else if (type != '5') {
                throw new IOException(printable(name) + " is neither a file nor a directory");
            }
            at = content + (size + TarHeader.BLOCK - 1) / TarHeader.BLOCK * TarHeader.BLOCK;
        }
        return files;
    }

    /** Whether the name stays below the directory that the archive would be unpacked into, and has nothing odd in it. */
    static void requireName(String name) throws IOException {
        String between = "/" + name + "/";
        if (!NAME.matcher(name).matches() || between.contains("/../") || between.contains("/./") || between.contains("//")) {
            throw new IOException("the name " + printable(name) + " is not allowed in it");
        }
    }

    private static String printable(String name) {
        return name.replaceAll("[^\\x20-\\x7e]", "?");
    }

    private static boolean read(FileChannel archive, long at, byte[] block) throws IOException {
        ByteBuffer buffer = ByteBuffer.wrap(block);
        while (buffer.hasRemaining()) {
            if (archive.read(buffer, at + buffer.position()) < 0) {
                if (buffer.position() == 0 && at > 0) {
                    throw new IOException("it is cut off: the end of the archive is missing");
                }
                throw new IOException("it is no tar archive, or is cut off");
            }
        }
        return true;
    }

    private static void requireSum(byte[] header, long at) throws IOException {
        int sum = 0;
        for (int i = 0; i < header.length; i++) {
            sum += i >= 148 && i < 156 ? ' ' : header[i] & 0xff;
        }
        if (sum != octal(header, 148, 8, at)) {
            throw new IOException("the header at byte " + at + " (" + printable(name(header)) + ") is damaged");
        }
    }

    private static long octal(byte[] header, int from, int length, long at) throws IOException {
        String text = text(header, from, length).strip();
        if (!text.matches("[0-7]{1,12}")) {
            throw new IOException("the header at byte " + at + " is damaged");
        }
        return Long.parseLong(text, 8);
    }

    private static String name(byte[] header) {
        boolean ustar = text(header, 257, 5).equals("ustar");
        String prefix = ustar ? text(header, 345, 155) : "";
        String name = text(header, 0, TarHeader.NAME_LENGTH);
        return prefix.isEmpty() ? name : prefix + "/" + name;
    }

    private static String text(byte[] header, int from, int length) {
        int end = from;
        while (end < from + length && header[end] != 0) {
            end++;
        }
        return new String(header, from, end - from, StandardCharsets.ISO_8859_1);
    }
}
