package dev.caravan.cli;

import dev.caravan.journal.Journal;
import dev.caravan.journal.RunRecord;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code caravan runs}. */
@Command(name = "runs", mixinStandardHelpOptions = true, description = "The runs in the journal, newest first.")
final class RunsCommand implements Callable<Integer> {
    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss").withZone(ZoneId.systemDefault());

    @Mixin
    private CommonOptions common;

    @Option(names = "--limit", paramLabel = "N", defaultValue = "20", description = "How many (default: 20).")
    private int limit;

    @Override
    public Integer call() throws UserError {
        LogSetup.toFile(common.data);
        try (Journal journal = Journal.open(common.journal())) {
            List<RunRecord> runs = journal.runs(limit);
            System.out.printf("%-8s  %-19s  %-6s  %-11s  %s%n", "RUN", "BEGUN", "ACTION", "STATE", "CLUSTER");
            runs.forEach(run -> System.out.printf("%-8s  %-19s  %-6s  %-11s  %s%s%n", run.id(), TIME.format(run.createdAt()), run.action(),
                    run.state(), run.cluster(), run.rehearsal() ? " (rehearsal)" : ""));
        }
        return 0;
    }
}
