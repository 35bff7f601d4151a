package dev.caravan.routes;

import java.util.Optional;
import java.util.function.Function;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Makes one text of a script and the parts that it sources from {@code lib/}, so that a host gets one file. A part may have the line
 * {@code # --- undo}: only what is before it is taken; of a line that sources the part and ends with the same words, only what follows.
 */
final class ScriptParts {
    private static final Pattern SOURCED = Pattern.compile(
            "(?m)^[.] \"[$][{]CARAVAN_LIB:-[^\\n]*[}]/(lib/[a-z-]+[.]sh)\"(?: (# --- undo))?$");
    private static final Pattern UNDO = Pattern.compile("(?m)^# --- undo\\n");

    private ScriptParts() {}

    /** The text with its parts. A line whose part is not there stays. @param script the text of a script, by its name */
    static String together(String text, Function<String, Optional<String>> script) {
        return SOURCED.matcher(text).replaceAll(found -> Matcher.quoteReplacement(part(found, script)));
    }

    private static String part(MatchResult sourced, Function<String, Optional<String>> script) {
        return script.apply(sourced.group(1)).map(whole -> {
            String[] halves = UNDO.split(whole, 2);
            boolean ofUndo = sourced.group(2) != null;
            return ofUndo ? halves.length > 1 ? halves[1] : "" : halves[0];
        }).map(String::stripTrailing).orElse(sourced.group());
    }
}
