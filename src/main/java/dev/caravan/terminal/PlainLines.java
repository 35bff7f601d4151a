package dev.caravan.terminal;

import dev.caravan.journal.Event;
import dev.caravan.terminal.RunView.HostView;
import dev.caravan.terminal.RunView.StepState;
import dev.caravan.terminal.RunView.StepView;
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
    private final Map<String, String> waits = new HashMap<>();
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
        if (origin == null || event.type() == Event.Type.RUN_STARTED) {
            origin = event.at();
        }
        return switch (event.type()) {
            case RUN_QUEUED -> queued();
            case RUN_STARTED -> event.message().isBlank() ? List.of() : told(event, "started", event.message());
            case HOST_WAITING -> waiting(event);
            case STEP_STARTED -> started(event);
            case STEP_PROGRESS -> isDue(event) ? told(event, "working", event.message()) : List.of();
            case STEP_RETRY -> told(event, "retry", retry(event));
            case STEP_ENDED -> ended(event);
            case HOST_ROLLED_BACK -> told(event, "rolled back", event.message());
            case NOTE -> told(event, "note", event.message());
            case RUN_ENDED -> summary();
        };
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
                + Text.count(hosts.size(), "host") + (hosts.isEmpty() ? "" : ": " + Text.names(hosts, width - 40))));
        return lines;
    }

    private List<String> waiting(Event event) {
        if (event.data().containsKey("slots")) {
            // With more hosts than slots each step of each host would have a line.
            return List.of();
        }
        String what = Wording.waiting(event.message());
        boolean known = what.equals(waits.put(event.host().orElse(""), what));
        return known ? List.of() : told(event, "waiting", what.replaceFirst("^waiting ", ""));
    }

    private List<String> started(Event event) {
        waits.remove(event.host().orElse(""));
        shown.put(key(event), event.at());
        return List.of();
    }

    private boolean isDue(Event event) {
        Instant last = shown.putIfAbsent(key(event), event.at());
        return last != null && !event.at().isBefore(last.plus(SILENCE));
    }

    private String retry(Event event) {
        String pause = event.data().get("delayMillis") instanceof Number millis
                ? ", again in " + Durations.text(Duration.ofMillis(millis.longValue()))
                : "";
        return "attempt " + Math.max(1, event.attempt()) + " failed" + pause + ": " + event.message();
    }

    private List<String> ended(Event event) {
        Optional<StepView> ended = fold.host(event.host().orElse(""))
                .flatMap(host -> event.step().map(name -> host.steps().get(name)));
        if (ended.isEmpty()) {
            return List.of();
        }
        StepView step = ended.get();
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
        return told(event, Wording.state(fold.view(), step.state()), String.join("\n", words));
    }

    private List<String> summary() {
        List<String> lines = new ArrayList<>();
        lines.add("");
        lines.addAll(Summary.lines(fold.view(), width, look));
        return lines;
    }

    /** A line, and beneath it, indented, what further lines the text has. */
    private List<String> told(Event event, String state, String text) {
        event.step().ifPresent(step -> shown.put(key(event), event.at()));
        List<String> words = Text.lines(text);
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
