package dev.caravan.ssh;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;
import org.apache.sshd.client.config.hosts.KnownHostEntry;

/**
 * The lines of a known_hosts file, by host. Every connection looks there, and for a thousand hosts a file has a thousand lines: they are
 * parsed once, as long as the file says the same, byte by byte. Immutable.
 */
final class KnownHostLines {
    private static final int MOST_FILES = 16;
    private static final Map<Path, KnownHostLines> PARSED = new ConcurrentHashMap<>();
    /** Names that stand for themselves: no hash, no wildcard, no negation. */
    private static final Pattern PLAIN = Pattern.compile("[\\w.:,\\[\\]-]+");

    private final byte[] text;
    private final List<KnownHostEntry> entries;
    private final Map<String, List<Integer>> named = new HashMap<>();
    private final List<Integer> others = new ArrayList<>();

    private KnownHostLines(byte[] text) throws IOException {
        this.text = text;
        this.entries = KnownHostEntry.readKnownHostEntries(new ByteArrayInputStream(text), true);
        for (int at = 0; at < entries.size(); at++) {
            String names = names(entries.get(at));
            if (PLAIN.matcher(names).matches()) {
                for (String name : names.split(",")) {
                    named.computeIfAbsent(host(name), any -> new ArrayList<>()).add(at);
                }
            } else {
                others.add(at);
            }
        }
    }

    /** @throws java.nio.file.NoSuchFileException if there is none */
    static KnownHostLines of(Path file) throws IOException {
        byte[] text = Files.readAllBytes(file);
        KnownHostLines known = PARSED.get(file);
        if (known == null || !Arrays.equals(known.text, text)) {
            known = new KnownHostLines(text);
            if (PARSED.size() >= MOST_FILES) {
                PARSED.clear();
            }
            PARSED.put(file, known);
        }
        return known;
    }

    private static String names(KnownHostEntry entry) {
        String[] words = entry.getConfigLine().strip().split("\\s+", 3);
        return words[0].startsWith("@") && words.length > 1 ? words[1] : words[0];
    }

    /* Without the port, which is left to who asks. */
    private static String host(String name) {
        String lower = name.toLowerCase(Locale.ROOT);
        int end = lower.indexOf(']');
        return lower.startsWith("[") && end > 0 ? lower.substring(1, end) : lower;
    }

    /** Those that may be about that host, in the order of the file; others may be among them. */
    List<KnownHostEntry> about(String host) {
        SortedSet<Integer> lines = new TreeSet<>(others);
        lines.addAll(named.getOrDefault(host.toLowerCase(Locale.ROOT), List.of()));
        return lines.stream().map(entries::get).toList();
    }
}
