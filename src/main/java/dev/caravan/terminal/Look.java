package dev.caravan.terminal;

/**
 * What may be used to show things: colour, and characters beyond ASCII. Colour never stands alone; what it says is also
 * said by a word.
 *
 * @param hints for commands that texts name
 */
public record Look(boolean colour, boolean unicode, Hints hints) {
    /** Neither colour nor anything beyond ASCII. */
    public static final Look BARE = new Look(false, false);

    /** Without options for the commands that texts name. */
    public Look(boolean colour, boolean unicode) {
        this(colour, unicode, Hints.NONE);
    }

    enum Ink {
        NORMAL(""), FAINT("2"), STRONG("1"), GOOD("32"), BUSY("36"), WAITING("33"), BAD("1;31");

        private final String code;

        Ink(String code) {
            this.code = code;
        }
    }

    String paint(Ink ink, String text) {
        return colour && ink != Ink.NORMAL && !text.isBlank() ? "\u001b[" + ink.code + "m" + text + "\u001b[0m" : text;
    }

    String dot() {
        return unicode ? "·" : ".";
    }

    String ellipsis() {
        return unicode ? "…" : "..";
    }
}
