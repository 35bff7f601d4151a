package dev.caravan.terminal;

import dev.caravan.history.Report;
import dev.caravan.history.RunView;
import dev.caravan.history.RunView.HostView;
import dev.caravan.history.RunView.StepView;
import java.util.ArrayList;
import java.util.List;

/** The reports that steps returned, as tables. */
final class ReportTable {
    /** Paths and names cannot be wrapped well: rather than squeezing them, a table is made wider than a narrow terminal. */
    private static final int NARROWEST = 150;

    private ReportTable() {}

    /** The reports of the run, a table for each step. They are shown whole: the user asked for them, and their size is bounded. */
    static List<String> lines(RunView run, int width, Look look) {
        List<String> lines = new ArrayList<>();
        for (String step : run.steps()) {
            List<List<String>> table = table(run, step);
            if (!table.isEmpty()) {
                lines.addAll(Columns.lines(table, "l".repeat(table.get(0).size() - 1), Math.max(width, NARROWEST), look));
                lines.add("");
            }
        }
        return lines;
    }

    /** The reports of one step on all hosts, with the host before each row; empty if no host gave one. */
    private static List<List<String>> table(RunView run, String step) {
        List<List<String>> table = new ArrayList<>();
        for (HostView host : run.hosts()) {
            StepView ended = host.steps().get(step);
            List<List<String>> rows = ended == null ? List.of() : Report.rows(ended.report());
            if (rows.isEmpty()) {
                continue;
            }
            if (table.isEmpty()) {
                table.add(with("host", rows.get(0)));
            }
            int columns = table.get(0).size();
            rows.stream().skip(1).map(row -> with(Wording.host(host.name()), row)).filter(row -> row.size() == columns)
                    .forEach(table::add);
        }
        return table;
    }

    private static List<String> with(String first, List<String> row) {
        List<String> whole = new ArrayList<>(List.of(first));
        whole.addAll(row);
        return whole;
    }
}
