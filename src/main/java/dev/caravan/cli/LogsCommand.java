package dev.caravan.cli;

import dev.caravan.history.Event;
import dev.caravan.history.Occurrence.RunEnded;
import dev.caravan.history.Occurrence.StepEnded;
import dev.caravan.history.Occurrence.StepStarted;
import dev.caravan.journal.RunRecord;
import dev.caravan.terminal.LogOutput;
import dev.caravan.terminal.TerminalFacts;
import java.io.IOException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code caravan logs}. */
@Command(name = "logs",
        description = {
            "What the steps of a run printed on their hosts.",
            "",
            "In the order in which the steps began, with host and step before each line unless both are named. "
                    + "With --follow, new lines are printed until the run ends; the exit status is then the run's."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  caravan logs 3d7d9d55 --host h2 --step kubeadm-join",
            "  caravan logs 3d7d --step images-pull",
            "  caravan logs 3d7d --follow",
            "  caravan logs 3d7d --follow --server https://caravan.example.com"
        })
final class LogsCommand implements Callable<Integer> {
    private static final Duration LOOK = Duration.ofMillis(400);

    @Mixin
    private HistoryOptions where;

    @Parameters(paramLabel = "RUN", description = "The run's id, as caravan runs lists it, or as much of it as tells it from others.")
    private String run;

    @Option(names = "--host", paramLabel = "H", description = "Only that host's.")
    private String host;

    @Option(names = "--step", paramLabel = "S", description = "Only that step's.")
    private String step;

    @Option(names = "--follow", description = "Goes on until the run has ended.")
    private boolean follow;

    private LogOutput output;

    /** A step on a host, whose log it is. */
    private record Log(String host, String step) {}

    @Override
    public Integer call() throws Exception {
        output = new LogOutput(System.out, TerminalFacts.detect(System.getenv()), host == null || step == null);
        try (History history = where.open()) {
            RunRecord found = history.find(run);
            return follow ? follow(history, found) : print(history, found);
        }
    }

    private int print(History history, RunRecord found) throws IOException, UserError {
        Set<Log> logs = new LinkedHashSet<>();
        history.events(found).forEach(event -> log(event).ifPresent(logs::add));
        boolean any = false;
        for (Log log : logs) {
            Optional<byte[]> text = history.log(found, log.host(), log.step(), 0);
            any |= text.isPresent();
            text.ifPresent(bytes -> output.print(log.host(), log.step(), bytes));
            output.end(log.host(), log.step());
        }
        if (logs.isEmpty()) {
            throw new UserError("run " + found.id() + " has no log of that host and step; " + where.hint("status " + found.id())
                    + " shows which there are");
        }
        if (!any) {
            throw new UserError("the logs of run " + found.id() + " are not under " + where.common.data()
                    + " but with the engine that ran it, or deleted: ask that engine with --server, or see "
                    + where.hint("status " + found.id()));
        }
        return 0;
    }

    /** Events of scripts: what else is a step has no log. */
    private Optional<Log> log(Event event) {
        return event.as(StepStarted.class)
                .filter(started -> started.detached().isPresent())
                .flatMap(started -> started.host().map(name -> new Log(name, started.step())))
                .filter(log -> host == null || log.host().equals(host))
                .filter(log -> step == null || log.step().equals(step));
    }

    private int follow(History history, RunRecord found) throws Exception {
        Map<Log, Long> open = new LinkedHashMap<>();
        Map<Log, Long> ended = new LinkedHashMap<>();
        try (History.Following following = history.follow(found)) {
            Abandoned abandoned = new Abandoned(history, found);
            while (true) {
                List<Event> events = following.next(LOOK);
                Set<Log> ending = new LinkedHashSet<>();
                for (Event event : events) {
                    log(event).ifPresent(log -> open.put(log, Optional.ofNullable(ended.remove(log)).orElse(open.getOrDefault(log, 0L))));
                    event.as(StepEnded.class).ifPresent(step -> ending.add(new Log(step.host().orElse(""), step.step())));
                }
                for (Map.Entry<Log, Long> log : open.entrySet()) {
                    log.setValue(log.getValue() + printed(history, found, log.getKey(), log.getValue()));
                }
                // What ended before this look has been read to its end.
                ending.stream().filter(open::containsKey).forEach(log -> {
                    output.end(log.host(), log.step());
                    ended.put(log, open.remove(log));
                });
                Optional<RunEnded> end = events.stream().flatMap(event -> event.as(RunEnded.class).stream()).findFirst();
                if (end.isPresent()) {
                    open.keySet().forEach(log -> output.end(log.host(), log.step()));
                    return end.get().exitStatus().code();
                }
                abandoned.look(events.isEmpty());
            }
        }
    }

    private long printed(History history, RunRecord found, Log log, long from) throws IOException, UserError {
        byte[] more = history.log(found, log.host(), log.step(), from).orElse(new byte[0]);
        output.print(log.host(), log.step(), more);
        return more.length;
    }
}
