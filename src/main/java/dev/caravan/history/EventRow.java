package dev.caravan.history;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.caravan.artefacts.Artefact;
import dev.caravan.history.Occurrence.CancelRequested;
import dev.caravan.history.Occurrence.CheckpointPassed;
import dev.caravan.history.Occurrence.GivenUp;
import dev.caravan.history.Occurrence.HostRolledBack;
import dev.caravan.history.Occurrence.HostWaiting;
import dev.caravan.history.Occurrence.Note;
import dev.caravan.history.Occurrence.OfStep;
import dev.caravan.history.Occurrence.RequestedByFile;
import dev.caravan.history.Occurrence.RunEnded;
import dev.caravan.history.Occurrence.RunQueued;
import dev.caravan.history.Occurrence.RunResumed;
import dev.caravan.history.Occurrence.RunStarted;
import dev.caravan.history.Occurrence.StepEnded;
import dev.caravan.history.Occurrence.StepProgress;
import dev.caravan.history.Occurrence.StepRetried;
import dev.caravan.history.Occurrence.StepStarted;
import dev.caravan.history.Occurrence.Unknown;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The form of an {@link Occurrence} in the journal's table and in JSON. Each kind has a word.
 *
 * <p>{@link #occurrence()} also reads what earlier and newer versions wrote. What is missing or of another type than expected is taken as
 * empty; a state that this version does not know as {@code ok} for a step and {@code failed} for a run; a type that it does not know is
 * {@link Unknown}, and stays as it was written.
 *
 * @param type    the word: {@code step-ended}
 * @param attempt 0 if it is not about an attempt at a step
 * @param data    further members, in the order of their names
 */
public record EventRow(String type, Optional<String> host, Optional<String> step, int attempt, String message, ObjectNode data) {
    private static final Map<Class<? extends Occurrence>, String> WORDS = Map.ofEntries(
            Map.entry(RunQueued.class, "run-queued"),
            Map.entry(RunStarted.class, "run-started"),
            Map.entry(CheckpointPassed.class, "checkpoint-passed"),
            Map.entry(RunResumed.class, "run-resumed"),
            Map.entry(RequestedByFile.class, "run-requested"),
            Map.entry(CancelRequested.class, "cancel-requested"),
            Map.entry(GivenUp.class, "run-given-up"),
            Map.entry(HostWaiting.class, "host-waiting"),
            Map.entry(HostRolledBack.class, "host-rolled-back"),
            Map.entry(StepStarted.class, "step-started"),
            Map.entry(StepProgress.class, "step-progress"),
            Map.entry(StepRetried.class, "step-retry"),
            Map.entry(StepEnded.class, "step-ended"),
            Map.entry(Note.class, "note"),
            Map.entry(RunEnded.class, "run-ended"));

    /** The word for that kind. */
    public static String word(Class<? extends Occurrence> kind) {
        return WORDS.get(kind);
    }

    /** The stored form. */
    public static EventRow of(Occurrence what) {
        if (what instanceof Unknown unknown) {
            return unknown.row();
        }
        Optional<OfStep> step = what instanceof OfStep ofStep ? Optional.of(ofStep) : Optional.empty();
        return new EventRow(word(what.getClass()), what.host(), step.map(OfStep::step), step.map(each -> each.attempt().number()).orElse(0),
                what.message(), members(what));
    }

    private static ObjectNode members(Occurrence what) {
        ObjectNode data = JsonNodeFactory.instance.objectNode();
        if (what instanceof RunQueued queued) {
            put(data, queued);
        } else if (what instanceof RunResumed resumed) {
            data.put("action", resumed.action());
            resumed.by().ifPresent(name -> data.put("by", name));
        } else if (what instanceof RequestedByFile requested) {
            data.put("file", requested.file());
        } else if (what instanceof CancelRequested cancelled) {
            cancelled.by().ifPresent(name -> data.put("by", name));
        } else if (what instanceof HostWaiting waiting) {
            waiting.slots().ifPresent(slots -> data.put("slots", slots));
        } else if (what instanceof StepStarted started) {
            started.detached().ifPresent(detached -> put(data, detached));
        } else if (what instanceof StepRetried retried) {
            retried.pause().ifPresent(pause -> data.put("delayMillis", pause.toMillis()));
            retried.duration().ifPresent(duration -> data.put("durationMillis", duration.toMillis()));
            put(data, retried.failure());
        } else if (what instanceof StepEnded ended) {
            put(data, ended);
        } else if (what instanceof RunEnded ended) {
            put(data, ended);
        }
        return data;
    }

    private static void put(ObjectNode data, RunQueued queued) {
        data.put("action", queued.action());
        queued.by().ifPresent(name -> data.put("by", name));
        data.put("changesHosts", queued.changesHosts()).put("cluster", queued.cluster());
        queued.hosts().forEach(host -> put(data.withArray("hosts").addObject()
                .put("address", host.address()).put("name", host.name()), "roles", host.roles()));
        if (queued.limited()) {
            data.put("limited", true);
        }
        if (!queued.outcome().isEmpty()) {
            data.put("outcome", queued.outcome());
        }
        put(data, "parameters", queued.parameters());
        data.put("plan", queued.plan()).put("rehearsal", queued.rehearsal());
        put(data, "rollsBack", queued.rollsBack());
        data.put("shows", queued.shows().word());
        data.put("undoes", queued.undoes().word());
        queued.version().ifPresent(version -> data.put("version", version));
    }

    private static void put(ObjectNode data, Detached detached) {
        detached.at().ifPresent(host -> data.put("at", host));
        data.put("id", detached.id()).put("logOffset", detached.logOffset());
    }

    private static void put(ObjectNode data, StepEnded ended) {
        ended.artefact().ifPresent(file -> data.putObject("artefact").put("bytes", file.bytes()).put("sha256", file.sha256()));
        if (ended.failure().isEmpty() || !ended.changes().isEmpty()) {
            put(data, "changes", ended.changes());
        }
        ended.differences().forEach(each -> data.withArray("diffs").addObject()
                .put("change", each.change()).put("diff", each.text()).put("subject", each.subject()));
        ended.duration().ifPresent(duration -> data.put("durationMillis", duration.toMillis()));
        ended.failure().ifPresent(failure -> data.put("kind", failure.kind()));
        ended.failure().ifPresent(failure -> put(data, "lastWords", failure.lastWords()));
        put(data, "outputs", ended.outputs());
        ended.failure().ifPresent(failure -> data.put("remedy", failure.remedy()));
        if (ended.secrets()) {
            data.put("secrets", true);
        }
        data.put("state", ended.state().word());
    }

    private static void put(ObjectNode data, Failure failure) {
        data.put("kind", failure.kind());
        put(data, "lastWords", failure.lastWords());
        data.put("remedy", failure.remedy());
    }

    private static void put(ObjectNode data, RunEnded ended) {
        ended.action().ifPresent(action -> data.put("action", action));
        data.put("exitStatus", ended.exitStatus().code());
        ended.findings().forEach(finding -> put(data.withArray("findings").addObject(), "hosts", finding.hosts())
                .put("problem", finding.problem()).put("remedy", finding.remedy()));
        ended.kubeconfig().ifPresent(path -> data.put("kubeconfig", path));
        put(data, "left", ended.left());
        data.put("state", ended.state().word());
    }

    private static ObjectNode put(ObjectNode data, String name, Collection<String> texts) {
        texts.forEach(data.putArray(name)::add);
        return data;
    }

    private static void put(ObjectNode data, String name, Map<String, String> texts) {
        texts.keySet().stream().sorted().forEach(key -> data.withObject("/" + name).put(key, texts.get(key)));
    }

    /** The same with another message. */
    public EventRow withMessage(String other) {
        return new EventRow(type, host, step, attempt, other, data);
    }

    /** What happened. */
    public Occurrence occurrence() {
        Members members = new Members(data);
        return switch (type) {
            case "run-queued" -> queued(members);
            case "run-started" -> new RunStarted();
            case "checkpoint-passed" -> new CheckpointPassed();
            case "run-resumed" -> resumed(members);
            case "run-requested" -> new RequestedByFile(members.textOr("file", ""), message);
            case "cancel-requested" -> new CancelRequested(message, members.text("by"));
            case "run-given-up" -> new GivenUp(message);
            case "host-waiting" -> new HostWaiting(host, message, members.count("slots"));
            case "host-rolled-back" -> new HostRolledBack(host, message);
            case "step-started" -> new StepStarted(attempted(), members.text("id").map(id ->
                    new Detached(id, members.number("logOffset").orElse(0L), members.text("at"))));
            case "step-progress" -> new StepProgress(attempted(), message);
            case "step-retry" -> new StepRetried(attempted(), message, failure(members), members.millis("delayMillis"),
                    members.millis("durationMillis"));
            case "step-ended" -> ended(members);
            case "note" -> formerNote(members);
            case "run-ended" -> new RunEnded(Optional.of(RunState.of(members.textOr("state", ""))).filter(state ->
                    state.exitStatus().isPresent()).orElse(RunState.FAILED), message, members.text("kubeconfig"),
                    members.objects("findings").stream().map(each -> new Finding(each.texts("hosts"), each.textOr("problem", ""),
                            each.textOr("remedy", ""))).toList(), members.textsByName("left"), members.text("action"));
            default -> new Unknown(this);
        };
    }

    private static RunQueued queued(Members members) {
        String action = members.textOr("action", "apply");
        List<RunHost> hosts = members.objects("hosts").stream()
                .flatMap(each -> each.text("name").map(name -> new RunHost(name, each.textOr("address", ""), each.texts("roles"))).stream())
                .toList();
        // Runs of earlier versions did not say whether they change hosts, nor whether they are plans.
        boolean changesHosts = members.flag("changesHosts").orElse(!action.equals("plan"));
        return new RunQueued(action, members.textOr("cluster", ""), hosts, members.flag("rehearsal").orElse(false), changesHosts,
                members.flag("plan").orElse(!changesHosts), members.text("version"), rollsBack(members),
                members.textOr("outcome", ""), members.textsByName("parameters"), members.flag("limited").orElse(false),
                members.text("undoes").flatMap(Undoes::of).orElseGet(() -> undoes(action)),
                members.text("shows").flatMap(Shows::of).orElseGet(() -> shows(action)), members.text("by"));
    }

    /* Runs of earlier versions did not say what they undo: only these actions did. */
    private static Undoes undoes(String action) {
        return switch (action) {
            case "reset" -> Undoes.CLUSTER;
            case "rollback", "rollback-run" -> Undoes.RUN;
            default -> Undoes.NOTHING;
        };
    }

    /* The same of what they show. */
    private static Shows shows(String action) {
        return switch (action) {
            case "apply" -> Shows.SPEC;
            case "plan" -> Shows.DRIFT;
            case "adopt" -> Shows.NOTHING;
            default -> Shows.FACTS;
        };
    }

    /* Earlier versions wrote takesBack. */
    private static List<String> rollsBack(Members members) {
        return members.texts(members.has("rollsBack") ? "rollsBack" : "takesBack");
    }

    private StepEnded ended(Members members) {
        StepState state = switch (members.textOr("state", "")) {
            case "changed" -> StepState.CHANGED;
            case "skipped" -> StepState.SKIPPED;
            case "failed" -> StepState.FAILED;
            default -> StepState.OK;
        };
        List<Difference> differences = members.objects("diffs").stream()
                .map(each -> new Difference(each.textOr("change", ""), each.textOr("subject", ""), each.textOr("diff", ""))).toList();
        Optional<Duration> duration = members.millis("durationMillis");
        return new StepEnded(attempted(), message, state, members.texts("changes"), differences, members.textsByName("outputs"),
                members.flag("secrets").orElse(false), members.object("artefact").flatMap(EventRow::artefact), duration,
                state == StepState.FAILED ? Optional.of(failure(members)) : Optional.empty());
    }

    private static Optional<Artefact> artefact(Members file) {
        return Artefact.of(file.number("bytes").map(String::valueOf).orElse(""), file.textOr("sha256", ""));
    }

    private RunResumed resumed(Members members) {
        return new RunResumed(members.textOr("action", ""), message, members.text("by"));
    }

    /* Earlier versions wrote four kinds as notes, with a member of their own each. */
    private Occurrence formerNote(Members members) {
        if (members.flag("cancelled").orElse(false)) {
            return new CancelRequested(message, members.text("by"));
        }
        if (members.flag("givenUp").orElse(false)) {
            return new GivenUp(message);
        }
        if (members.flag("resumed").orElse(false)) {
            return resumed(members);
        }
        return members.text("file").<Occurrence>map(file -> new RequestedByFile(file, message)).orElseGet(() -> new Note(host, message));
    }

    private static Failure failure(Members members) {
        return new Failure(members.textOr("kind", ""), members.textOr("remedy", ""), members.texts("lastWords"));
    }

    private Attempt attempted() {
        return new Attempt(host, step.orElse(""), Math.max(1, attempt));
    }
}
