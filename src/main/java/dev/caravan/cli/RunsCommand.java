package dev.caravan.cli;

import dev.caravan.journal.Journal;
import dev.caravan.journal.Retention;
import dev.caravan.journal.RunRecord;
import dev.caravan.journal.RunRecordJson;
import dev.caravan.run.Pruning;
import dev.caravan.spec.Counted;
import dev.caravan.terminal.Durations;
import dev.caravan.terminal.Mode;
import java.time.Duration;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code caravan runs}. */
@Command(name = "runs",
        description = {
            "The runs in the journal, newest first.",
            "",
            "With --prune, deletes ended runs that are kept no longer, with their events and logs, and lists them. "
                    + "What a rollback, a reset or a resumed run needs stays, and so does the newest run of each cluster."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  caravan runs",
            "  caravan runs --limit 100 --output json | jq -r 'select(.state == \"failed\").id'",
            "  caravan runs --server http://localhost:8080",
            "  caravan runs --prune --keep-runs 20 --keep-days 90 --dry-run"
        })
final class RunsCommand implements Callable<Integer> {
    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm").withZone(ZoneId.systemDefault());
    private static final String LINE = "%-8s  %-16s  %-8s  %-11s  %6s  %s%n";

    @Mixin
    private HistoryOptions where;

    @Option(names = "--limit", paramLabel = "N", defaultValue = "20", description = "How many (default: 20).")
    private int limit;

    @Option(names = "--prune", description = "Deletes ended runs that neither --keep-runs nor --keep-days keeps.")
    private boolean prune;

    @Option(names = "--keep-runs", paramLabel = "N", description = "Keeps the newest N runs of each cluster (or CARAVAN_KEEP_RUNS).")
    private Integer keepRuns;

    @Option(names = "--keep-days", paramLabel = "N", description = "Keeps the runs that ended in the last N days (or CARAVAN_KEEP_DAYS).")
    private Integer keepDays;

    @Option(names = "--dry-run", description = "Lists what --prune would delete, and deletes nothing.")
    private boolean dryRun;

    @Override
    public Integer call() throws Exception {
        if (prune) {
            return prune();
        }
        if (keepRuns != null || keepDays != null || dryRun) {
            throw new UserError("--keep-runs, --keep-days and --dry-run belong to --prune, which is missing");
        }
        if (limit < 1) {
            throw new UserError("--limit " + limit + " lists nothing: it is a number from 1");
        }
        try (History history = where.open()) {
            List<RunRecord> runs = history.newest(limit);
            if (where.common.output == Mode.JSON) {
                printJson(runs);
            } else {
                print(runs, history.unfinished());
            }
        }
        return 0;
    }

    private static void printJson(List<RunRecord> runs) {
        runs.forEach(run -> System.out.println(RunRecordJson.tree(run)));
    }

    private static void print(List<RunRecord> runs, Set<String> unfinished) {
        System.out.printf(LINE, "RUN", "BEGUN", "ACTION", "STATE", "TOOK", "CLUSTER");
        runs.forEach(run -> System.out.print(line(run, unfinished.contains(run.id()))));
    }

    private int prune() throws Exception {
        if (where.isServer()) {
            throw new UserError("--prune deletes from the journal itself, not through --server or CARAVAN_SERVER: leave that out, and give "
                    + "--data or --journal");
        }
        Retention keep = new Retention(kept("--keep-runs", keepRuns, "caravan.keep.runs"),
                kept("--keep-days", keepDays, "caravan.keep.days"));
        if (!keep.isOn()) {
            throw new UserError("--prune deletes what is kept no longer: say what is kept, with --keep-runs N or --keep-days N");
        }
        LogSetup.toFile(where.common.data());
        try (Journal journal = Journal.open(where.common.journal())) {
            Pruning pruning = new Pruning(journal, where.common.data(), keep);
            List<RunRecord> runs = dryRun ? pruning.deletable() : pruning.prune();
            if (where.common.output == Mode.JSON) {
                printJson(runs);
                return 0;
            }
            if (!runs.isEmpty()) {
                print(runs, Set.of());
            }
            System.out.println(Counted.of(runs.size(), "run") + (dryRun ? " would be deleted" : " deleted"));
        }
        return 0;
    }

    /** The option, else the setting of the environment. */
    private static OptionalInt kept(String name, Integer option, String setting) throws UserError {
        String variable = setting.toUpperCase(Locale.ROOT).replace('.', '_');
        String text = option != null ? option.toString() : System.getProperty(setting, System.getenv().getOrDefault(variable, "")).strip();
        if (text.isEmpty()) {
            return OptionalInt.empty();
        }
        if (!text.matches("[1-9]\\d{0,5}")) {
            throw new UserError((option != null ? name : variable) + " " + text + " keeps nothing: it is a number from 1");
        }
        return OptionalInt.of(Integer.parseInt(text));
    }

    /** Of 80 columns, 19 are left for the cluster's name. */
    static String line(RunRecord run, boolean unfinished) {
        String took = run.endedAt().map(end -> Durations.text(Duration.between(run.createdAt(), end))).orElse("");
        return String.format(LINE, run.id(), TIME.format(run.createdAt()), run.action(), unfinished ? "unfinished" : run.state().word(),
                took, run.cluster() + (run.rehearsal() ? " (rehearsal)" : ""));
    }
}
