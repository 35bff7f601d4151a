package dev.caravan.terminal;

import dev.caravan.history.RunView;
import dev.caravan.history.RunView.StepView;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * How long a run may take, by an ended run of the same action. The present run is where the former one was when as many steps had ended;
 * from there on it is thought to take as long. Immutable.
 *
 * @param length how long the former run took
 * @param ends   when its steps ended, from its start, in that order
 */
public record FormerRun(Duration length, List<Duration> ends) {
    private static final Duration MINUTE = Duration.ofMinutes(1);

    /** @param run that has ended */
    public static FormerRun of(RunView run) {
        Instant start = run.startedAt().or(run::queuedAt).orElseThrow();
        return new FormerRun(Duration.between(start, run.endedAt().orElseThrow()),
                ended(run).map(end -> Duration.between(start, end)).toList());
    }

    /** "about 2 min left"; empty if nothing can be said: the run has ended, or takes longer than the former one. */
    Optional<String> left(RunView run, Instant now) {
        Optional<Instant> start = run.startedAt();
        List<Instant> present = ended(run).toList();
        if (run.ended() || start.isEmpty() || present.size() > ends.size()) {
            return Optional.empty();
        }
        Duration there = present.isEmpty() ? Duration.ZERO : ends.get(present.size() - 1);
        Instant since = present.isEmpty() ? start.get() : present.get(present.size() - 1);
        Duration left = length.minus(there).minus(Duration.between(since, now));
        if (left.isNegative() || left.isZero()) {
            return Optional.empty();
        }
        return Optional.of(left.compareTo(MINUTE) < 0 ? "under 1 min left" : "about " + left.plusSeconds(30).toMinutes() + " min left");
    }

    private static Stream<Instant> ended(RunView run) {
        return run.hosts().stream().flatMap(host -> host.steps().values().stream()).map(StepView::endedAt).flatMap(Optional::stream)
                .sorted();
    }
}
