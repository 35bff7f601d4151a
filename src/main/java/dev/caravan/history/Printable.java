package dev.caravan.history;

import java.util.regex.Pattern;

/** Texts of hosts as they may be shown. */
public final class Printable {
    /** Escape sequences by ECMA-48: control sequences, strings (OSC, DCS and their kin), and the short ones. */
    private static final Pattern ESCAPE = Pattern.compile("\u001b\\[[0-?]*[ -/]*[@-~]"
            + "|\u001b\\][^\u0007\u001b]*(?:\u0007|\u001b\\\\)?"
            + "|\u001b[PX^_][^\u001b]*(?:\u001b\\\\)?"
            + "|\u001b[ -/]*[0-~]");
    /** Controls, and the marks that would reorder what is shown. */
    private static final Pattern UNPRINTABLE = Pattern.compile("[\\p{Cntrl}\u0080-\u009f\u202a-\u202e\u2066-\u2069]");

    private Printable() {}

    /** What hosts send must not steer the terminal: no escape sequence and no control character is left. */
    public static String of(String line) {
        return isPlain(line) ? line : UNPRINTABLE.matcher(ESCAPE.matcher(line).replaceAll("").replace("\t", "    ")).replaceAll("");
    }

    /** Whether all of it is printable ASCII, as nearly all of what is shown is. */
    public static boolean isPlain(String text) {
        for (int at = 0; at < text.length(); at++) {
            char character = text.charAt(at);
            if (character < ' ' || character > '~') {
                return false;
            }
        }
        return true;
    }
}
