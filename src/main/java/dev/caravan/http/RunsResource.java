package dev.caravan.http;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.caravan.actions.Action;
import dev.caravan.actions.ActionJson;
import dev.caravan.history.PlannedChanges;
import dev.caravan.history.RunState;
import dev.caravan.http.RunFolds.Folded;
import dev.caravan.journal.Journal;
import dev.caravan.journal.RunIds;
import dev.caravan.journal.RunRecord;
import dev.caravan.run.Runs;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;

/** {@code /api/v1/runs} and what can be read below it. Thread-safe. */
final class RunsResource {
    static final String PATH = "/api/v1/runs";

    private final Runs runs;
    private final Journal journal;
    private final RunRequests requests;
    private final StepLogs logs;
    private final RunFolds folds;

    RunsResource(Runs runs, Journal journal, RunRequests requests, Path data) {
        this.runs = runs;
        this.journal = journal;
        this.requests = requests;
        this.logs = new StepLogs(data);
        this.folds = new RunFolds(journal);
    }

    /** The actions that runs can begin with now. */
    Reply actions() {
        return Reply.json(200, ActionJson.tree(runs.actions()));
    }

    /** The newest runs of those that are asked for. */
    Reply list(Request request) throws Refused {
        ObjectNode tree = Json.object();
        ArrayNode list = tree.putArray("runs");
        journal.runs(RunQuery.of(request, journal)).forEach(run -> list.add(RunJson.brief(run)));
        return Reply.json(200, tree);
    }

    /** One run, host by step. */
    Reply show(String asked) throws Refused {
        RunRecord run = find(asked);
        String id = run.id();
        Folded folded = folds.of(id);
        ObjectNode tree = RunJson.whole(run, folded);
        if (folded.view().isPlan() && run.state() == RunState.SUCCEEDED) {
            tree.put("digest", PlannedChanges.of(journal.events(id, 0)).digest());
        }
        tree.put("now", Instant.now().toString());
        boolean hasFound = run.hasEnded() && journal.hasFound(id);
        tree.set("possible", Json.tree(requests.possible(run, hasFound)));
        if (run.hasEnded() && !hasFound && runs.actions().find(run.action()).filter(Action::isRecorded).isPresent()) {
            journal.rolledBackBy(run.id()).ifPresent(by -> tree.put("rolledBackBy", by));
        }
        return Reply.json(200, tree);
    }

    /** Its spec, as the journal has it. */
    Reply spec(String id) throws Refused {
        return new Reply(200, "application/yaml", find(id).spec().getBytes(StandardCharsets.UTF_8), Map.of());
    }

    /** Where its time went. */
    Reply timeline(String id) throws Refused {
        return Reply.json(200, RunTimeline.of(journal.events(find(id).id(), 0), Instant.now()));
    }

    /** What its steps printed. */
    Reply logs(String asked, Request request) throws Refused, IOException {
        String id = find(asked).id();
        Optional<String> range = request.header("range");
        if (range.isPresent()) {
            Optional<Reply> part = logs.part(id, request.parameter("host"), request.parameter("step"), range.get());
            if (part.isPresent()) {
                return part.get();
            }
        }
        return logs.open(id, request.parameter("host"), request.parameter("step"))
                .map(stream -> new Reply(200, "text/plain; charset=utf-8", stream, Map.of()))
                .orElseThrow(() -> new Refused(ProblemDocument.of(404, "no-log", "There is no such log",
                        "Run " + id + " has no log of that host and step.")));
    }

    private RunRecord find(String id) throws Refused {
        return find(journal, id);
    }

    /** @param id may be cut short */
    static RunRecord find(Journal journal, String id) throws Refused {
        try {
            return RunIds.find(journal, id);
        } catch (RunIds.NotFound e) {
            throw new Refused(ProblemDocument.noSuchRun(e));
        }
    }
}
