package dev.caravan.terminal;

import dev.caravan.history.Finding;
import dev.caravan.history.RunState;
import dev.caravan.history.RunView;
import dev.caravan.history.RunView.HostView;
import dev.caravan.history.RunView.StepView;
import dev.caravan.history.StepState;
import dev.caravan.terminal.Look.Ink;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What is said of a run when it has ended: what changed, on which hosts, the time by step, what failed and what to do about
 * it, how it ended, and where the kubeconfig lies. Pure.
 */
public final class Summary {
    /** Beyond this a list is no longer read; the log has the whole of it. */
    private static final int LONGEST_LIST = 60;

    private final RunView run;
    private final int width;
    private final Look look;
    private final List<String> lines = new ArrayList<>();
    private boolean reported;

    private Summary(RunView run, int width, Look look) {
        this.run = run;
        this.width = Math.max(40, width);
        this.look = look;
    }

    /** The whole summary of an ended run, wrapped to this width where text can be wrapped. */
    public static List<String> lines(RunView run, int width, Look look) {
        return new Summary(run, width, look).whole();
    }

    /** The failures, how the run ended and what to do now: for those who asked for no more. */
    static List<String> brief(RunView run, int width, Look look) {
        Summary summary = new Summary(run, width, look);
        if (run.state() != RunState.REFUSED) {
            summary.failures(true);
        }
        summary.findings();
        summary.headline();
        return summary.lines;
    }

