package dev.caravan.terminal;

import dev.caravan.history.Finding;
import dev.caravan.history.RunState;
import dev.caravan.history.RunView;
import dev.caravan.history.RunView.HostView;
import dev.caravan.history.RunView.StepView;
import dev.caravan.history.StepState;
import dev.caravan.spec.Counted;
import dev.caravan.spec.ShellWord;
import dev.caravan.terminal.Look.Ink;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The summary of an ended run: what changed, on which hosts, the time by step, what failed and what to do about
 * it, how it ended, and where the kubeconfig is. Pure.
 */
public final class Summary {
    /** Beyond this a list is no longer read; the log has the whole of it. */
    static final int LONGEST_LIST = 60;

    private final RunView run;
    private final int width;
    private final Look look;
    private final List<String> lines = new ArrayList<>();
    private final Causes causes;
    private boolean reported;
    private boolean outlined;
    private boolean brief;

    private Summary(RunView run, int width, Look look) {
        this.run = run;
        this.width = Math.max(40, width);
        this.look = look;
        this.causes = new Causes(run, this.width, look);
    }

    /** The whole summary of an ended run, wrapped to this width where text can be wrapped. */
    public static List<String> lines(RunView run, int width, Look look) {
        return new Summary(run, width, look).whole();
    }

    /** The failures, how the run ended and what to do now: for those who asked for no more. */
    static List<String> brief(RunView run, int width, Look look) {
        return new Summary(run, width, look).inBrief();
    }

    /** The same of a run of whose steps only those are known that failed: nothing is said of changes. */
    static List<String> outline(RunView run, int width, Look look) {
        Summary summary = new Summary(run, width, look);
        summary.outlined = true;
        return summary.inBrief();
    }

    private List<String> inBrief() {
        brief = true;
        if (run.state() != RunState.REFUSED) {
            lines.addAll(causes.explained());
        }
        findings();
        headline();
        return lines;
    }

    private List<String> whole() {
        if (run.state() != RunState.REFUSED) {
            List<String> reports = ReportTable.lines(run, width, look);
            reported = !reports.isEmpty();
            lines.addAll(reports);
            if (run.isPlan()) {
                if (run.changes() > 0 || !reported) {
                    lines.addAll(PlanLines.of(run, width, look));
                }
            } else {
                if (run.state() != RunState.ROLLED_BACK) {
                    // Runs of earlier versions do not say of each host that it was rolled back.
                    changes();
                }
                hosts();
            }
            StepTimes.rows(run).ifPresent(rows -> table(rows, "rrlrl"));
            lines.addAll(causes.recap());
        }
        findings();
        headline();
        return lines;
    }

    // How it ended

    private void headline() {
        boolean partly = run.state() == RunState.PARTLY;
        if (partly) {
            // What is read last is which hosts failed, and why.
            whatIsThere();
        }
        Ink ink = run.state() == RunState.SUCCEEDED ? Ink.GOOD : partly || run.state() == RunState.CANCELLED ? Ink.WAITING : Ink.BAD;
        Text.wrap(headlineText(), width).forEach(line -> lines.add(look.paint(ink, line)));
        if (partly || !causes.areTheMessage()) {
            lines.addAll(Wording.indent(2, Text.wrap(look.hints().in(causes.shorter()), width - 2)));
        }
        if (run.isPlan() && (outlined || run.changes() > 0) && run.state() == RunState.SUCCEEDED && !run.rehearsal()) {
            lines.add("  to do exactly this: " + look.hints().in("caravan apply -f SPEC --plan " + run.run()));
        }
        if (!partly) {
            whatIsThere();
        }
    }

    private void whatIsThere() {
        unfinished();
        kubeconfig();
        if (run.rehearsal() && brief) {
            lines.addAll(Text.wrap(Wording.REHEARSED, width));
        }
    }

    private String headlineText() {
        // The beginning of the whole output says it once already.
        String name = Text.printable((run.rehearsal() && !brief ? "rehearsal: " : "") + run.cluster());
        String time = Durations.text(run.elapsed(run.endedAt().orElseThrow()));
        return switch (run.state()) {
            case REFUSED -> name + " was refused by " + refusing() + " after " + time + ": "
                    + Counted.of(run.findings().size(), "finding") + ", nothing was changed on any host";
            case FAILED -> name + " failed after " + time + where()
                    + (run.changesNothing() ? "; nothing was changed" : "; the hosts are left as they are");
            case ROLLED_BACK -> name + " failed after " + time + where() + ", and was rolled back"
                    + (causes.areRolledBack() ? ": its hosts are as they were found" : "");
            case CANCELLED -> name + " was cancelled after " + time
                    + (run.changes() == 0 && !outlined || run.changesNothing() ? "; nothing was changed"
                            : "; the hosts are left as they are");
            case PARTLY -> succeeded(name, time) + "; not" + where()
                    + (causes.areRolledBack() ? " (rolled back)" : "");
            default -> succeeded(name, time);
        };
    }

    private String refusing() {
        return run.failures().stream().filter(step -> step.host().isEmpty()).map(StepView::step).findFirst().orElse("preflight");
    }

