package dev.caravan.cli;

import dev.caravan.journal.Event;
import dev.caravan.journal.Journal;
import dev.caravan.journal.JournalPlace;
import dev.caravan.terminal.Mode;
import dev.caravan.terminal.RunOutput;
import dev.caravan.terminal.TerminalFacts;
import java.nio.file.Files;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code caravan status}. */
@Command(name = "status", description = "What happened in a run, from the journal.")
final class StatusCommand implements Callable<Integer> {
    @Mixin
    private CommonOptions common;

    @Parameters(paramLabel = "RUN", description = "The run's id, as caravan runs lists it.")
    private String run;

    @Override
    public Integer call() throws Exception {
        LogSetup.toFile(common.data);
        List<Event> events = events(common.journal());
        if (events.isEmpty() && Files.isDirectory(common.rehearsalData())) {
            events = events(JournalPlace.in(common.rehearsalData()));
        }
        if (events.isEmpty()) {
            throw new UserError(common.journal() + " has no run " + run + "; caravan runs lists those it has");
        }
        Mode mode = common.output == Mode.AUTO || common.output == Mode.TTY ? Mode.PLAIN : common.output;
        try (RunOutput output = RunOutput.create(mode, System.out, TerminalFacts.detect(System.getenv()))) {
            events.forEach(output::on);
        }
        return 0;
    }

    private List<Event> events(JournalPlace place) {
        try (Journal journal = Journal.open(place)) {
            return journal.events(run, 0);
        }
    }
}
