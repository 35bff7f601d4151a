package dev.caravan.http;

import dev.caravan.access.Role;
import dev.caravan.actions.Action.ActionCall;
import dev.caravan.actions.Action;
import dev.caravan.actions.InvalidParameters;
import dev.caravan.actions.NoSuchAction;
import dev.caravan.journal.Journal;
import dev.caravan.journal.RequestKey;
import dev.caravan.journal.RunRecord;
import dev.caravan.run.Busy;
import dev.caravan.run.CannotBegin;
import dev.caravan.run.Runs;
import dev.caravan.run.Submissions.Submission;
import dev.caravan.run.Submissions;
import dev.caravan.spec.InvalidSpec;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** What is asked of runs by POST: to begin one, to cancel it, to retry it, to resume it, to roll it back. Thread-safe. */
final class RunRequests {
    private static final String SOURCE = "http";

    private final Runs runs;
    private final Submissions submissions;
    private final Journal journal;
    private final IdempotencyKeys keys;

    RunRequests(Runs runs, Submissions submissions, Journal journal) {
        this.runs = runs;
        this.submissions = submissions;
        this.journal = journal;
        this.keys = new IdempotencyKeys(journal);
    }

    /** Begins a run. */
    Reply begin(Request request) throws Refused {
        ActionCall call = call(request);
        requireRole(request, call.action());
        Optional<String> key = request.header("idempotency-key");
        return accepted(key.isEmpty() ? begin(call, request, Optional.empty())
                : keys.once(key.get(), words(call), request.body(), asked -> begin(call, request, Optional.of(asked))));
    }

    /** The action that is asked for; every other parameter of the query is one of its own. */
    ActionCall call(Request request) throws Refused {
        Map<String, String> parameters = new TreeMap<>(request.parameters());
        Optional<String> name = Optional.ofNullable(parameters.remove("action"));
        try {
            return runs.actions().named(name).call(parameters);
        } catch (NoSuchAction e) {
            throw new Refused(ProblemDocument.of(400, "unknown-action", "There is no such action",
                    ProblemDocument.sentence(e.getMessage())));
        } catch (InvalidParameters e) {
            throw new Refused(ProblemDocument.of(400, "parameters", "The action does not take these parameters",
                    ProblemDocument.sentence(e.getMessage())));
        }
    }

    /* What a key is for, besides the body. */
    private static String words(ActionCall call) {
        return call.parameters().isEmpty() ? call.action().name() : call.action().name() + " " + new TreeMap<>(call.texts());
    }

    private String begin(ActionCall call, Request request, Optional<RequestKey> key) throws Refused {
        try {
            return begin(submissions.readConfined(SpecsResource.text(request), "request", call, SOURCE).by(request.caller().name()), key);
        } catch (InvalidSpec invalid) {
            throw new Refused(ProblemDocument.invalidSpec(invalid));
        }
    }

    private String begin(Submission submission, Optional<RequestKey> key) throws Refused {
        try {
            return submissions.begin(submission, key).id();
        } catch (Busy busy) {
            throw busy(busy);
        } catch (CannotBegin why) {
            throw cannotBegin(why);
        }
    }

    /** Who may begin runs may not begin all: an action that asks first takes something away. */
    private static void requireRole(Request request, Action action) throws Refused {
        request.require(action.asksFirst() ? Role.ADMIN : Role.OPERATE);
    }

    private Reply accepted(String id) throws Refused {
        RunRecord run = find(id);
        return Reply.json(202, Json.object().put("id", id).put("state", run.state().word()))
                .header("Location", RunsResource.PATH + "/" + id);
    }

    /** What can be asked of the run in its state: the last parts of paths to POST to. */
    List<String> possible(RunRecord run, boolean hasFound) {
        if (isUnderWay(run) || !run.hasEnded() && !isLeft(run.id())) {
            return List.of("cancel");
        }
        if (run.rehearsal() != runs.isRehearsal() || !submissions.isKnown(run)) {
            return List.of();
        }
        if (!run.hasEnded()) {
            return List.of("resume");
        }
        return hasFound ? List.of("retry", "rollback") : List.of("retry");
    }

    private boolean isUnderWay(RunRecord run) {
        return !run.hasEnded() && runs.underWay().stream().anyMatch(each -> each.id().equals(run.id()));
    }

    private boolean isLeft(String id) {
        return journal.orphans().stream().anyMatch(each -> each.id().equals(id));
    }

