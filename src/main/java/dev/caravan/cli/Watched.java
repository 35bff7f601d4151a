package dev.caravan.cli;

import dev.caravan.engine.Engine;
import dev.caravan.engine.EngineOptions;
import dev.caravan.history.Event;
import dev.caravan.history.RunState;
import dev.caravan.history.RunView;
import dev.caravan.journal.Journal;
import dev.caravan.journal.RunFilter;
import dev.caravan.journal.RunRecord;
import dev.caravan.run.Busy;
import dev.caravan.run.CannotBegin;
import dev.caravan.run.Run;
import dev.caravan.run.RunOrder;
import dev.caravan.run.Runs;
import dev.caravan.terminal.FormerRun;
import dev.caravan.terminal.RunOutput;
import dev.caravan.terminal.TerminalFacts;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.jline.utils.Signals;

/** One run from beginning to end, shown on the terminal: what commands that run an action have in common. */
final class Watched {
    /** The exit status of a run that was cancelled. */
    static final int CANCELLED = 130;
    /** How long the cleaning up may delay the end of the command. */
    private static final Duration LEAVING = Duration.ofSeconds(3);

    private Watched() {}

    /** How a run is begun once the engine is up. */
    @FunctionalInterface
    interface Beginning {
        Run begin(Engine engine) throws Exception;
    }

    /** What a command makes of the exit status of a run that has ended. */
    @FunctionalInterface
    interface Verdict {
        /** @param ended the run as it ended; read from the journal when it is asked for */
        int of(Supplier<RunView> ended, int status);
    }

    /** The exit status of the run itself. */
    static final Verdict AS_IT_ENDED = (ended, status) -> status;

    /** Starts an engine, runs, shows, and returns the exit status. */
    static int run(EngineOptions options, RunOrder order, CommonOptions common, Verdict verdict) throws Exception {
        return run(options, order, common, verdict, () -> { });
    }

    /** @param clearUp what is done before the process is left by a second Ctrl-C; cut short where it takes long */
    static int run(EngineOptions options, RunOrder order, CommonOptions common, Verdict verdict, Runnable clearUp) throws Exception {
        return run(options, engine -> engine.runs().begin(order), common, verdict, clearUp);
    }

    /** The same for what is begun in another way. */
    @SuppressWarnings("try") // closing may be interrupted, which ends the command as well
    static int run(EngineOptions options, Beginning beginning, CommonOptions common, Verdict verdict, Runnable clearUp) throws Exception {
        // Empty: the run is over, whether the journal could be written or not.
        BlockingQueue<Optional<Event>> events = new LinkedBlockingQueue<>();
        try (Engine engine = Engine.start(options);
                RunOutput output = RunOutput.create(common.output, System.out,
                        TerminalFacts.detect(System.getenv()).with(common.hints()));
                AutoCloseable listening = engine.journal().listen(event -> events.add(Optional.of(event)))) {
            engine.warnings().forEach(warning -> System.err.println("caravan: " + warning));
            Run run = beginning.begin(engine);
            stopOnSignal(engine, run, () -> leave(output, clearUp));
            CompletableFuture.runAsync(() -> former(engine.journal(), run.id()).ifPresent(output::expect));
            CompletionStage<Runs.Outcome> outcome = engine.runs().outcome(run);
            outcome.whenComplete((ended, failure) -> events.add(Optional.empty()));
            show(events, output, engine.journal(), run.id());
            int status = outcome.toCompletableFuture().get().exitStatus().code();
            return verdict.of(() -> RunView.of(engine.journal().events(run.id(), 0)), status);
        } catch (Busy | CannotBegin refused) {
            throw new UserError(refused.getMessage());
        } catch (ExecutionException e) {
            throw e.getCause() instanceof Exception cause ? cause : e;
        }
    }

    /* A journal that was closed meanwhile says nothing. */
    private static Optional<FormerRun> former(Journal journal, String id) {
        RunRecord run = journal.run(id).orElseThrow();
        RunFilter same = new RunFilter(Optional.empty(), Optional.of(RunState.SUCCEEDED), Optional.of(run.cluster()),
                Optional.of(run.action()), Optional.empty(), Optional.of(RunFilter.Before.of(run)), 1);
        return journal.runs(same).stream().findFirst()
                .filter(former -> former.rehearsal() == run.rehearsal())
                .map(former -> FormerRun.of(RunView.of(journal.events(former.id(), 0))));
    }

    /* A resumed run has events from before this process. */
    private static void show(BlockingQueue<Optional<Event>> events, RunOutput output, Journal journal, String run)
            throws InterruptedException {
        long shown = 0;
        for (Event event : journal.events(run, 0)) {
            output.on(event);
            shown = event.seq();
        }
        for (Optional<Event> next = events.take(); next.isPresent(); next = events.take()) {
            Event event = next.get();
            if (event.run().equals(run) && event.seq() > shown) {
                output.on(event);
                shown = event.seq();
            }
        }
    }

    /** The first Ctrl-C asks the run to stop; a second one leaves at once, and hosts continue the step they are in. */
    private static void stopOnSignal(Engine engine, Run run, Runnable leave) {
        // Asked for now: once the run has ended and the engine is closed, it has none to give.
        Runs runs = engine.runs();
        AtomicInteger asked = new AtomicInteger();
        Runnable stop = () -> {
            if (asked.getAndIncrement() == 0) {
                new Thread(() -> runs.cancel(run.id()), "cancel").start();
            } else {
                leave.run();
            }
        };
        Signals.register("INT", stop);
        Signals.register("TERM", stop);
    }

    /** At once, but with the terminal as it was found; what does not come to an end by itself keeps nobody. */
    private static void leave(RunOutput output, Runnable clearUp) {
        Thread leaving = new Thread(() -> {
            output.close();
            clearUp.run();
        }, "leave");
        leaving.setDaemon(true);
        leaving.start();
        try {
            leaving.join(LEAVING.toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        Runtime.getRuntime().halt(CANCELLED);
    }
}
