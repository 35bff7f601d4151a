package dev.caravan.spec;

/** Words in commands that are shown to be copied. */
public final class ShellWord {
    private ShellWord() {}

    /** The word as a POSIX shell takes it for this very word. */
    public static String of(String text) {
        return text.matches("[A-Za-z0-9_./:@%+=,-]+") ? text : "'" + text.replace("'", "'\\''") + "'";
    }
}
