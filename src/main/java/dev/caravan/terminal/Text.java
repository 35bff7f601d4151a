package dev.caravan.terminal;

import dev.caravan.history.Printable;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jline.utils.WCWidth;

/** Text in columns. A width is counted in terminal columns, of which some characters take two and some none. */
final class Text {
    /** A word; a command in backquotes stays in one piece, to be copied. */
    private static final Pattern WORD = Pattern.compile("[^\\s`]*`[^`]*`\\S*|\\S+");

    private static final Pattern LINE_BREAK = Pattern.compile("\\R");

    private Text() {}

    /** As {@link Printable#of}. */
    static String printable(String line) {
        return Printable.of(line);
    }

    /** The text's lines, printable, without blank ones at either end. */
    static List<String> lines(String text) {
        List<String> lines = new ArrayList<>();
        if (Printable.isPlain(text)) {
            String line = text.strip();
            return line.isEmpty() ? lines : List.of(line);
        }
        for (String line : LINE_BREAK.split(text.strip())) {
            String printable = printable(line).stripTrailing();
            if (!(lines.isEmpty() && printable.isBlank())) {
                lines.add(printable);
            }
        }
        return lines;
    }

    static String firstLine(String text) {
        List<String> lines = lines(text);
        return lines.isEmpty() ? "" : lines.get(0);
    }

    static int width(String text) {
        return Printable.isPlain(text) ? text.length() : text.codePoints().map(Text::width).sum();
    }

    private static int width(int character) {
        return Math.max(0, WCWidth.wcwidth(character));
    }

    static String pad(String text, int width) {
        return text + " ".repeat(Math.max(0, width - width(text)));
    }

    static String padLeft(String text, int width) {
        return " ".repeat(Math.max(0, width - width(text))) + text;
    }

    /** The text, or as much of its beginning as fits in the width together with the ellipsis. */
    static String fit(String text, int width, String ellipsis) {
        if (width(text) <= width) {
            return text;
        }
        int room = width - width(ellipsis);
        return room < 1 ? cut(text, width) : cut(text, room).stripTrailing() + ellipsis;
    }

    private static String cut(String text, int width) {
        int end = 0;
        int used = 0;
        while (end < text.length()) {
            int character = text.codePointAt(end);
            used += width(character);
            if (used > width) {
                break;
            }
            end += Character.charCount(character);
        }
        return text.substring(0, end);
    }

    /**
     * Breaks each line of the text at spaces so that it fits. A word that is wider than that stands whole on a line of its
     * own: half a path or half a command helps nobody.
     */
    static List<String> wrap(String text, int width) {
        List<String> wrapped = new ArrayList<>();
        for (String line : lines(text)) {
            wrapLine(line, width, wrapped);
        }
        return wrapped;
    }

    private static void wrapLine(String line, int width, List<String> wrapped) {
        if (width(line) <= width) {
            wrapped.add(line);
            return;
        }
        String indent = line.substring(0, line.length() - line.stripLeading().length());
        StringBuilder current = new StringBuilder(indent);
        Matcher words = WORD.matcher(line);
        while (words.find()) {
            boolean first = current.toString().isBlank();
            if (!first && width(current.toString()) + 1 + width(words.group()) > width) {
                wrapped.add(current.toString());
                current.setLength(0);
                current.append(indent);
                first = true;
            }
            current.append(first ? "" : " ").append(words.group());
        }
        wrapped.add(current.toString());
    }

    /** A line that is wider than that is broken after slashes, as a terminal would break it anywhere. */
    static List<String> wrapPath(String line, int width) {
        List<String> parts = new ArrayList<>();
        String rest = line;
        while (width(rest) > width) {
            int slash = cut(rest, width).lastIndexOf('/');
            if (slash < 1) {
                break;
            }
            parts.add(rest.substring(0, slash + 1));
            rest = rest.substring(slash + 1);
        }
        parts.add(rest);
        return parts;
    }

    /** The names, comma-separated, as many as fit: {@code h1, h2, h3 and 12 more}. At least one is named. */
    static String names(List<String> names, int width) {
        String all = "";
        StringBuilder first = new StringBuilder();
        for (int shown = 1; shown <= names.size() && (shown == 1 || width(first.toString()) <= width); shown++) {
            first.append(shown == 1 ? "" : ", ").append(names.get(shown - 1));
            String more = shown == names.size() ? "" : " and " + (names.size() - shown) + " more";
            if (shown == 1 || width(first + more) <= width) {
                all = first + more;
            }
        }
        return all;
    }

    /** Text behind a lead, wrapped, its further lines beneath its first. */
    static List<String> hang(String lead, String text, int width) {
        int indent = width(lead);
        List<String> wrapped = wrap(text, Math.max(20, width - indent));
        List<String> lines = new ArrayList<>();
        for (int i = 0; i < wrapped.size(); i++) {
            lines.add((i == 0 ? lead : " ".repeat(indent)) + wrapped.get(i));
        }
        return lines;
    }
}