    /** Asks it to stop. */
    Reply cancel(String asked, Request request) throws Refused {
        RunRecord run = find(asked);
        String id = run.id();
        if (runs.cancel(id, request.caller().name())) {
            return accepted(id);
        }
        if (run.hasEnded()) {
            throw new Refused(ProblemDocument.of(409, "ended", "The run has ended",
                    "Run " + id + " is " + run.state().word() + "; there is nothing to cancel."));
        }
        if (isLeft(id)) {
            throw new Refused(ProblemDocument.of(409, "not-under-way", "No engine works on the run",
                    "Run " + id + " was interrupted, and no engine has resumed it yet; there is nothing to cancel."));
        }
        journal.askToCancel(id, request.caller().name());
        return accepted(id);
    }

    /** Begins a new run of the same spec and action. */
    Reply retry(String asked, Request request) throws Refused {
        RunRecord run = find(asked);
        if (isUnderWay(run)) {
            throw new Refused(ProblemDocument.of(409, "under-way", "The run has not ended yet",
                    "Run " + run.id() + " is " + run.state().word() + ".")
                    .member("run", run.id()));
        }
        try {
            return accepted(again(submission(run), request));
        } catch (InvalidSpec invalid) {
            throw new Refused(ProblemDocument.invalidSpec(invalid));
        } catch (CannotBegin why) {
            throw cannotBegin(why);
        }
    }

    /** Resumes a run whose engine is gone. */
    Reply resume(String asked, Request request) throws Refused {
        RunRecord run = find(asked);
        if (run.hasEnded()) {
            throw new Refused(ProblemDocument.of(409, "ended", "The run has ended",
                    "Run " + run.id() + " is " + run.state().word() + "; begin it again with retry."));
        }
        if (!isLeft(run.id())) {
            throw new Refused(ProblemDocument.of(409, "under-way", "The run is being worked on",
                    "Run " + run.id() + " is running already; there is nothing to resume.")
                    .member("run", run.id()));
        }
        try {
            Submission submission = submission(run);
            requireRole(request, submission.action());
            return accepted(submissions.resume(run, submission.by(request.caller().name())).id());
        } catch (InvalidSpec invalid) {
            throw new Refused(ProblemDocument.invalidSpec(invalid));
        } catch (CannotBegin why) {
            throw cannotBegin(why);
        } catch (Busy busy) {
            throw busy(busy);
        }
    }

    /** Begins a run that takes this one back. */
    Reply rollback(String asked, Request request) throws Refused {
        RunRecord run = find(asked);
        if (!run.hasEnded()) {
            throw new Refused(ProblemDocument.of(409, "under-way", "The run has not ended yet",
                    "Run " + run.id() + " is " + run.state().word() + "; cancel it first.")
                    .member("run", run.id()));
        }
        try {
            return accepted(again(submission(run, submissions.rollbackOf(run)), request));
        } catch (InvalidSpec invalid) {
            throw new Refused(ProblemDocument.invalidSpec(invalid));
        } catch (CannotBegin why) {
            throw cannotBegin(why);
        }
    }

    private String again(Submission submission, Request request) throws InvalidSpec, Refused {
        requireRole(request, submission.action());
        return begin(submission.again(SOURCE).by(request.caller().name()), Optional.empty());
    }

    private Submission submission(RunRecord run) throws InvalidSpec, Refused {
        requireOfThisKind(run);
        return known(run, submissions.of(run));
    }

    private Submission submission(RunRecord run, ActionCall call) throws InvalidSpec, Refused {
        requireOfThisKind(run);
        return known(run, submissions.of(run, call));
    }

    private void requireOfThisKind(RunRecord run) throws Refused {
        if (run.rehearsal() != runs.isRehearsal()) {
            throw new Refused(ProblemDocument.of(409, "rehearsal", "A rehearsal and a real run are not the same",
                    "Run " + run.id() + " was " + (run.rehearsal() ? "rehearsed on simulated hosts, and this engine works on real ones"
                            : "a real one, and this engine rehearses") + ". Send the spec for a run of its own."));
        }
    }

    private static Submission known(RunRecord run, Optional<Submission> submission) throws Refused {
        return submission.orElseThrow(() -> new Refused(ProblemDocument.of(409, "spec-not-kept",
                "The spec is not known any more", "The journal keeps specs without their secrets, and run " + run.id()
                        + " was not begun by this process over HTTP or through the inbox. Send the spec again.")));
    }

    private static Refused cannotBegin(CannotBegin why) {
        return new Refused(ProblemDocument.of(409, "cannot-begin", "The run cannot begin", ProblemDocument.sentence(why.getMessage())));
    }

    private static Refused busy(Busy busy) {
        return new Refused(ProblemDocument.of(409, "busy", "Another run is at work there", busy.getMessage() + ".")
                .member("run", busy.getOther()));
    }

    private RunRecord find(String id) throws Refused {
        return RunsResource.find(journal, id);
    }
}
