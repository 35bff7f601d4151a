package dev.caravan;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A document of this repository: its tables, links and anchors, for tests that compare documents with the code. Immutable. */
public final class Markdown {
    private static final Pattern FENCE = Pattern.compile("```(\\w*)");
    private static final Pattern HEADING = Pattern.compile("#{1,6} (.+)");
    private static final Pattern LINK = Pattern.compile("\\]\\(([^)\\s]+)\\)|<img src=\"([^\"]+)\"");

    private final Path file;
    private final List<String> lines;

    private Markdown(Path file, List<String> lines) {
        this.file = file;
        this.lines = List.copyOf(lines);
    }

    /** The document of that path, which starts at the repository's directory. */
    public static Markdown of(String path) {
        return of(Path.of(path));
    }

    static Markdown of(Path file) {
        try {
            return new Markdown(file, Files.readAllLines(file));
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    List<String> lines() {
        return lines;
    }

    /**
     * The rows of the table with that head, cell by cell, without the blanks around them. The head is its line as it is written.
     *
     * @throws AssertionError if there is no such table, or more than one
     */
    public List<List<String>> table(String head) {
        if (lines.stream().filter(head::equals).count() != 1) {
            throw new AssertionError(file + " should have one table with the head " + head);
        }
        return lines.stream().skip(lines.indexOf(head) + 2L).takeWhile(line -> line.startsWith("|"))
                .map(line -> Arrays.stream(line.substring(1).split("\\|")).map(String::strip).toList()).toList();
    }

    /** The texts in backticks. */
    public static List<String> codes(String text) {
        return Pattern.compile("`([^`]+)`").matcher(text).results().map(code -> code.group(1)).toList();
    }

    /** The texts of the fenced blocks of that language. */
    public List<String> blocks(String language) {
        List<String> blocks = new ArrayList<>();
        StringBuilder block = null;
        for (String line : lines) {
            Matcher fence = FENCE.matcher(line);
            if (fence.matches() && block != null) {
                blocks.add(block.toString());
                block = null;
            } else if (fence.matches() && fence.group(1).equals(language)) {
                block = new StringBuilder();
            } else if (block != null) {
                block.append(line).append('\n');
            }
        }
        return blocks;
    }

    /** Links and pictures, those with a scheme left out. */
    List<String> relativeLinks() {
        return LINK.matcher(String.join("\n", prose()).replaceAll("`[^`\n]+`", "")).results().map(Markdown::destination)
                .filter(link -> !link.matches("[a-z]+:.*")).toList();
    }

    private static String destination(MatchResult link) {
        return link.group(1) != null ? link.group(1) : link.group(2);
    }

    /** What may stand behind # in a link to it: its headings as GitHub makes anchors of them. */
    Set<String> anchors() {
        Map<String, Integer> seen = new HashMap<>();
        Set<String> anchors = new TreeSet<>();
        for (String line : prose()) {
            Matcher heading = HEADING.matcher(line);
            if (heading.matches()) {
                String words = heading.group(1).replaceAll("\\]\\([^)]*\\)", "").toLowerCase(Locale.ROOT);
                String anchor = words.replaceAll("[^\\p{L}\\p{N}_ -]", "").replace(' ', '-');
                int times = seen.merge(anchor, 1, Integer::sum) - 1;
                anchors.add(times == 0 ? anchor : anchor + "-" + times);
            }
        }
        return anchors;
    }

    /** All but the fenced blocks. */
    private List<String> prose() {
        List<String> prose = new ArrayList<>();
        boolean fenced = false;
        for (String line : lines) {
            boolean fence = FENCE.matcher(line).matches();
            fenced ^= fence;
            if (!fenced && !fence) {
                prose.add(line);
            }
        }
        return prose;
    }

    @Override
    public String toString() {
        return file.toString();
    }
}
