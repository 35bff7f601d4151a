package dev.caravan.terminal;

import dev.caravan.history.Restored;
import dev.caravan.history.RunState;
import dev.caravan.history.RunView;
import dev.caravan.history.RunView.HostView;
import dev.caravan.history.RunView.StepView;
import dev.caravan.history.StepState;
import dev.caravan.terminal.Look.Ink;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Why steps of a run failed. Failures that differ only in the host's name, its address or figures are one cause. Immutable. */
final class Causes {
    private final RunView run;
    private final int width;
    private final Look look;
    private final List<List<StepView>> causes;

    Causes(RunView run, int width, Look look) {
        this.run = run;
        this.width = width;
        this.look = look;
        Map<List<String>, List<StepView>> groups = new LinkedHashMap<>();
        for (HostView host : run.hosts()) {
            host.steps().values().stream().filter(step -> step.state() == StepState.FAILED).forEach(step -> groups
                    .computeIfAbsent(Arrays.asList(step.step(), Change.cause(step, host)), key -> new ArrayList<>())
                    .add(step));
        }
        this.causes = List.copyOf(groups.values());
    }

    /** A paragraph for each, with the last words of the command and what to do; for an output that has not shown it when it happened. */
    List<String> explained() {
        List<String> lines = new ArrayList<>();
        for (List<StepView> steps : causes) {
            lines.add(look.paint(Ink.BAD, who(steps)));
            lines.addAll(Wording.indent(4, Wording.explain(run.run(), steps.get(0), true, width - 4, look.hints())));
            lines.add("");
        }
        return lines;
    }

    /** A line for each that the run's message does not name: the whole was said when it happened. */
    List<String> recap() {
        List<String> lines = new ArrayList<>();
        for (List<StepView> steps : causes) {
            String cause = Text.firstLine(steps.get(0).message());
            if (!cause.isEmpty() && run.message().contains(cause)) {
                continue;
            }
            String line = who(steps) + ": " + cause;
            lines.add(look.paint(Ink.BAD, Text.fit(line, width, look.ellipsis())));
        }
        if (!lines.isEmpty()) {
            lines.add("");
        }
        return lines;
    }

    /** Whether all that failed is as it was found. */
    boolean areRolledBack() {
        return !shorter().equals(run.message());
    }

    /** The run's message without the words on hosts that were rolled back, if these are all that failed, or all there are. */
    String shorter() {
        List<String> failed = run.failures().stream().map(StepView::host).distinct().sorted().toList();
        String end = run.state() == RunState.ROLLED_BACK ? Restored.ALL : Restored.only(failed);
        return run.message().endsWith(end) ? run.message().substring(0, run.message().length() - end.length()) : run.message();
    }

    /** Whether the run's message at its end says nothing else. */
    boolean areTheMessage() {
        return !causes.isEmpty() && run.message().startsWith("failed: ")
                && !run.message().contains(" Rolled back: ") && !run.message().contains(" Left ");
    }

    private String who(List<StepView> steps) {
        List<String> names = steps.stream().map(step -> Wording.host(step.host())).toList();
        return Text.names(names, width - 40) + "  " + steps.get(0).step() + "  " + Wording.failed(steps.get(0));
    }
}
