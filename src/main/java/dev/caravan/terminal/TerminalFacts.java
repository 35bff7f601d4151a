package dev.caravan.terminal;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Supplier;
import org.jline.nativ.CLibrary;
import org.jline.nativ.JLineNativeLoader;

/**
 * What is known of the terminal that is written to.
 *
 * @param terminal whether standard output is a terminal
 * @param dumb     whether it cannot move its cursor
 * @param colour   whether colour may be used
 * @param unicode  whether it shows characters beyond ASCII
 * @param hints    for commands that texts name
 * @param size     the size now; asked again before each frame, so that a resize shows. Cheap, thread-safe
 */
public record TerminalFacts(boolean terminal, boolean dumb, boolean colour, boolean unicode, Hints hints, Supplier<Size> size) {
    private static final int STANDARD_OUTPUT = 1;

    /** Without options for the commands that texts name. */
    public TerminalFacts(boolean terminal, boolean dumb, boolean colour, boolean unicode, Supplier<Size> size) {
        this(terminal, dumb, colour, unicode, Hints.NONE, size);
    }

    /** The same, for a command with these options. */
    public TerminalFacts with(Hints other) {
        return new TerminalFacts(terminal, dumb, colour, unicode, other, size);
    }

    /** @param columns at least 1 @param rows at least 1 */
    public record Size(int columns, int rows) {
        /** What is assumed where nothing tells. */
        public static final Size USUAL = new Size(80, 24);
    }

    /**
     * Looks at standard output and at the environment: {@code TERM}, {@code NO_COLOR} (see no-color.org: any value but the empty
     * one), {@code CLICOLOR_FORCE} and {@code CLICOLOR} (see bixense.com/clicolors: colour though this is no terminal, no colour though
     * it is one), the locale, and {@code COLUMNS} and {@code LINES} where the terminal does not tell its size. No terminal setting
     * and no signal handler is touched.
     */
    public static TerminalFacts detect(Map<String, String> environment) {
        boolean terminal = isTerminal();
        String type = environment.getOrDefault("TERM", "");
        boolean dumb = type.isEmpty() || type.equals("dumb");
        boolean colour = colour(terminal && !dumb, environment);
        Size fallback = new Size(
                positive(environment.get("COLUMNS"), Size.USUAL.columns()),
                positive(environment.get("LINES"), Size.USUAL.rows()));
        return new TerminalFacts(
                terminal, dumb, colour, unicode(environment), terminal ? () -> ask(fallback) : () -> fallback);
    }

    /** What running text is wrapped to: a terminal's width, but no more than reads well. */
    public int textWidth() {
        return terminal ? Math.min(size.get().columns(), 110) : 100;
    }

    /** The text's lines, broken between words where a terminal would break them within; else as they are. */
    public List<String> wrap(String text) {
        return terminal ? Text.wrap(text, textWidth()) : List.of(text);
    }

    /** What may be used. */
    public Look look() {
        return new Look(colour, unicode, hints);
    }

    /** NO_COLOR goes over CLICOLOR_FORCE, which goes over CLICOLOR. */
    static boolean colour(boolean possible, Map<String, String> environment) {
        if (!environment.getOrDefault("NO_COLOR", "").isEmpty()) {
            return false;
        }
        if (!List.of("", "0").contains(environment.getOrDefault("CLICOLOR_FORCE", ""))) {
            return true;
        }
        return possible && !environment.getOrDefault("CLICOLOR", "").equals("0");
    }

    private static boolean isTerminal() {
        try {
            return JLineNativeLoader.initialize() && CLibrary.isatty(STANDARD_OUTPUT) == 1;
        } catch (Exception | LinkageError e) {
            // The native part could not be loaded, from a temporary directory mounted noexec say. Lines are right anywhere.
            return false;
        }
    }

    private static Size ask(Size fallback) {
        CLibrary.WinSize size = new CLibrary.WinSize();
        boolean isKnown = CLibrary.ioctl(STANDARD_OUTPUT, CLibrary.TIOCGWINSZ, size) == 0;
        // Serial lines and some pseudo terminals answer 0 by 0.
        return isKnown && size.ws_col > 0 && size.ws_row > 0 ? new Size(size.ws_col, size.ws_row) : fallback;
    }

    /** POSIX: LC_ALL goes over LC_CTYPE, which goes over LANG. */
    private static boolean unicode(Map<String, String> environment) {
        for (String name : new String[] {"LC_ALL", "LC_CTYPE", "LANG"}) {
            String value = environment.getOrDefault(name, "");
            if (!value.isEmpty()) {
                return value.toLowerCase(Locale.ROOT).replace("-", "").contains("utf8");
            }
        }
        return false;
    }

    private static int positive(String text, int fallback) {
        return text != null && text.matches("[1-9][0-9]{0,4}") ? Integer.parseInt(text) : fallback;
    }
}
