package dev.caravan.terminal;

import dev.caravan.history.RunView;
import dev.caravan.history.RunView.Activity;
import dev.caravan.history.RunView.HostView;
import dev.caravan.spec.Counted;
import dev.caravan.terminal.Look.Ink;
import java.time.Instant;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The first line of a table: which run it is, since when, how long it may still take, and how many hosts do what. Immutable. */
final class TableTitle {
    static final List<Activity> ALL = List.of(Activity.FAILED, Activity.WORKING, Activity.WAITING, Activity.IDLE, Activity.PENDING);
    private static final List<Activity> BUSY = List.of(Activity.FAILED, Activity.WORKING, Activity.WAITING);

    private final RunView run;
    private final int width;
    private final Look look;
    private final Optional<FormerRun> former;

    TableTitle(RunView run, int width, Look look, Optional<FormerRun> former) {
        this.run = run;
        this.width = width;
        this.look = look;
        this.former = former;
    }

    /** As much as fits; what can be done without goes first: who does nothing, the run's id, how many hosts there are. */
    String line(Instant now) {
        String what = Text.printable((run.rehearsal() ? "rehearsal: " : "") + run.action() + " " + run.cluster());
        String time = "  " + (run.ended() ? Durations.text(run.elapsed(now)) : Durations.whole(run.elapsed(now)));
        String left = former.flatMap(run -> run.left(this.run, now)).map(words -> ", " + words).orElse("");
        String hosts = Counted.of(run.realHosts().size(), "host");
        List<String> titles = Stream.of(
                what + "  run " + run.run() + time + left + "  " + standing(hosts, ALL),
                what + "  run " + run.run() + time + left + "  " + standing(hosts, BUSY),
                what + time + left + "  " + standing(hosts, BUSY),
                what + time + "  " + standing(hosts, BUSY),
                what + time + "  " + standing("", BUSY)).map(Text::printable).toList();
        String title = titles.stream().filter(each -> Text.width(each) <= width).findFirst().orElse(titles.get(titles.size() - 1));
        String fitted = Text.fit(title, width, look.ellipsis());
        int strong = Math.min(what.length(), fitted.length());
        return look.paint(Ink.STRONG, fitted.substring(0, strong)) + fitted.substring(strong);
    }

    private String standing(String hosts, List<Activity> shown) {
        if (run.ended()) {
            return joined(": ", hosts, run.state().word());
        }
        String doing = run.waitingFor().isPresent()
                ? Wording.waiting(run.waitingFor().get().what())
                : activities(run.realHosts(), shown);
        return joined(", ", run.stopping() ? "stopping" : "", joined(run.waitingFor().isPresent() ? ", " : ": ", hosts, doing));
    }

    private static String joined(String between, String one, String other) {
        return one.isEmpty() || other.isEmpty() ? one + other : one + between + other;
    }

    /** How many of these hosts do each of these things: {@code 2 working, 1 waiting}. */
    static String activities(List<HostView> hosts, List<Activity> shown) {
        Map<Activity, Integer> counts = new EnumMap<>(Activity.class);
        hosts.forEach(host -> counts.merge(host.activity(), 1, Integer::sum));
        return shown.stream().filter(counts::containsKey).map(activity -> counts.get(activity) + " " + word(activity))
                .collect(Collectors.joining(", "));
    }

    private static String word(Activity activity) {
        return switch (activity) {
            case FAILED -> "failed";
            case WORKING -> "working";
            case WAITING -> "waiting";
            case IDLE -> "idle";
            case PENDING -> "not begun";
        };
    }
}
