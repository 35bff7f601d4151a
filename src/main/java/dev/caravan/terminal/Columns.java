package dev.caravan.terminal;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Rows of text in aligned columns. */
final class Columns {
    private static final int NARROWEST = 8;

    private Columns() {}

    /**
     * The rows' lines. A first cell that repeats the one above it is left out; a cell that is wider than its column goes on in
     * the next line.
     *
     * @param rows      of equal length, the first of them being the header
     * @param alignment of the columns after the first, a letter each: l for left, r for right
     */
    static List<String> lines(List<List<String>> rows, String alignment, int width, Look look) {
        int[] widths = widths(rows, width);
        List<String> lines = new ArrayList<>();
        row(rows.get(0), widths, alignment, width).forEach(line -> lines.add(look.paint(Look.Ink.FAINT, line)));
        String before = "";
        for (List<String> row : rows.subList(1, rows.size())) {
            List<String> shown = new ArrayList<>(row);
            if (row.get(0).equals(before)) {
                shown.set(0, "");
            }
            lines.addAll(row(shown, widths, alignment, width));
            before = row.get(0);
        }
        return lines;
    }

    private static List<String> row(List<String> row, int[] widths, String alignment, int width) {
        List<List<String>> cells = new ArrayList<>();
        int start = 0;
        for (int i = 0; i < row.size(); i++) {
            int room = width - start;
            cells.add(Text.wrap(row.get(i), widths[i]).stream().flatMap(line -> Text.wrapPath(line, room).stream()).toList());
            start += widths[i] + 2;
        }
        int height = cells.stream().mapToInt(List::size).max().orElse(0);
        List<String> lines = new ArrayList<>();
        for (int line = 0; line < height; line++) {
            StringBuilder text = new StringBuilder();
            for (int i = 0; i < cells.size(); i++) {
                String cell = line < cells.get(i).size() ? cells.get(i).get(line) : "";
                boolean right = i > 0 && alignment.charAt(i - 1) == 'r';
                text.append(i == 0 ? "" : "  ").append(right ? Text.padLeft(cell, widths[i]) : Text.pad(cell, widths[i]));
            }
            lines.add(text.toString().stripTrailing());
        }
        return lines;
    }

    /** What the cells need; where that is too much, the widest column gives way. */
    private static int[] widths(List<List<String>> rows, int width) {
        int[] widths = new int[rows.get(0).size()];
        for (List<String> row : rows) {
            for (int i = 0; i < widths.length; i++) {
                widths[i] = Math.max(widths[i], Text.width(row.get(i)));
            }
        }
        int excess = Arrays.stream(widths).sum() + 2 * (widths.length - 1) - width;
        for (; excess > 0; excess--) {
            int widest = 0;
            for (int i = 1; i < widths.length; i++) {
                widest = widths[i] > widths[widest] ? i : widest;
            }
            if (widths[widest] <= NARROWEST) {
                break;
            }
            widths[widest]--;
        }
        return widths;
    }
}
