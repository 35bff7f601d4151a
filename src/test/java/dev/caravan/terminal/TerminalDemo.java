package dev.caravan.terminal;

import dev.caravan.history.Event;
import dev.caravan.history.EventJson;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Locale;

/**
 * Plays a recorded run on this terminal, as fast as it happened or so many times faster:
 *
 * <pre>TerminalDemo apply|rehearsal|again|failed|refused|plan|many|cancelled|FILE.json [auto|tty|plain|json|quiet] [SPEED]</pre>
 *
 * The file is what {@code --output json} wrote.
 */
final class TerminalDemo {
    private TerminalDemo() {}

    public static void main(String[] arguments) throws Exception {
        List<Event> events = events(arguments.length > 0 ? arguments[0] : "apply");
        Mode mode = Mode.valueOf((arguments.length > 1 ? arguments[1] : "auto").toUpperCase(Locale.ROOT));
        double speed = arguments.length > 2 ? Double.parseDouble(arguments[2]) : 1;
        Instant recorded = events.get(0).at();
        Instant begin = Instant.now();
        InstantSource clock = () -> recorded.plusMillis(
                Math.round(Duration.between(begin, Instant.now()).toMillis() * speed));
        try (RunOutput output = RunOutput.create(mode, System.out, TerminalFacts.detect(System.getenv()), clock)) {
            for (Event event : events) {
                long ahead = Duration.between(clock.instant(), event.at()).toMillis();
                Thread.sleep(Math.max(0, Math.round(ahead / speed)));
                output.on(event);
            }
        }
    }

    private static List<Event> events(String source) throws IOException {
        if (!source.endsWith(".json")) {
            return SampleRuns.byName(source).events();
        }
        return Files.readAllLines(Path.of(source)).stream().map(EventJson::read).toList();
    }
}
