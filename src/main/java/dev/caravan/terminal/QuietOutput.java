package dev.caravan.terminal;

import dev.caravan.history.Event;
import dev.caravan.history.Occurrence.RunEnded;
import dev.caravan.history.RunFold;

/** How the run ended: each cause of a failure once, with its hosts. */
final class QuietOutput implements RunOutput {
    private final Lines out;
    private final TerminalFacts facts;
    private final RunFold fold = new RunFold();

    QuietOutput(Lines out, TerminalFacts facts) {
        this.out = out;
        this.facts = facts;
    }

    @Override
    public synchronized void on(Event event) {
        fold.accept(event);
        if (event.is(RunEnded.class)) {
            out.write(Summary.brief(fold.view(), facts.textWidth(), facts.look()));
        }
    }

    @Override
    public void close() {}
}
