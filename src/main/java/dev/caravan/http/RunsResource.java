package dev.caravan.http;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.caravan.journal.Journal;
import dev.caravan.journal.RequestKey;
import dev.caravan.journal.RunRecord;
import dev.caravan.run.Action;
import dev.caravan.run.Busy;
import dev.caravan.run.Runs;
import dev.caravan.run.Submissions;
import dev.caravan.run.Submissions.Submission;
import dev.caravan.spec.InvalidSpec;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;

/** {@code /api/v1/runs} and what is below it. Thread-safe. */
final class RunsResource {
    static final String PATH = "/api/v1/runs";
    private static final String SOURCE = "http";
    private static final int SHOWN = 50;
    private static final int MOST_SHOWN = 500;

    private final Runs runs;
    private final Submissions submissions;
    private final Journal journal;
    private final StepLogs logs;
    private final Predicate<Action> supported;
    private final IdempotencyKeys keys;

    /** @param supported whether there is a workflow for the action */
    RunsResource(Runs runs, Submissions submissions, Journal journal, Path data, Predicate<Action> supported) {
        this.runs = runs;
        this.submissions = submissions;
        this.journal = journal;
        this.logs = new StepLogs(data);
        this.keys = new IdempotencyKeys(journal);
        this.supported = supported;
    }

    /** Begins a run. */
    Reply begin(Request request) throws Refused {
        String word = request.parameter("action").orElse(Action.APPLY.word());
        Action action = Action.of(word).filter(known -> known != Action.ROLLBACK).orElseThrow(() -> new Refused(ProblemDocument.of(400, "unknown-action", "There is no such action",
                "The parameter action is apply, plan or reset.")));
        if (!supported.test(action)) {
            throw new Refused(ProblemDocument.of(501, "no-workflow", "There is no workflow for this action",
                    "No route " + action.word() + " is loaded."));
        }
        Optional<String> key = request.header("idempotency-key");
        return accepted(key.isEmpty() ? begin(action, request, Optional.empty())
                : keys.once(key.get(), action.word(), request.body(), asked -> begin(action, request, Optional.of(asked))));
    }

    private String begin(Action action, Request request, Optional<RequestKey> key) throws Refused {
        try {
            return begin(submissions.readConfined(text(request.body()), "request", action, SOURCE), key);
        } catch (InvalidSpec invalid) {
            throw new Refused(ProblemDocument.invalidSpec(invalid));
        }
    }

    private String begin(Submission submission, Optional<RequestKey> key) throws Refused {
        try {
            return submissions.begin(submission, key).id();
        } catch (Busy busy) {
            throw busy(busy);
        }
    }

    private static String text(byte[] body) throws Refused {
        if (body.length == 0) {
            throw new Refused(ProblemDocument.of(422, "no-spec", "The spec is missing", "Send the spec as the body, YAML or JSON."));
        }
        try {
            return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(body)).toString();
        } catch (CharacterCodingException e) {
            throw new Refused(ProblemDocument.of(422, "not-text", "The spec is not UTF-8 text", "Send the spec in UTF-8."));
        }
    }

    private Reply accepted(String id) throws Refused {
        RunRecord run = find(id);
        return Reply.json(202, Json.object().put("id", id).put("state", run.state())).header("Location", PATH + "/" + id);
    }

    /** The newest runs. */
    Reply list(Request request) throws Refused {
        ObjectNode tree = Json.object();
        ArrayNode list = tree.putArray("runs");
        journal.runs(limit(request)).forEach(run -> list.add(RunJson.brief(run)));
        return Reply.json(200, tree);
    }

    private static int limit(Request request) throws Refused {
        Optional<String> limit = request.parameter("limit");
        if (limit.isEmpty()) {
            return SHOWN;
        }
        if (!limit.get().matches("[1-9]\\d{0,2}") || Integer.parseInt(limit.get()) > MOST_SHOWN) {
            throw new Refused(ProblemDocument.of(400, "limit", "The limit cannot be used", "The parameter limit is 1 to " + MOST_SHOWN + "."));
        }
        return Integer.parseInt(limit.get());
    }

    /** One run, host by step. */
    Reply show(String id) throws Refused {
        RunRecord run = find(id);
        return Reply.json(200, RunJson.whole(run, journal.events(id, 0)));
    }

    /** What its steps printed. */
    Reply logs(String id, Request request) throws Refused, IOException {
        find(id);
        return logs.open(id, request.parameter("host"), request.parameter("step"))
                .map(stream -> new Reply(200, "text/plain; charset=utf-8", stream, Map.of()))
                .orElseThrow(() -> new Refused(ProblemDocument.of(404, "no-log", "There is no such log",
                        "Run " + id + " has no log of that host and step.")));
    }

    /** Asks it to stop. */
    Reply cancel(String id) throws Refused {
        RunRecord run = find(id);
        if (!runs.cancel(id)) {
            throw new Refused(run.hasEnded()
                    ? ProblemDocument.of(409, "ended", "The run has ended", "Run " + id + " is " + run.state() + "; there is nothing to cancel.")
                    : ProblemDocument.of(409, "elsewhere", "The run is not this process's",
                            "Run " + id + " was begun by another process, and only that can cancel it: press Ctrl-C there."));
        }
        return accepted(id);
    }

    /** Begins a new run of the same spec and action. */
    Reply retry(String id) throws Refused {
        RunRecord run = find(id);
        if (runs.underWay().stream().anyMatch(each -> each.id().equals(id))) {
            throw new Refused(ProblemDocument.of(409, "under-way", "The run has not ended yet", "Run " + id + " is " + run.state() + ".")
                    .member("run", id));
        }
        try {
            return accepted(begin(submission(run).again(SOURCE), Optional.empty()));
        } catch (InvalidSpec invalid) {
            throw new Refused(ProblemDocument.invalidSpec(invalid));
        }
    }

    /** Begins a run that takes this one back. */
    Reply rollback(String id) throws Refused {
        RunRecord run = find(id);
        if (!run.hasEnded()) {
            throw new Refused(ProblemDocument.of(409, "under-way", "The run has not ended yet", "Run " + id + " is " + run.state() + "; cancel it first.")
                    .member("run", id));
        }
        try {
            return accepted(submissions.takeBack(run, submission(run).again(SOURCE)).id());
        } catch (InvalidSpec invalid) {
            throw new Refused(ProblemDocument.invalidSpec(invalid));
        } catch (Busy busy) {
            throw busy(busy);
        }
    }

    private Submission submission(RunRecord run) throws InvalidSpec, Refused {
        return submissions.of(run).orElseThrow(() -> new Refused(ProblemDocument.of(409, "spec-not-kept",
                "The spec is not known any more", "The journal keeps specs without their secrets, and run " + run.id()
                        + " was not begun by this process over HTTP or through the inbox. Send the spec again.")));
    }

    private static Refused busy(Busy busy) {
        return new Refused(ProblemDocument.of(409, "busy", "Another run is at work there", busy.getMessage() + ".").member("run", busy.getOther()));
    }

    private RunRecord find(String id) throws Refused {
        return journal.run(id).orElseThrow(() -> new Refused(ProblemDocument.noSuchRun(id)));
    }
}
