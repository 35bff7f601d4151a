package dev.caravan.cli;

import dev.caravan.journal.RunRecord;
import dev.caravan.journal.RunRecordJson;
import dev.caravan.terminal.Durations;
import dev.caravan.terminal.Mode;
import java.time.Duration;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code caravan runs}. */
@Command(name = "runs",
        description = "The runs in the journal, newest first.",
        footerHeading = "%nExamples:%n",
        footer = {
            "  caravan runs",
            "  caravan runs --limit 100 --output json | jq -r 'select(.state == \"failed\").id'",
            "  caravan runs --server http://localhost:8080"
        })
final class RunsCommand implements Callable<Integer> {
    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm").withZone(ZoneId.systemDefault());
    private static final String LINE = "%-8s  %-16s  %-8s  %-11s  %6s  %s%n";

    @Mixin
    private HistoryOptions where;

    @Option(names = "--limit", paramLabel = "N", defaultValue = "20", description = "How many (default: 20).")
    private int limit;

    @Override
    public Integer call() throws Exception {
        if (limit < 1) {
            throw new UserError("--limit " + limit + " lists nothing: it is a number from 1");
        }
        try (History history = where.open()) {
            List<RunRecord> runs = history.newest(limit);
            if (where.common.output == Mode.JSON) {
                runs.forEach(run -> System.out.println(RunRecordJson.tree(run)));
                return 0;
            }
            Set<String> unfinished = history.unfinished();
            System.out.printf(LINE, "RUN", "BEGUN", "ACTION", "STATE", "TOOK", "CLUSTER");
            runs.forEach(run -> System.out.print(line(run, unfinished.contains(run.id()))));
        }
        return 0;
    }

    /** Of 80 columns, 19 are left for the cluster's name. */
    static String line(RunRecord run, boolean unfinished) {
        String took = run.endedAt().map(end -> Durations.text(Duration.between(run.createdAt(), end))).orElse("");
        return String.format(LINE, run.id(), TIME.format(run.createdAt()), run.action(), unfinished ? "unfinished" : run.state(), took,
                run.cluster() + (run.rehearsal() ? " (rehearsal)" : ""));
    }
}
