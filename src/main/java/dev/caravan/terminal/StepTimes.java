package dev.caravan.terminal;

import dev.caravan.history.RunView;
import dev.caravan.history.RunView.StepView;
import dev.caravan.history.StepState;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/** How long the steps of an ended run took, over all hosts. Pure. */
final class StepTimes {
    private StepTimes() {}

    /** A head and a row for each step that ended; empty without such steps. */
    static Optional<List<List<String>>> rows(RunView run) {
        List<List<String>> rows = new ArrayList<>();
        rows.add(List.of("step", "hosts", "longest", "on", "sum", "result"));
        for (String name : run.steps()) {
            List<StepView> ended = run.hosts().stream()
                    .map(host -> host.steps().get(name))
                    .filter(step -> step != null && step.duration().isPresent())
                    .toList();
            if (!ended.isEmpty()) {
                rows.add(row(run, name, ended));
            }
        }
        return rows.size() > 1 ? Optional.of(rows) : Optional.empty();
    }

    private static List<String> row(RunView run, String name, List<StepView> ended) {
        StepView longest = ended.stream()
                .max(Comparator.comparing((StepView step) -> step.duration().get()))
                .orElseThrow();
        Duration sum = ended.stream().map(step -> step.duration().get()).reduce(Duration.ZERO, Duration::plus);
        return List.of(
                name, Integer.toString(ended.size()), Durations.text(longest.duration().get()),
                Wording.host(longest.host()), Durations.text(sum), result(run, ended));
    }

    /** "ok", or where hosts differ "1 changed, 2 ok". */
    private static String result(RunView run, List<StepView> ended) {
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
}
