package dev.caravan.terminal;

import dev.caravan.history.Event;
import dev.caravan.history.Occurrence;
import dev.caravan.history.Occurrence.HostRolledBack;
import dev.caravan.history.Occurrence.HostWaiting;
import dev.caravan.history.Occurrence.Remark;
import dev.caravan.history.Occurrence.RunEnded;
import dev.caravan.history.Occurrence.RunQueued;
import dev.caravan.history.Occurrence.RunStarted;
import dev.caravan.history.Occurrence.StepEnded;
import dev.caravan.history.Occurrence.StepProgress;
import dev.caravan.history.Occurrence.StepRetried;
import dev.caravan.history.Occurrence.StepStarted;
import dev.caravan.history.RunFold;
import dev.caravan.history.RunView;
import dev.caravan.history.RunView.HostView;
import dev.caravan.history.RunView.StepView;
import dev.caravan.history.StepState;
import dev.caravan.spec.Counted;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The plain lines of a run: elapsed time, host (none where it is about the whole run), step, what became of it, in its words. What a step
 * says while it works is shown only when nothing was shown of it for a while, so that a short step stays one line and a long one shows that
 * it lives. Holds the run so far; not thread-safe.
 */
final class PlainLines {
    private static final Duration SILENCE = Duration.ofSeconds(10);
    private static final int STEP_WIDTH = 18;
    private static final int STATE_WIDTH = 9;

    private final int width;
    private final Look look;
    private final RunFold fold = new RunFold();
    private final Explained explained = new Explained();
    /** When a line of a step was last shown, by host and step. */
    private final Map<List<String>, Instant> shown = new HashMap<>();
    private final Map<String, String> waitsOf = new HashMap<>();
    private Optional<FormerRun> former = Optional.empty();
    private Instant origin;
    private int hostWidth = 4;

    /** @param width what texts of several lines are wrapped to; lines of an event are as long as they are */
    PlainLines(int width, Look look) {
        this.width = width;
        this.look = look;
    }

    /** The lines for the run's next event; often none. */
    List<String> of(Event event) {
        fold.accept(event);
        Occurrence what = event.occurrence();
        if (origin == null || what instanceof RunStarted) {
            origin = event.at();
        }
        if (what instanceof RunQueued) {
            return queued();
        } else if (what instanceof RunStarted) {
            return left(event.at());
        } else if (what instanceof HostWaiting waits) {
            return waiting(event, waits);
        } else if (what instanceof StepStarted) {
            return started(event);
        } else if (what instanceof StepProgress) {
            return isDue(event) ? line(event, "working", event.message()) : List.of();
        } else if (what instanceof StepRetried retried) {
            return line(event, "retry", retry(retried));
        } else if (what instanceof StepEnded ended) {
            return ended(event, ended);
        } else if (what instanceof HostRolledBack) {
            return line(event, "rolled back", event.message());
        } else if (what instanceof RunEnded) {
            return summary();
        }
        return what instanceof Remark && !event.message().isBlank() ? line(event, "note", note(event)) : List.of();
    }

    /** How long such a run took before; of a run that has not begun it is said once it begins. */
    List<String> expect(FormerRun run, Instant now) {
        former = Optional.of(run);
        return left(now);
    }

    /** How long the run may still take, where that is known. */
    private List<String> left(Instant now) {
        return former.flatMap(run -> run.left(fold.view(), now))
                .map(left -> List.of(line(now, "", "", "note", left + ", by the last run of this kind"))).orElse(List.of());
    }

    /** What is still at work though nothing was shown of it for this long; asked where output must not fall silent. */
    List<String> stillWorking(Instant now, Duration silence) {
        List<String> lines = new ArrayList<>();
        for (HostView host : fold.view().hosts()) {
            host.current().ifPresent(step -> {
                List<String> key = List.of(host.name(), step.step());
                Instant last = shown.getOrDefault(key, step.startedAt());
                if (!now.isBefore(last.plus(silence))) {
                    shown.put(key, now);
                    String said = Text.firstLine(step.doing());
                    lines.add(line(now, host.name(), step.step(), "working",
                            (said.isEmpty() ? "" : said + " ") + "(" + Durations.whole(step.elapsed(now)) + " so far)"));
                }
            });
        }
        if (!lines.isEmpty()) {
            lines.addAll(left(now));
        }
        return lines;
    }