    private List<String> whole() {
        if (run.state() != RunState.REFUSED) {
            List<String> reports = ReportTable.lines(run, width, look);
            reported = !reports.isEmpty();
            lines.addAll(reports);
            if (run.isPlan()) {
                if (run.changes() > 0 || !reported) {
                    plan();
                }
            } else {
                if (run.state() != RunState.ROLLED_BACK) {
                    // Runs of earlier versions do not say of each host that it was rolled back.
                    changes();
                }
                hosts();
            }
            steps();
            failures(false);
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
        lines.addAll(Wording.indent(2, Text.wrap(look.hints().in(run.message()), width - 2)));
        if (!partly) {
            whatIsThere();
        }
    }

    private void whatIsThere() {
        unfinished();
        kubeconfig();
        if (run.rehearsal()) {
            lines.addAll(Text.wrap(Wording.REHEARSED, width));
        }
    }

    private String headlineText() {
        String name = Text.printable(run.cluster());
        String time = Durations.text(run.elapsed(run.endedAt().orElseThrow()));
        return switch (run.state()) {
            case REFUSED -> name + " was refused by preflight after " + time + ": "
                    + Text.count(run.findings().size(), "finding") + ", nothing was changed on any host";
            case FAILED -> name + " failed after " + time + where()
                    + (run.changesNothing() ? "; nothing was changed" : "; the hosts are left as they stand");
            case ROLLED_BACK -> name + " failed after " + time + where() + ", and was rolled back";
            case CANCELLED -> name + " was cancelled after " + time
                    + (run.changes() == 0 || run.changesNothing() ? "; nothing was changed" : "; the hosts are left as they stand");
            case PARTLY -> succeeded(name, time) + "; not" + where();
            default -> succeeded(name, time);
        };
    }

    private String succeeded(String name, String time) {
        String hosts = Text.count(run.realHosts().size(), "host");
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
        String changes = Text.count(run.changes(), "change") + " on "
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

    /** What was cut off: nobody knows yet how these steps would have ended. */
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
        lines.add("  kubectl --kubeconfig " + Hints.word(path) + " get nodes");
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

    /** What each host would see changed, hosts with the same plan together. */
    private void plan() {
        Map<List<Change>, List<HostView>> groups = new LinkedHashMap<>();
        for (HostView host : run.hosts()) {
            List<Change> changes = run.steps().stream()
                    .map(host.steps()::get)
                    .filter(step -> step != null && step.changed())
                    .flatMap(step -> Change.of(step, host).stream())
                    .toList();
            if (!changes.isEmpty() || !host.name().isEmpty()) {
                groups.computeIfAbsent(changes, key -> new ArrayList<>()).add(host);
            }
        }
        Map<Change, String> told = new HashMap<>();
        groups.forEach((changes, hosts) -> {
            List<String> names = hosts.stream().map(host -> Wording.host(host.name())).toList();
            lines.add(look.paint(Ink.STRONG, Text.names(names, width - 12)
                    + (hosts.size() > 4 ? " (" + Text.count(hosts.size(), "host") + ")" : "")));
            if (changes.isEmpty()) {
                lines.add("  nothing to change");
            }
            int stepWidth = changes.stream().mapToInt(change -> Text.width(change.step())).max().orElse(0);
            String step = "";
            for (Change change : changes) {
                hang("  " + Text.pad(change.step().equals(step) ? "" : change.step(), stepWidth) + "  ",
                        change.textOn(hosts));
                String before = told.putIfAbsent(change, Wording.host(hosts.get(0).name()));
                List<String> diff = change.diffOn(hosts);
                diff(before == null || diff.isEmpty() ? diff : List.of("(as on " + before + ")"), hosts.get(0).name(), change.step(),
                        stepWidth + 6);
                step = change.step();
            }
            lines.add("");
        });
    }

    /** What somebody may want to copy is not wrapped. */
    private void diff(List<String> diff, String host, String step, int indent) {
        String space = " ".repeat(indent);
        for (String line : diff.subList(0, Math.min(diff.size(), LONGEST_LIST))) {
            Ink ink = line.startsWith("@@") ? Ink.BUSY
                    : line.startsWith("---") || line.startsWith("+++") ? Ink.FAINT
                    : line.startsWith("+") ? Ink.GOOD : line.startsWith("-") ? Ink.BAD : Ink.NORMAL;
            lines.add(space + look.paint(ink, line));
        }
        if (diff.size() > LONGEST_LIST) {
            lines.add(space + "and " + Text.count(diff.size() - LONGEST_LIST, "more line") + ": `"
                    + look.hints().in("caravan logs " + run.run()) + " --host " + host + " --step " + step + "`");
        }
    }

    // The time

    private void steps() {
        List<List<String>> rows = new ArrayList<>();
        rows.add(List.of("step", "hosts", "longest", "on", "sum", "result"));
        for (String name : run.steps()) {
            List<StepView> ended = run.hosts().stream()
                    .map(host -> host.steps().get(name))
                    .filter(step -> step != null && step.duration().isPresent())
                    .toList();
            if (!ended.isEmpty()) {
                rows.add(stepRow(name, ended));
            }
        }
        if (rows.size() > 1) {
            table(rows, "rrlrl");
        }
    }

    private List<String> stepRow(String name, List<StepView> ended) {
        StepView longest = ended.stream()
                .max(Comparator.comparing((StepView step) -> step.duration().get()))
                .orElseThrow();
        Duration sum = ended.stream().map(step -> step.duration().get()).reduce(Duration.ZERO, Duration::plus);
        return List.of(
                name, Integer.toString(ended.size()), Durations.text(longest.duration().get()),
                Wording.host(longest.host()), Durations.text(sum), result(ended));
    }

    /** "ok", or where hosts differ "1 changed, 2 ok". */
    private String result(List<StepView> ended) {
        List<String> words = new ArrayList<>();
        for (StepState state : List.of(StepState.FAILED, StepState.ROLLED_BACK, StepState.CHANGED, StepState.OK, StepState.SKIPPED)) {
            long count = ended.stream().filter(step -> step.state() == state).count();
            if (count == ended.size()) {
                return Wording.state(run, state);
            }
            if (count > 0) {
                words.add(count + " " + Wording.state(run, state));
            }
        }
        return String.join(", ", words);
    }

    // What went wrong

    /** Failures that read the same but for the host's name stand together. */
    private void failures(boolean lastWords) {
        Map<List<String>, List<StepView>> groups = new LinkedHashMap<>();
        for (HostView host : run.hosts()) {
            host.steps().values().stream().filter(step -> step.state() == StepState.FAILED).forEach(step -> groups
                    .computeIfAbsent(Arrays.asList(step.step(), Change.neutral(step.message(), host)),
                            key -> new ArrayList<>())
                    .add(step));
        }
        groups.values().forEach(steps -> {
            StepView first = steps.get(0);
            List<String> names = steps.stream().map(step -> Wording.host(step.host())).toList();
            lines.add(look.paint(Ink.BAD, Text.names(names, width - 40) + "  " + first.step() + "  "
                    + Wording.failed(first)));
            lines.addAll(Wording.indent(4, Wording.explain(run.run(), first, lastWords, width - 4, look.hints())));
            lines.add("");
        });
    }

    private void findings() {
        for (Finding finding : run.findings()) {
            String hosts = finding.hosts().isEmpty() ? Wording.CLUSTER : Text.names(finding.hosts(), width / 2);
            hang(Text.printable(hosts) + "  ", finding.problem());
            lines.addAll(Wording.indent(4, Text.wrap(finding.remedy(), width - 4)));
        }
        if (!run.findings().isEmpty()) {
            lines.add("");
        }
    }

    // Setting it out

    /** Adds a table, cut off where it is longer than anybody reads, and an empty line. */
    private void table(List<List<String>> rows, String alignment) {
        lines.addAll(Columns.lines(rows.subList(0, Math.min(rows.size(), LONGEST_LIST)), alignment, width, look));
        if (rows.size() > LONGEST_LIST) {
            lines.add("and " + (rows.size() - LONGEST_LIST) + " more: `" + look.hints().in("caravan status " + run.run()) + "`");
        }
        lines.add("");
    }

    /** Adds text behind a lead, its further lines beneath its first. */
    private void hang(String lead, String text) {
        int indent = Text.width(lead);
        List<String> wrapped = Text.wrap(text, Math.max(20, width - indent));
        for (int i = 0; i < wrapped.size(); i++) {
            lines.add((i == 0 ? lead : " ".repeat(indent)) + wrapped.get(i));
        }
    }
}
