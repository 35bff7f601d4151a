package dev.caravan.terminal;

import dev.caravan.history.RunState;
import dev.caravan.history.RunView;
import dev.caravan.history.RunView.HostView;
import dev.caravan.history.RunView.StepView;
import dev.caravan.history.StepState;
import dev.caravan.spec.Counted;
import java.time.Duration;
import java.time.Instant;

/** What each host of a run does now, or did in the end, in words. Immutable. */
final class HostDoings {
    private static final int NARROW = 50;

    private final RunView run;
    private final Instant now;

    HostDoings(RunView run, Instant now) {
        this.run = run;
        this.now = now;
    }

    /** One line. It may be longer than the room; what counts less gives way to what counts more. */
    String of(HostView host, int room) {
        if (host.failed().isPresent()) {
            StepView step = host.failed().get();
            return (host.rolledBack() ? "rolled back, " : "") + step.step() + " failed: " + Text.firstLine(step.message());
        }
        if (host.rolledBack()) {
            return "rolled back";
        }
        if (run.ended()) {
            return inTheEnd(host);
        }
        if (host.waitsFor().isPresent()) {
            RunView.Waiting wait = host.waitsFor().get();
            return Wording.waiting(wait.what()) + " (" + Durations.whole(Duration.between(wait.since(), now)) + ")";
        }
        return host.current().map(step -> doing(step, room)).orElseGet(() -> host.last().map(this::done).orElse(""));
    }

    private String doing(StepView step, int room) {
        String said = Text.firstLine(step.doing());
        if (step.state() == StepState.RETRYING) {
            String when = step.retryAt()
                    .map(at -> ", again in " + Durations.whole(Duration.between(now, at).plusMillis(999)))
                    .orElse("");
            return step.step() + ": attempt " + step.attempt() + " failed" + when + ": " + said;
        }
        String reason = Text.firstLine(step.reason());
        String doing = step.step() + (said.isEmpty() ? "" : ": " + said);
        if (step.attempt() == 1) {
            return doing;
        }
        String attempt = "attempt " + step.attempt() + (reason.isEmpty() ? "" : " after: " + reason);
        String whole = doing + " (" + attempt + ")";
        if (reason.isEmpty() || Text.width(whole) <= room) {
            return whole;
        }
        // Which step it is the table shows as well; why it is tried again it does not.
        return room < NARROW ? attempt : step.step() + ": " + attempt;
    }

    private String done(StepView step) {
        String said = Text.firstLine(step.message());
        return step.step() + ": " + (said.isEmpty() ? Wording.state(run, step.state()) : said);
    }

    private String inTheEnd(HostView host) {
        if (run.state() != RunState.SUCCEEDED && host.current().isPresent()) {
            return host.current().get().step() + " was not finished";
        }
        if (host.name().isEmpty() && host.last().isPresent()) {
            return done(host.last().get());
        }
        int changes = host.changes();
        if (run.isPlan()) {
            return changes == 0 ? "nothing to change" : Counted.of(changes, "change") + " to make";
        }
        return changes == 0 ? "nothing changed" : Counted.of(changes, "change");
    }
}