    private String succeeded(String name, String time) {
        String hosts = Counted.of(run.realHosts().size(), "host");
        if (outlined) {
            return name + (run.outcome().isEmpty() ? ": " + run.action() + " succeeded" : " " + Text.printable(run.outcome())) + " on "
                    + hosts + " after " + time;
        }
        if (run.changes() == 0 && reported) {
            return name + ": " + run.action() + " succeeded on " + hosts + " (" + time + ")";
        }
        if (run.changesNothing() && !run.isPlan() && !run.outcome().isEmpty()) {
            return name + " " + Text.printable(run.outcome()) + " after " + time;
        }
        if (run.changes() == 0) {
            return name + ": nothing to change on " + hosts + " (" + time + ")";
        }
        long touched = run.realHosts().stream().filter(host -> host.changes() > 0).count();
        String changes = Counted.of(run.changes(), "change") + " on "
                + (touched == run.realHosts().size() ? hosts : touched + " of " + hosts);
        if (run.isPlan()) {
            return name + ": apply would make " + changes + "; nothing was changed (" + time + ")";
        }
        return name + (run.outcome().isEmpty() ? ": " + run.action() + " succeeded" : " " + Text.printable(run.outcome())) + " after "
                + time + ": " + changes;
    }

    private String where() {
        List<String> failed = run.failures().stream().map(step -> Wording.host(step.host())).distinct().toList();
        return failed.isEmpty() ? "" : " on " + Text.names(failed, 40);
    }

    /** Steps that were interrupted. */
    private void unfinished() {
        for (String name : run.steps()) {
            List<String> hosts = run.hosts().stream()
                    .filter(host -> host.steps().containsKey(name) && !host.steps().get(name).state().ended())
                    .map(host -> Wording.host(host.name()))
                    .toList();
            if (!hosts.isEmpty()) {
                lines.add("  " + name + " was not finished on " + Text.names(hosts, width - 40));
            }
        }
    }

    private void kubeconfig() {
        if (run.kubeconfig().isEmpty()) {
            return;
        }
        String path = Text.printable(run.kubeconfig().get());
        if (run.rehearsal()) {
            lines.add("kubeconfig of the simulated cluster: " + path);
            return;
        }
        lines.add("kubeconfig: " + path);
        lines.add("  kubectl --kubeconfig " + ShellWord.of(path) + " get nodes");
    }

    // What changed

    private void changes() {
        Map<Change, List<HostView>> groups = new LinkedHashMap<>();
        for (String name : run.steps()) {
            for (HostView host : run.hosts()) {
                StepView step = host.steps().get(name);
                if (step != null && step.changed() && !host.rolledBack()) {
                    Change.of(step, host).forEach(change -> groups
                            .computeIfAbsent(change, key -> new ArrayList<>())
                            .add(host));
                }
            }
        }
        if (groups.isEmpty()) {
            return;
        }
        List<List<String>> rows = new ArrayList<>();
        rows.add(List.of("step", "changed", "on"));
        groups.forEach((change, hosts) -> rows.add(List.of(change.step(), change.textOn(hosts), onHosts(hosts))));
        table(rows, "ll");
    }

    private String onHosts(List<HostView> hosts) {
        List<String> names = hosts.stream().map(host -> Wording.host(host.name())).toList();
        int all = run.realHosts().size();
        if (names.size() == all && all > 2) {
            return "all " + all + " hosts";
        }
        List<String> others = run.realHosts().stream().map(HostView::name).filter(name -> !names.contains(name)).toList();
        return names.size() > 3 && others.size() < 3 ? "all but " + String.join(", ", others) : Text.names(names, 30);
    }

    private void hosts() {
        boolean rolledBack = run.hosts().stream().anyMatch(HostView::rolledBack);
        if (run.changes() == 0 && run.failures().isEmpty() && !rolledBack) {
            return;
        }
        Map<List<String>, List<String>> groups = new LinkedHashMap<>();
        for (HostView host : run.hosts()) {
            if (host.name().isEmpty() && host.changes() == 0 && host.failed().isEmpty()) {
                continue;
            }
            List<String> counts = new ArrayList<>(List.of(
                    Integer.toString(host.changes()),
                    Integer.toString(host.count(StepState.OK)),
                    Integer.toString(host.count(StepState.CHANGED)),
                    Integer.toString(host.count(StepState.SKIPPED)),
                    Integer.toString(host.count(StepState.FAILED))));
            if (rolledBack) {
                counts.add(Integer.toString(host.count(StepState.ROLLED_BACK)));
            }
            groups.computeIfAbsent(counts, key -> new ArrayList<>()).add(Wording.host(host.name()));
        }
        List<List<String>> rows = new ArrayList<>();
        List<String> head = new ArrayList<>(List.of("host", "changes", "steps ok", "changed", "skipped", "failed"));
        if (rolledBack) {
            head.add("rolled back");
        }
        rows.add(head);
        groups.forEach((counts, names) -> {
            List<String> row = new ArrayList<>(List.of(Text.names(names, Math.max(20, width - 50))));
            row.addAll(counts);
            rows.add(row);
        });
        table(rows, "r".repeat(head.size() - 1));
    }

    // What went wrong

    private void findings() {
        for (Finding finding : run.findings()) {
            String hosts = finding.hosts().isEmpty() ? Wording.CLUSTER : Text.names(finding.hosts(), width / 2);
            lines.addAll(Text.hang(Text.printable(hosts) + "  ", finding.problem(), width));
            lines.addAll(Wording.indent(4, Text.wrap(look.hints().in(finding.remedy()), width - 4)));
        }
        if (!run.findings().isEmpty()) {
            lines.add("");
        }
    }

    // Setting it out

    /** Adds a table, cut off if it is very long, and an empty line. */
    private void table(List<List<String>> rows, String alignment) {
        lines.addAll(Columns.lines(rows.subList(0, Math.min(rows.size(), LONGEST_LIST)), alignment, width, look));
        if (rows.size() > LONGEST_LIST) {
            lines.add("and " + (rows.size() - LONGEST_LIST) + " more: `" + look.hints().in("caravan status " + run.run()) + "`");
        }
        lines.add("");
    }
}
