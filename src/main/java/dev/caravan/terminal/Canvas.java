package dev.caravan.terminal;

import java.util.List;
import java.util.regex.Pattern;

/**
 * Turns frames into what moves a terminal from one to the next: up to the frame's first line, each line over its
 * predecessor, the rest erased. The cursor rests on the line beneath the frame. The sequences are those that every terminal
 * since the VT100 knows. Not thread-safe.
 */
final class Canvas {
    private static final String ESCAPE = "\u001b[";
    private static final String HIDE_CURSOR = ESCAPE + "?25l";
    private static final String SHOW_CURSOR = ESCAPE + "?25h";
    /** A line that is too long for a terminal just made narrower is then cut, not broken. */
    private static final String WRAP_OFF = ESCAPE + "?7l";
    private static final String WRAP_ON = ESCAPE + "?7h";
    private static final String ERASE_LINE = ESCAPE + "K";
    private static final String ERASE_BELOW = ESCAPE + "J";
    private static final Pattern COLOUR = Pattern.compile("\u001b\\[[0-9;]*m");

    private List<String> drawn = List.of();
    private boolean hidden;
    private boolean mayHide = true;

    /**
     * Draws a frame in the place of the one before.
     *
     * @param above   lines to write above it, for good
     * @param columns the terminal's present width, to which it may have broken lines that were drawn wider
     */
    String draw(List<String> above, List<String> frame, int columns) {
        StringBuilder text = new StringBuilder();
        if (!hidden && mayHide) {
            text.append(HIDE_CURSOR);
            hidden = true;
        }
        int rows = drawn.stream().mapToInt(line -> rows(line, columns)).sum();
        text.append('\r');
        if (rows > 0) {
            text.append(ESCAPE).append(rows).append('A');
        }
        if (!above.isEmpty()) {
            text.append(ERASE_BELOW);
            above.forEach(line -> text.append(line).append('\n'));
        }
        text.append(WRAP_OFF);
        // After a line as wide as the terminal the cursor stands on its last character, which erasing would take away.
        frame.forEach(line -> text.append(line).append(width(line) < columns ? ERASE_LINE : "").append('\n'));
        text.append(ERASE_BELOW).append(WRAP_ON);
        drawn = List.copyOf(frame);
        return text.toString();
    }

    /** Shows the cursor and does not hide it again. Erases what a terminal may have echoed where it stands, ^C say. */
    String showCursor() {
        mayHide = false;
        hidden = false;
        return "\r" + ERASE_LINE + SHOW_CURSOR;
    }

    /** Gives the cursor back beneath the last frame; lines that are still to be written follow it. */
    String leave(List<String> lines) {
        StringBuilder text = new StringBuilder(hidden ? showCursor() : "");
        lines.forEach(line -> text.append(line).append('\n'));
        drawn = List.of();
        return text.toString();
    }

    private static int rows(String line, int columns) {
        return Math.max(1, (width(line) + columns - 1) / columns);
    }

    private static int width(String line) {
        return Text.width(COLOUR.matcher(line).replaceAll(""));
    }
}
