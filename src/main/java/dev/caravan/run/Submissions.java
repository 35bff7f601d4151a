package dev.caravan.run;

import dev.caravan.actions.Action;
import dev.caravan.actions.Action.ActionCall;
import dev.caravan.actions.InvalidParameters;
import dev.caravan.actions.NoSuchAction;
import dev.caravan.journal.Journal;
import dev.caravan.journal.RequestKey;
import dev.caravan.journal.RunRecord;
import dev.caravan.spec.Allowed;
import dev.caravan.spec.Cluster;
import dev.caravan.spec.Expansion;
import dev.caravan.spec.InvalidSpec;
import dev.caravan.spec.RedactedSpec;
import dev.caravan.spec.Relaxations;
import dev.caravan.spec.SpecReader;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Begins runs from the text of specs, for triggers that bring text. Remembers the text of the newest runs for as long as
 * this process lives, as the journal keeps it without its secrets only. Thread-safe.
 */
public final class Submissions {
    private static final int REMEMBERED = 200;

    private static final Logger LOG = LoggerFactory.getLogger(Submissions.class);

    private final Runs runs;
    private final Journal journal;
    private final Allowed allowed;
    private final Set<String> cannotResume = new HashSet<>();
    private final Map<String, Submission> begun = new LinkedHashMap<>();

    /**
     * A spec that was read and found valid.
     *
     * @param source command, inbox or http
     * @param by     who asks for it, where that is known
     */
    public record Submission(
            String text, String name, Expansion expansion, Cluster cluster, ActionCall call, String source, Optional<String> by) {
        /** The same text read again, as variables and files that it names may have other values by now. */
        public Submission again(String newSource) throws InvalidSpec {
            return read(text, name, expansion, call, newSource);
        }

        /** The same spec for another action. */
        public Submission with(ActionCall other) {
            return new Submission(text, name, expansion, cluster, other, source, by);
        }

        /** The same, asked for by somebody of that name. */
        public Submission by(Optional<String> caller) {
            return new Submission(text, name, expansion, cluster, call, source, caller);
        }

        public Action action() {
            return call.action();
        }

        @Override
        public String toString() {
            return action().name() + " of " + name;
        }
    }

    /** @param allowed what specs may name that come from outside */
    public Submissions(Runs runs, Journal journal, Allowed allowed) {
        this.runs = runs;
        this.journal = journal;
        this.allowed = allowed;
    }

    /**
     * Reads a spec.
     *
     * @param name what messages call it
     * @throws InvalidSpec if it cannot be used
     */
    public static Submission read(String text, String name, Expansion expansion, ActionCall call, String source) throws InvalidSpec {
        return new Submission(text, name, expansion, SpecReader.read(text, name, expansion), call, source, Optional.empty());
    }

    /**
     * Reads a spec from an untrusted author: only allow-listed variables and files may be referenced; so does a caller that resumes
     * the run, or begins another of it.
     */
    public Submission readConfined(String text, String name, ActionCall call, String source) throws InvalidSpec {
        return read(text, name, Expansion.in(Path.of("")).confinedTo(allowed), call, source);
    }

    /** The same where no run is to begin: what it describes. */
    public Cluster readConfined(String text, String name) throws InvalidSpec {
        return SpecReader.read(text, name, Expansion.in(Path.of("")).confinedTo(allowed));
    }

    /** Begins a run of it; see {@link Runs#begin}. */
    public Run begin(Submission submission) throws Busy {
        return begin(submission, Optional.empty());
    }

    /** The same for a request that has a key. */
    public Run begin(Submission submission, Optional<RequestKey> key) throws Busy {
        return remember(submission, runs.begin(order(submission, key)));
    }

    /**
     * What rolls that earlier run back.
     *
     * @throws CannotBegin if no action that is loaded does
     */
    public ActionCall rollbackOf(RunRecord earlier) {
        try {
            return runs.actions().rollback().call(Map.of("run", earlier.id()));
        } catch (NoSuchAction | InvalidParameters e) {
            throw new CannotBegin(e.getMessage());
        }
    }

