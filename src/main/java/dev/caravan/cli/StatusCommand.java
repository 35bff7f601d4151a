package dev.caravan.cli;

import dev.caravan.history.Event;
import dev.caravan.history.Occurrence.RunEnded;
import dev.caravan.history.RunView;
import dev.caravan.journal.RunRecord;
import dev.caravan.terminal.LiveTable;
import dev.caravan.terminal.Mode;
import dev.caravan.terminal.RunOutline;
import dev.caravan.terminal.RunOutput;
import dev.caravan.terminal.TerminalFacts;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code caravan status}. */
@Command(name = "status",
        description = {
            "Shows what happened in a run, and its state.",
            "",
            "Of a run with more than 20,000 events that has ended, it shows what failed and how it ended. With --output plain, "
                    + "it shows each step as well.",
            "",
            "With --follow it shows a run that is under way as apply would. Its exit status is then the run's. "
                    + "Ending it ends nothing else."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  caravan status 3d7d9d55",
            "  caravan status 3d7d --follow",
            "  caravan status 3d7d --follow --server https://caravan.example.com"
        })
final class StatusCommand implements Callable<Integer> {
    private static final Duration LOOK = Duration.ofMillis(400);
    /** A run of more events has more lines than people read. */
    private static final int LONG = 20_000;

    @Mixin
    private HistoryOptions where;

    @Parameters(paramLabel = "RUN", description = "The run's id, as caravan runs lists it, or as much of it as tells it from others.")
    private String run;

    @Option(names = "--follow", description = "Goes on until the run has ended.")
    private boolean follow;

    @Override
    public Integer call() throws Exception {
        TerminalFacts facts = TerminalFacts.detect(System.getenv()).with(where.hints());
        try (History history = where.open()) {
            RunRecord found = history.find(run);
            return follow ? follow(history, found, facts) : show(history, found, facts);
        }
    }

    private int show(History history, RunRecord found, TerminalFacts facts) throws Exception {
        boolean whole = where.common.output != Mode.AUTO && where.common.output != Mode.TTY || !found.hasEnded();
        Optional<List<Event>> outline = whole ? Optional.empty() : history.outline(found, LONG);
        if (outline.isPresent()) {
            RunOutline.lines(outline.get(), facts).forEach(System.out::println);
            return 0;
        }
        List<Event> events = history.events(found);
        Mode asked = where.common.output;
        Mode mode = asked == Mode.AUTO || asked == Mode.TTY ? Mode.PLAIN : asked;
        try (RunOutput output = RunOutput.create(mode, System.out, facts)) {
            events.forEach(output::on);
        }
        Optional<RunView> running = mode == Mode.JSON || found.hasEnded() ? Optional.empty()
                : Optional.of(RunView.of(events)).filter(view -> !view.ended());
        if (running.isPresent()) {
            System.out.println();
            new LiveTable(facts.look()).render(running.get(), facts.textWidth(), Integer.MAX_VALUE, Instant.now())
                    .forEach(System.out::println);
            if (history.unfinished().contains(found.id())) {
                System.out.println("its engine is gone; " + Abandoned.remedy(found));
            }
        }
        return 0;
    }

    private int follow(History history, RunRecord found, TerminalFacts facts) throws Exception {
        try (History.Following following = history.follow(found);
                RunOutput output = RunOutput.create(where.common.output, System.out, facts)) {
            Abandoned abandoned = new Abandoned(history, found);
            while (true) {
                List<Event> events = following.next(LOOK);
                for (Event event : events) {
                    output.on(event);
                    if (event.occurrence() instanceof RunEnded ended) {
                        return ended.exitStatus().code();
                    }
                }
                abandoned.look(events.isEmpty());
            }
        }
    }
}
