package dev.caravan.terminal;

import dev.caravan.history.RunView;
import dev.caravan.history.RunView.HostView;
import dev.caravan.spec.Counted;
import dev.caravan.terminal.Look.Ink;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What a plan would change on each host, hosts with the same plan together. */
final class PlanLines {
    private final RunView run;
    private final int width;
    private final Look look;
    private final List<String> lines = new ArrayList<>();

    private PlanLines(RunView run, int width, Look look) {
        this.run = run;
        this.width = width;
        this.look = look;
    }

    static List<String> of(RunView run, int width, Look look) {
        return new PlanLines(run, width, look).lines();
    }

    private List<String> lines() {
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
        Map<Change, String> shown = new HashMap<>();
        groups.forEach((changes, hosts) -> {
            List<String> names = hosts.stream().map(host -> Wording.host(host.name())).toList();
            lines.add(look.paint(Ink.STRONG, Text.names(names, width - 12)
                    + (hosts.size() > 4 ? " (" + Counted.of(hosts.size(), "host") + ")" : "")));
            if (changes.isEmpty()) {
                lines.add("  nothing to change");
            }
            int stepWidth = changes.stream().mapToInt(change -> Text.width(change.step())).max().orElse(0);
            String step = "";
            for (Change change : changes) {
                lines.addAll(Text.hang("  " + Text.pad(change.step().equals(step) ? "" : change.step(), stepWidth) + "  ",
                        change.textOn(hosts), width));
                String before = shown.putIfAbsent(change, Wording.host(hosts.get(0).name()));
                List<String> diff = change.diffOn(hosts);
                diff(before == null || diff.isEmpty() ? diff : List.of("(as on " + before + ")"), hosts.get(0).name(), change.step(),
                        stepWidth + 6);
                step = change.step();
            }
            lines.add("");
        });
        return lines;
    }

    /** Not wrapped, so that it can be copied. */
    private void diff(List<String> diff, String host, String step, int indent) {
        String space = " ".repeat(indent);
        for (String line : diff.subList(0, Math.min(diff.size(), Summary.LONGEST_LIST))) {
            Ink ink = line.startsWith("@@") ? Ink.BUSY
                    : line.startsWith("---") || line.startsWith("+++") ? Ink.FAINT
                    : line.startsWith("+") ? Ink.GOOD : line.startsWith("-") ? Ink.BAD : Ink.NORMAL;
            lines.add(space + look.paint(ink, line));
        }
        if (diff.size() > Summary.LONGEST_LIST) {
            lines.add(space + "and " + Counted.of(diff.size() - Summary.LONGEST_LIST, "more line") + ": `"
                    + look.hints().in("caravan logs " + run.run()) + " --host " + host + " --step " + step + "`");
        }
    }
}
