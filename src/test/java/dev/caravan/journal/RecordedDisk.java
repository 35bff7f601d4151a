package dev.caravan.journal;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;

/**
 * What processes did to the files of a directory, as {@code recorded-disk.c} recorded it, and what a power cut at any moment of that
 * leaves: of each file what was forced, and of the rest nothing, or any part of it by sectors. A new or another name counts as on the
 * disk once the directory was forced, else as there or not.
 */
final class RecordedDisk {
    private static final int SECTOR = 512;
    private static final int HEAD = 17;

    private final List<Entry> entries = new ArrayList<>();
    private final Map<String, Content> names = new HashMap<>();
    private final Map<String, Content> forcedNames = new HashMap<>();
    private int at;

    private record Entry(char kind, String name, long offset, byte[] data) {}

    /** One file: what of it is on the disk, and what was done since. */
    private static final class Content {
        private byte[] forced = new byte[0];
        private final List<Entry> since = new ArrayList<>();

        /** @param random decides what is there of what was not forced; null for all of it */
        private byte[] with(Random random) {
            byte[] content = forced;
            for (Entry entry : since) {
                content = entry.kind() == 'T' ? truncated(content, entry, random) : written(content, entry, random);
            }
            return content;
        }

        private static byte[] truncated(byte[] content, Entry entry, Random random) {
            return random == null || random.nextBoolean() ? Arrays.copyOf(content, (int) entry.offset()) : content;
        }

        private static byte[] written(byte[] content, Entry entry, Random random) {
            byte[] result = content;
            for (int from = 0; from < entry.data().length;) {
                int position = (int) entry.offset() + from;
                int length = Math.min(entry.data().length - from, SECTOR - position % SECTOR);
                if (random == null || random.nextBoolean()) {
                    result = position + length > result.length || result == content ? Arrays.copyOf(result,
                            Math.max(result.length, position + length)) : result;
                    System.arraycopy(entry.data(), from, result, position, length);
                }
                from += length;
            }
            return result;
        }

        private void force() {
            forced = with(null);
            since.clear();
        }
    }

    private RecordedDisk() {}

    static RecordedDisk of(Path record) throws IOException {
        RecordedDisk disk = new RecordedDisk();
        ByteBuffer all = ByteBuffer.wrap(Files.readAllBytes(record)).order(ByteOrder.nativeOrder());
        while (all.remaining() >= HEAD) {
            char kind = (char) all.get();
            byte[] name = new byte[all.getInt()];
            long offset = all.getLong();
            byte[] data = new byte[all.getInt()];
            all.get(name).get(data);
            disk.entries.add(new Entry(kind, new String(name, UTF_8), offset, data));
        }
        return disk;
    }

    int size() {
        return entries.size();
    }

    int forced(String name) {
        return (int) entries.stream().filter(entry -> entry.kind() == 'F' && entry.name().equals(name)).count();
    }

    /** All that was done before that entry is done; entries are passed in order. */
    void runTo(int end) {
        for (; at < end; at++) {
            Entry entry = entries.get(at);
            switch (entry.kind()) {
                case 'U' -> names.remove(entry.name());
                case 'R' -> names.put(new String(entry.data(), UTF_8), names.remove(entry.name()));
                case 'F' -> force(entry.name());
                default -> file(entry.name()).since.add(entry);
            }
        }
    }

    private Content file(String name) {
        return names.computeIfAbsent(name, any -> new Content());
    }

    private void force(String name) {
        if (name.isEmpty()) {
            forcedNames.clear();
            forcedNames.putAll(names);
        } else {
            file(name).force();
        }
    }

    /** As processes see that file now. */
    byte[] read(String name) {
        return names.containsKey(name) ? names.get(name).with(null) : new byte[0];
    }

    /** Makes the directory of what a power cut now leaves. @param random decides what is there of what was not forced; null: nothing */
    void cutInto(Path directory, Random random) throws IOException {
        Files.createDirectories(directory);
        Set<String> all = new HashSet<>(names.keySet());
        all.addAll(forcedNames.keySet());
        for (String name : all.stream().sorted().toList()) {
            Content content = (random == null || random.nextBoolean() ? forcedNames : names).get(name);
            if (content != null) {
                Files.write(directory.resolve(name), random == null ? content.forced : content.with(random));
            }
        }
    }
}
