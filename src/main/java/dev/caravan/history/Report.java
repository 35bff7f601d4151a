package dev.caravan.history;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** The tables that scripts return: the output {@code report} of a step. The first line has the headings; tabs separate the fields. */
public final class Report {
    private static final int MOST_ROWS = 500;
    private static final int MOST_COLUMNS = 12;
    private static final int LONGEST_FIELD = 1000;

    private Report() {}

    /** The rows of a report, each as long as the headings, within the limits above; empty if there are none. */
    public static List<List<String>> rows(String text) {
        if (text.isBlank()) {
            return List.of();
        }
        int columns = Math.min(MOST_COLUMNS, text.lines().findFirst().orElse("").split("\t", -1).length);
        return text.lines().limit(MOST_ROWS).map(line -> row(line, columns)).toList();
    }

    private static List<String> row(String line, int columns) {
        List<String> fields = new ArrayList<>();
        Arrays.stream(line.split("\t", -1)).limit(columns).forEach(field ->
                fields.add(Printable.of(field.length() > LONGEST_FIELD ? field.substring(0, LONGEST_FIELD) : field)));
        while (fields.size() < columns) {
            fields.add("");
        }
        return List.copyOf(fields);
    }
}
