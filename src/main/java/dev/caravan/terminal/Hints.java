package dev.caravan.terminal;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Makes commands that texts name work as they are shown: with the options that say where the run is. Immutable.
 *
 * @param options of the command that shows the text, as a shell takes them, such as {@code --data /srv/data}; empty if there are none
 */
public record Hints(String options) {
    /** For those who gave no options. */
    public static final Hints NONE = new Hints("");

    /** A command about a run, by the run's id; what may follow it are options, too. */
    private static final Pattern COMMAND = Pattern.compile("caravan (?:logs|status|rollback-run) [0-9a-f]{8}(?![0-9A-Za-z-])(?! --data)");

    /** The text with the options in each command. */
    String in(String text) {
        return options.isEmpty() ? text
                : COMMAND.matcher(text).replaceAll(command -> Matcher.quoteReplacement(command.group() + " " + options));
    }

    /** The word as a shell takes it for this very word. */
    public static String word(String text) {
        return text.matches("[A-Za-z0-9_./:@%+=,-]+") ? text : "'" + text.replace("'", "'\\''") + "'";
    }
}
