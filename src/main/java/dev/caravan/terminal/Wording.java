package dev.caravan.terminal;

import dev.caravan.history.Failure;
import dev.caravan.history.RunView;
import dev.caravan.history.RunView.StepView;
import dev.caravan.history.StepState;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The words in which several outputs say the same thing. */
final class Wording {
    static final String REHEARSAL = "This is a rehearsal on simulated hosts: no real host is touched.";
    static final String REHEARSED = "This was a rehearsal on simulated hosts: no real host was touched.";
    /** The row and the column of what ran for the cluster as a whole. */
    static final String CLUSTER = "cluster";

    /** Of "pulling images: 3/7". */
    private static final Pattern COUNT = Pattern.compile("(?:^| )(\\d{1,4}/\\d{1,4})$");
    /** How a script writes into its log why it failed. */
    private static final String FAILED = "failed: ";
    private static final Pattern WAITING = Pattern.compile("(?i)^(?:(?:waiting|waits) )?(?:for )?");

    private Wording() {}

    static String host(String name) {
        return name.isEmpty() ? CLUSTER : name;
    }

    /** "waiting for X", however the event began to say that. */
    static String waiting(String what) {
        return "waiting for " + WAITING.matcher(Text.firstLine(what)).replaceFirst("");
    }

    /** How far a running step is, if what it says ends with a count: {@code 3/7}. */
    static Optional<String> count(StepView step) {
        Matcher count = COUNT.matcher(Text.firstLine(step.doing()));
        return count.find() ? Optional.of(count.group(1)) : Optional.empty();
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
            failure.lastWords().stream().flatMap(word -> Text.lines(word).stream()).filter(word -> !isSaid(word, step, failure))
                    .forEach(word -> Text.wrap(word, width - 2).forEach(line -> lines.add("| " + line)));
        }
        lines.addAll(Text.wrap(hints.in(failure.remedy()), width));
        if (!failure.remedy().contains("caravan logs")) {
            String host = step.host().isEmpty() ? "" : " --host " + step.host();
            lines.add("Log: `" + hints.in("caravan logs " + run) + host + " --step " + step.step() + "`");
        }
        lines.removeIf(String::isBlank);
        return lines;
    }

    /** Whether cause or remedy has these words already. */
    private static boolean isSaid(String word, StepView step, Failure failure) {
        String said = word.startsWith(FAILED) ? word.substring(FAILED.length()) : word;
        return step.message().contains(said) || failure.remedy().contains(said);
    }

    static List<String> indent(int columns, List<String> lines) {
        return lines.stream().map(line -> " ".repeat(columns) + line).toList();
    }
}
