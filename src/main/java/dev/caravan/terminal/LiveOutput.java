package dev.caravan.terminal;

import dev.caravan.history.Event;
import dev.caravan.history.Occurrence;
import dev.caravan.history.Occurrence.Remark;
import dev.caravan.history.Occurrence.RunEnded;
import dev.caravan.history.Occurrence.RunQueued;
import dev.caravan.history.Occurrence.StepEnded;
import dev.caravan.history.RunFold;
import dev.caravan.history.RunView.StepView;
import dev.caravan.history.StepState;
import dev.caravan.terminal.TerminalFacts.Size;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/**
 * The live table, at the end of what the terminal shows. A timer draws it, eight times a second at most and only where
 * something is new: an event, another second, another size of the terminal. Failures and notes are written above it and stay;
 * what a row tells as well is not.
 * The cursor is hidden meanwhile; {@link #close()} shows it again. When a signal ends the process it is shown at once, and
 * the table is drawn on beneath it for as long as others keep the process from ending, to stop the run cleanly say.
 */
final class LiveOutput implements RunOutput {
    private static final int FRAME_MILLIS = 125;

    private final Lines out;
    private final TerminalFacts facts;
    private final InstantSource clock;
    private final LiveTable table;
    private final Canvas canvas = new Canvas();
    private final Explained explained = new Explained();
    private final RunFold fold = new RunFold();
    private final List<String> above = new ArrayList<>();
    private final ScheduledExecutorService timer = Ticker.create("caravan-live-table");
    private final Thread atExit = new Thread(this::showCursor, "caravan-show-cursor");
    private Optional<FormerRun> former = Optional.empty();
    private boolean changed;
    private boolean closed;
    /** Whether anything stands above the table, from which an empty line then parts it. */
    private boolean spaced;
    private long drawnSecond = -1;
    private Size drawnSize = Size.USUAL;

    LiveOutput(Lines out, TerminalFacts facts, InstantSource clock) {
        this.out = out;
        this.facts = facts;
        this.clock = clock;
        this.table = new LiveTable(facts.look());
        Runtime.getRuntime().addShutdownHook(atExit);
        timer.scheduleWithFixedDelay(this::tick, FRAME_MILLIS, FRAME_MILLIS, TimeUnit.MILLISECONDS);
    }

    @Override
    public synchronized void on(Event event) {
        if (closed) {
            return;
        }
        fold.accept(event);
        changed = true;
        Occurrence what = event.occurrence();
        if (what instanceof RunQueued queued && queued.rehearsal()) {
            above.addAll(Text.wrap(Wording.REHEARSAL, facts.size().get().columns()));
        } else if (what instanceof StepEnded ended) {
            failure(event.run(), ended);
        } else if (what instanceof RunEnded) {
            draw(clock.instant());
            restore();
            out.write("\n");
            out.write(Summary.lines(fold.view(), facts.textWidth(), facts.look()));
        } else if (what instanceof Remark) {
            above.addAll(note(what));
        }
    }

    @Override
    public synchronized void expect(FormerRun run) {
        former = Optional.of(run);
    }

    private List<String> note(Occurrence what) {
        String text = what.host().flatMap(fold::host).map(host -> explained.note(what.message(), host, facts.look()))
                .orElse(what.message());
        int columns = facts.size().get().columns();
        return what.host().map(host -> Text.hang(Text.printable(host) + "  ", text, columns)).orElseGet(() -> Text.hang("", text, columns));
    }

    private void failure(String run, StepEnded ended) {
        StepView step = fold.step(ended)
                .filter(each -> each.state() == StepState.FAILED && !each.failure().orElseThrow().isRefusal())
                .orElse(null);
        // Of a host that fails like another one, its row and the end of the run tell enough.
        if (step != null && explained.before(step, fold.host(step.host()).orElseThrow()).isEmpty()) {
            above.add(facts.look().paint(Look.Ink.BAD, Wording.host(step.host()) + "  " + step.step() + "  " + Wording.failed(step)));
            above.addAll(Wording.indent(4,
                    Wording.explain(run, step, true, facts.size().get().columns() - 4, facts.hints())));
        }
    }

    private synchronized void tick() {
        Instant now = clock.instant();
        boolean due = changed || now.getEpochSecond() != drawnSecond || !facts.size().get().equals(drawnSize);
        if (due && !closed && fold.begun()) {
            draw(now);
        }
    }

    private void draw(Instant now) {
        drawnSize = facts.size().get();
        spaced |= !above.isEmpty();
        List<String> frame = new ArrayList<>();
        if (spaced) {
            frame.add("");
        }
        frame.addAll(table.render(fold.view(), drawnSize.columns(), drawnSize.rows() - frame.size(), now, former));
        out.write(canvas.draw(above, frame, drawnSize.columns()));
        above.clear();
        changed = false;
        drawnSecond = now.getEpochSecond();
    }

    private synchronized void showCursor() {
        if (!closed) {
            out.write(canvas.showCursor());
        }
    }

    private synchronized void restore() {
        if (closed) {
            return;
        }
        closed = true;
        timer.shutdown();
        out.write(canvas.leave(above));
    }

    @Override
    public void close() {
        restore();
        try {
            Runtime.getRuntime().removeShutdownHook(atExit);
        } catch (IllegalStateException e) {
            // The process is ending already, and the hook with it.
        }
    }
}
