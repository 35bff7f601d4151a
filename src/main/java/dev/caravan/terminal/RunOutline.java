package dev.caravan.terminal;

import dev.caravan.history.Event;
import dev.caravan.history.RunView;
import java.util.ArrayList;
import java.util.List;

/** A long run that has ended, in few lines: what it was, what failed, how it ended, and how to see the rest. Pure. */
public final class RunOutline {
    private RunOutline() {}

    /** @param events those of {@link dev.caravan.journal.Journal#outline} */
    public static List<String> lines(List<Event> events, TerminalFacts facts) {
        Look look = facts.look();
        RunView run = RunView.of(events);
        List<String> lines = new ArrayList<>(new PlainLines(facts.textWidth(), look).of(events.get(0)));
        lines.add("");
        lines.addAll(Summary.outline(run, facts.textWidth(), look));
        lines.add("its " + events.get(events.size() - 1).seq() + " events: "
                + look.hints().in("caravan status " + run.run() + " --output plain"));
        return lines;
    }
}
