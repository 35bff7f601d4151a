package dev.caravan.spec;

import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/** Which lines of two texts differ. */
public final class LineDifferences {
    private static final int SHOWN = 6;

    private LineDifferences() {}

    /**
     * What stands between the lines that two texts begin and end with alike; empty if they are equal. The longest part is cut off.
     *
     * @param one   the word before lines of the first text
     * @param other the word before lines of the second one
     */
    public static Optional<String> of(String first, String second, String one, String other) {
        List<String> before = first.lines().toList();
        List<String> after = second.lines().toList();
        if (before.equals(after)) {
            return Optional.empty();
        }
        int least = Math.min(before.size(), after.size());
        int begin = 0;
        while (begin < least && before.get(begin).equals(after.get(begin))) {
            begin++;
        }
        int end = 0;
        while (end < least - begin && before.get(before.size() - 1 - end).equals(after.get(after.size() - 1 - end))) {
            end++;
        }
        int width = Math.max(one.length(), other.length());
        return Optional.of(shown(before.subList(begin, before.size() - end), pad(one, width))
                + shown(after.subList(begin, after.size() - end), pad(other, width)).stripTrailing());
    }

    private static String pad(String word, int width) {
        return word + " ".repeat(width - word.length() + 2);
    }

    private static String shown(List<String> lines, String lead) {
        return lines.stream().limit(SHOWN).map(line -> lead + line + "\n").collect(Collectors.joining())
                + (lines.size() > SHOWN ? lead + "and " + (lines.size() - SHOWN) + " more lines\n" : "");
    }
}
