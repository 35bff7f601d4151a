package dev.caravan.cli;

import dev.caravan.engine.Engine;
import dev.caravan.engine.EngineOptions;
import dev.caravan.journal.Event;
import dev.caravan.run.Busy;
import dev.caravan.run.Run;
import dev.caravan.run.Runs;
import dev.caravan.terminal.Mode;
import dev.caravan.terminal.RunOutput;
import dev.caravan.terminal.TerminalFacts;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.jline.utils.Signals;

/** One run from beginning to end, shown on the terminal: what apply, plan and rehearse have in common. */
final class Watched {
    private static final int CANCELLED = 130;

    private Watched() {}

    /** Starts an engine, runs, shows, and returns the exit status. */
    @SuppressWarnings("try") // closing may be interrupted, which ends the command as well
    static int run(EngineOptions options, Runs.Order order, Mode mode) throws Exception {
        BlockingQueue<Event> events = new LinkedBlockingQueue<>();
        try (Engine engine = Engine.start(options);
                RunOutput output = RunOutput.create(mode, System.out, TerminalFacts.detect(System.getenv()));
                AutoCloseable listening = engine.journal().listen(events::add)) {
            Run run = engine.runs().begin(order);
            stopOnSignal(engine, run);
            return show(events, output, run.id());
        } catch (Busy busy) {
            throw new UserError(busy.getMessage());
        }
    }

    private static int show(BlockingQueue<Event> events, RunOutput output, String run) throws InterruptedException {
        while (true) {
            Event event = events.take();
            if (!event.run().equals(run)) {
                continue;
            }
            output.on(event);
            if (event.type() == Event.Type.RUN_ENDED) {
                return event.data().get("exitStatus") instanceof Number status ? status.intValue() : CaravanCommand.FAILED;
            }
        }
    }

    /** The first Ctrl-C asks the run to stop; a second one leaves at once, and hosts go on with the step they are in. */
    private static void stopOnSignal(Engine engine, Run run) {
        AtomicInteger asked = new AtomicInteger();
        Runnable stop = () -> {
            if (asked.getAndIncrement() == 0) {
                new Thread(() -> engine.runs().cancel(run.id()), "cancel").start();
            } else {
                Runtime.getRuntime().halt(CANCELLED);
            }
        };
        Signals.register("INT", stop);
        Signals.register("TERM", stop);
    }
}
