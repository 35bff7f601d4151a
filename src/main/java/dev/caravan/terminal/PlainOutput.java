package dev.caravan.terminal;

import dev.caravan.history.Event;
import dev.caravan.history.Occurrence.RunEnded;
import java.time.Duration;
import java.time.InstantSource;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/** A line for each thing that matters. A long silence is broken by a word on what is still at work. */
final class PlainOutput implements RunOutput {
    private static final Duration SILENCE = Duration.ofSeconds(60);

    private final Lines out;
    private final InstantSource clock;
    private final PlainLines lines;
    private final ScheduledExecutorService timer = Ticker.create("caravan-plain-output");

    PlainOutput(Lines out, TerminalFacts facts, InstantSource clock) {
        this.out = out;
        this.clock = clock;
        this.lines = new PlainLines(facts.textWidth(), facts.look());
        timer.scheduleWithFixedDelay(this::breakSilence, 10, 10, TimeUnit.SECONDS);
    }

    @Override
    public synchronized void expect(FormerRun run) {
        out.write(lines.expect(run, clock.instant()));
    }

    @Override
    public synchronized void on(Event event) {
        out.write(lines.of(event));
        if (event.is(RunEnded.class)) {
            close();
        }
    }

    private synchronized void breakSilence() {
        if (!timer.isShutdown()) {
            out.write(lines.stillWorking(clock.instant(), SILENCE));
        }
    }

    @Override
    public void close() {
        timer.shutdown();
    }
}