    private static RunOrder order(Submission submission, Optional<RequestKey> key) {
        return new RunOrder(submission.cluster(), RedactedSpec.of(submission.text()), submission.expansion().directory(),
                submission.call(), submission.source(), Relaxations.of(submission.cluster()), submission.expansion().isConfined(), key,
                submission.by());
    }

    /** The run that this submission began in an earlier life of the engine and that continues in this process; secrets are not compared. */
    public Optional<Run> resumedRun(Submission submission) {
        String spec = RedactedSpec.of(submission.text());
        return runs.underWay().stream()
                .filter(Run::isResumed)
                .filter(run -> run.action().name().equals(submission.action().name())
                        && run.parameters().equals(submission.call().parameters()))
                .filter(run -> journal.run(run.id()).filter(record -> record.source().equals(submission.source())
                        && record.spec().equals(spec)).isPresent())
                .findFirst();
    }

    private Run remember(Submission submission, Run run) {
        synchronized (begun) {
            begun.put(run.id(), submission);
            if (begun.size() > REMEMBERED) {
                begun.remove(begun.keySet().iterator().next());
            }
        }
        return run;
    }

    /**
     * What that run was begun with: as this process remembers it, else from the journal, which has it where the spec held no
     * secret but references such as {@code ${env:NAME}}.
     *
     * @throws InvalidSpec if what it refers to is not there (any more)
     * @throws CannotBegin if its action is not loaded any more
     */
    public Optional<Submission> of(RunRecord run) throws InvalidSpec {
        return of(run, runs.call(run));
    }

    /** The same spec for another action, or the same one with other parameters. */
    public Optional<Submission> of(RunRecord run, ActionCall call) throws InvalidSpec {
        Submission known;
        synchronized (begun) {
            known = begun.get(run.id());
        }
        if (known != null) {
            return Optional.of(known.with(call).by(Optional.empty()));
        }
        if (!RedactedSpec.isUsable(run.spec()) || run.directory().isEmpty()) {
            return Optional.empty();
        }
        Expansion expansion = Expansion.in(Path.of(run.directory()));
        return Optional.of(read(run.spec(), "the spec of run " + run.id(), run.confined() ? expansion.confinedTo(allowed) : expansion,
                call, run.source()));
    }

    /** Whether {@link #of} knows what that run was begun with. What it refers to is not looked at. */
    public boolean isKnown(RunRecord run) {
        synchronized (begun) {
            return begun.containsKey(run.id()) || RedactedSpec.isUsable(run.spec()) && !run.directory().isEmpty();
        }
    }

    /** Resumes that run, whose engine is gone; see {@link Runs#resume}. */
    public synchronized Run resume(RunRecord orphan, Submission submission) throws Busy {
        return remember(submission, runs.resume(orphan, submission.cluster(), submission.by()));
    }

    /** Resumes every run whose engine is gone. A run that cannot be resumed is logged once, and waits for an apply of its spec. */
    public synchronized void resumeOrphans() {
        runs.releaseClaims();
        for (RunRecord orphan : journal.orphans()) {
            if (orphan.rehearsal() || runs.underWay().stream().anyMatch(run -> run.id().equals(orphan.id()))) {
                continue;
            }
            try {
                Optional<Submission> submission = of(orphan);
                if (submission.isPresent()) {
                    resume(orphan, submission.get());
                    LOG.info("run {} of cluster {} is resumed", orphan.id(), orphan.cluster());
                } else {
                    cannotResume(orphan, "its spec holds secrets, which the journal does not keep");
                }
            } catch (InvalidSpec | CannotBegin invalid) {
                cannotResume(orphan, invalid.getMessage());
            } catch (Busy busy) {
                LOG.debug("run {} is not resumed: {}", orphan.id(), busy.getMessage());
            }
        }
    }

    private void cannotResume(RunRecord run, String why) {
        if (cannotResume.add(run.id())) {
            LOG.warn("run {} of cluster {} was left unfinished and cannot be resumed: {}. The next {} of its spec resumes it", run.id(),
                    run.cluster(), why, run.action());
        }
    }
}
