package dev.caravan.tar;

import java.nio.charset.StandardCharsets;

/** Headers of regular files and symbolic links in ustar archives (POSIX.1-2017, pax: ustar interchange format). */
public final class TarHeader {
    /** Of headers, and what the content of a file is filled up to. */
    public static final int BLOCK = 512;
    /** Of a name without its prefix. */
    public static final int NAME_LENGTH = 100;
    private static final int PREFIX_LENGTH = 155;
    private static final int SIZE_DIGITS = 11;
    private static final long LARGEST = (1L << 3 * SIZE_DIGITS) - 1;

    private TarHeader() {}

    /**
     * The header of a file of root's, changed at no known time.
     *
     * @param name in ASCII, relative; at most 255 characters, of which at most 100 follow a slash at which it can be cut
     * @param mode permissions, for example 0644
     * @throws IllegalArgumentException if name or size do not fit
     */
    public static byte[] of(String name, int mode, long size) {
        return header(name, mode, size, '0', "");
    }

    /**
     * The header of a symbolic link of root's.
     *
     * @param name as that of a file
     * @param to   where it leads, in ASCII; at most 100 characters
     * @throws IllegalArgumentException if one of them does not fit
     */
    public static byte[] link(String name, String to) {
        if (to.length() > NAME_LENGTH) {
            throw new IllegalArgumentException("the name " + to + " is too long for a link in an archive");
        }
        return header(name, 0777, 0, '2', to);
    }

    private static byte[] header(String name, int mode, long size, char type, String link) {
        if (size > LARGEST) {
            throw new IllegalArgumentException(
                    name + " has " + size + " bytes, and a file of an archive has at most " + LARGEST);
        }
        int cut = name.length() <= NAME_LENGTH ? -1 : name.indexOf('/', name.length() - NAME_LENGTH - 1);
        String prefix = cut < 0 ? "" : name.substring(0, cut);
        String rest = name.substring(cut + 1);
        if (rest.length() > NAME_LENGTH || prefix.length() > PREFIX_LENGTH) {
            throw new IllegalArgumentException("the name " + name + " is too long for an archive");
        }
        byte[] header = new byte[BLOCK];
        put(header, 0, rest);
        put(header, 100, String.format("%07o\0", mode));
        put(header, 108, "0000000\0");
        put(header, 116, "0000000\0");
        put(header, 124, String.format("%0" + SIZE_DIGITS + "o\0", size));
        put(header, 136, String.format("%011o\0", 0));
        put(header, 148, "        ");
        header[156] = (byte) type;
        put(header, 157, link);
        put(header, 257, "ustar\00000");
        put(header, 345, prefix);
        int sum = 0;
        for (byte b : header) {
            sum += b & 0xff;
        }
        put(header, 148, String.format("%06o\0 ", sum));
        return header;
    }

    /** How many bytes of zero follow a content of that size. */
    public static int padding(long size) {
        return (int) ((BLOCK - size % BLOCK) % BLOCK);
    }

    private static void put(byte[] header, int at, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
        System.arraycopy(bytes, 0, header, at, bytes.length);
    }
}
