package dev.caravan.terminal;

import dev.caravan.spec.ShellWord;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Makes commands that texts name work as they are shown: with the options that say where the run is, and the spec's file. Immutable.
 *
 * @param options of the command that shows the text, as a shell takes them, such as {@code --data /srv/data}; empty if there are none
 * @param spec    the file of the spec, as a shell takes it; {@code SPEC} if the command has none
 */
public record Hints(String options, String spec) {
    private static final String ANY_SPEC = "SPEC";
    /** For those who gave no options. */
    public static final Hints NONE = new Hints("");

    /** A command about a spec. */
    private static final Pattern ABOUT_SPEC = Pattern.compile(
            "(caravan [a-z][a-z0-9-]*) -f SPEC(?![0-9A-Za-z-])");
    /** A command about a run, by the run's id; what may follow it are options, too. */
    private static final Pattern COMMAND = Pattern.compile("caravan [a-z][a-z0-9-]* [0-9a-f]{8}(?![0-9A-Za-z-])(?! --data)");

    /** Without a spec. */
    public Hints(String options) {
        this(options, ANY_SPEC);
    }

    /** The same for a command about that spec. */
    public Hints about(Path file) {
        return new Hints(options, ShellWord.of(file.toString()));
    }

    /** The text with the options in each command. */
    String in(String text) {
        String after = options.isEmpty() ? "" : " " + options;
        String about = ABOUT_SPEC.matcher(text).replaceAll(command -> Matcher.quoteReplacement(command.group(1) + " -f " + spec + after));
        return COMMAND.matcher(about).replaceAll(command -> Matcher.quoteReplacement(command.group() + after));
    }
}