    private List<String> queued() {
        RunView run = fold.view();
        hostWidth = run.realHosts().stream().mapToInt(host -> Text.width(host.name())).max().orElse(hostWidth);
        List<String> hosts = run.realHosts().stream()
                .map(host -> host.name() + (host.roles().isEmpty() ? "" : " (" + String.join(", ", host.roles()) + ")"))
                .toList();
        List<String> lines = new ArrayList<>();
        if (run.rehearsal()) {
            lines.add(Wording.REHEARSAL);
        }
        lines.add(Text.printable(run.action() + " " + run.cluster() + ", run " + run.run() + ", "
                + Counted.of(hosts.size(), "host") + (hosts.isEmpty() ? "" : ": " + Text.names(hosts, width - 40))));
        return lines;
    }

    private List<String> waiting(Event event, HostWaiting waits) {
        if (waits.slots().isPresent()) {
            // With more hosts than slots each step of each host would have a line.
            return List.of();
        }
        String what = Wording.waiting(event.message());
        boolean known = what.equals(waitsOf.put(event.host().orElse(""), what));
        return known ? List.of() : line(event, "waiting", what.replaceFirst("^waiting ", ""));
    }

    private List<String> started(Event event) {
        waitsOf.remove(event.host().orElse(""));
        shown.put(key(event), event.at());
        return List.of();
    }

    private boolean isDue(Event event) {
        Instant last = shown.putIfAbsent(key(event), event.at());
        return last != null && !event.at().isBefore(last.plus(SILENCE));
    }

    private static String retry(StepRetried retried) {
        String pause = retried.pause().map(time -> ", again in " + Durations.text(time)).orElse("");
        return "attempt " + retried.attempt().number() + " failed" + pause + ": " + retried.message();
    }

    private List<String> ended(Event event, StepEnded ended) {
        StepView step = fold.step(ended).orElseThrow();
        if (step.state() == StepState.FAILED && !step.failure().orElseThrow().isRefusal()) {
            List<String> lines = new ArrayList<>();
            Optional<String> before = explained.before(step, fold.host(step.host()).orElseThrow());
            String same = before.map(host -> ": as on " + Wording.host(host)).orElse("");
            lines.add(line(event.at(), step.host(), step.step(), "failed", (Wording.attempts(step) + same).strip()));
            if (before.isEmpty()) {
                lines.addAll(Wording.indent(13, Wording.explain(event.run(), step, true, Math.max(60, width - 13), look.hints())));
            }
            return lines;
        }
        String said = step.message().isBlank() ? String.join("; ", step.changes()) : step.message();
        String time = "(" + Durations.text(step.duration().orElse(Duration.ZERO)) + ")";
        List<String> words = new ArrayList<>(Text.lines(said));
        if (words.isEmpty()) {
            words.add(time);
        } else {
            words.set(0, words.get(0) + " " + time);
        }
        return line(event, Wording.state(fold.isPlan(), step.state()), words);
    }

    private String note(Event event) {
        return event.host().flatMap(fold::host).map(host -> explained.note(event.message(), host, look)).orElse(event.message());
    }

    private List<String> summary() {
        List<String> lines = new ArrayList<>();
        lines.add("");
        lines.addAll(Summary.lines(fold.view(), width, look));
        return lines;
    }

    /** A line, and beneath it, indented, what further lines the text has. */
    private List<String> line(Event event, String state, String text) {
        return line(event, state, Text.lines(text));
    }

    private List<String> line(Event event, String state, List<String> words) {
        event.step().ifPresent(step -> shown.put(key(event), event.at()));
        List<String> lines = new ArrayList<>();
        lines.add(line(event.at(), event.host().orElse(""), event.step().orElse(""), state,
                words.isEmpty() ? "" : words.get(0)));
        lines.addAll(Wording.indent(13, words.subList(Math.min(1, words.size()), words.size())));
        return lines;
    }

    private String line(Instant at, String host, String step, String state, String text) {
        String elapsed = Text.padLeft(Durations.text(Duration.between(origin, at)), 7);
        return (elapsed + "  " + Text.pad(host, hostWidth) + "  " + Text.pad(step, STEP_WIDTH) + "  "
                + Text.pad(state, STATE_WIDTH) + " " + text).stripTrailing();
    }

    private static List<String> key(Event event) {
        return List.of(event.host().orElse(""), event.step().orElse(""));
    }
}
