package dev.caravan.terminal;

import dev.caravan.history.Failure;
import dev.caravan.history.RunView;
import dev.caravan.history.RunView.StepView;
import dev.caravan.history.StepState;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/** The words in which several outputs say the same thing. */
final class Wording {
    static final String REHEARSAL = "This is a rehearsal on simulated hosts: no real host is touched.";
    static final String REHEARSED = "This was a rehearsal on simulated hosts: no real host was touched.";
    /** The row and the column of what ran for the cluster as a whole. */
    static final String CLUSTER = "cluster";

    private static final Pattern WAITING = Pattern.compile("(?i)^(?:(?:waiting|waits) )?(?:for )?");

    private Wording() {}

    static String host(String name) {
        return name.isEmpty() ? CLUSTER : name;
    }

    /** "waiting for X", however the event began to say that. */
    static String waiting(String what) {
        return "waiting for " + WAITING.matcher(Text.firstLine(what)).replaceFirst("");
    }

    static String state(RunView run, StepState state) {
        return state(run.isPlan(), state);
    }

    static String state(boolean plan, StepState state) {
        return plan && state == StepState.CHANGED ? "to change" : state.word().replace('-', ' ');
    }

    /** "failed after 3 attempts (1m12s)". */
    static String failed(StepView step) {
        return "failed" + attempts(step);
    }

    /** What follows the word "failed". */
    static String attempts(StepView step) {
        String after = step.attempt() > 1 ? " after " + step.attempt() + " attempts" : "";
        return after + step.duration().map(duration -> " (" + Durations.text(duration) + ")").orElse("");
    }

    /** Cause, the command's last words where they are wanted, remedy, and where the whole log is. */
    static List<String> explain(String run, StepView step, boolean lastWords, int width, Hints hints) {
        Failure failure = step.failure().orElseThrow();
        List<String> lines = new ArrayList<>(Text.wrap(step.message(), width));
        if (lastWords) {
            List<String> words = failure.lastWords().stream().flatMap(word -> Text.lines(word).stream()).toList();
            if (!words.equals(lines)) {
                words.forEach(word -> Text.wrap(word, width - 2).forEach(line -> lines.add("| " + line)));
            }
        }
        lines.addAll(Text.wrap(hints.in(failure.remedy()), width));
        if (!failure.remedy().contains("caravan logs")) {
            String host = step.host().isEmpty() ? "" : " --host " + step.host();
            lines.add("Log: `" + hints.in("caravan logs " + run) + host + " --step " + step.step() + "`");
        }
        lines.removeIf(String::isBlank);
        return lines;
    }

    static List<String> indent(int columns, List<String> lines) {
        return lines.stream().map(line -> " ".repeat(columns) + line).toList();
    }
}
