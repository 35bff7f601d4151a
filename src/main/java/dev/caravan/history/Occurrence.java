package dev.caravan.history;

import dev.caravan.artefacts.Artefact;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.UnaryOperator;

/**
 * Something that happened in a run: one record for each kind. An {@link Event} is an occurrence with its place in the run. Records are
 * immutable and hold no secret. {@link EventRow} is their stored form.
 */
public sealed interface Occurrence {

    /** The host's name; empty if it concerns the whole run. */
    default Optional<String> host() {
        return Optional.empty();
    }

    /** Text for the reader; may have several lines, may be empty. */
    default String message() {
        return "";
    }

    /** The same with each text changed that may hold what a host or a user wrote. Names and words of this program stay as they are. */
    Occurrence redacted(UnaryOperator<String> redact);

    /** Something that happened to an attempt at a step. */
    sealed interface OfStep extends Occurrence {
        Attempt attempt();

        @Override
        default Optional<String> host() {
            return attempt().host();
        }

        /** The step's name. */
        default String step() {
            return attempt().step();
        }
    }

    /** Something in which no host and no user wrote a text. */
    sealed interface Wordless extends Occurrence {
        @Override
        default Occurrence redacted(UnaryOperator<String> redact) {
            return this;
        }
    }

    /** Something that is shown as no more than its text. */
    sealed interface Remark extends Occurrence {}

    /**
     * The first event of each run.
     *
     * @param hosts      in the spec's order
     * @param rollsBack  the runs that this one rolls back, or replaces
     * @param plan       whether its scripts only say what they would change
     * @param version    of Kubernetes, as the spec has it; empty if the run did not record it
     * @param outcome    what is true of the cluster once the run has succeeded, as the end of a sentence; may be empty
     * @param parameters the values of the action's parameters, by name
     * @param limited    whether the hosts are only some of the cluster's, as the action was limited to them
     * @param undoes     what its action rolls back
     * @param shows      what it says about its cluster
     * @param by         who asked for it, where that is known: the name of a token
     */
    record RunQueued(
            String action, String cluster, List<RunHost> hosts, boolean rehearsal, boolean changesHosts, boolean plan,
            Optional<String> version, List<String> rollsBack, String outcome, Map<String, String> parameters,
            boolean limited, Undoes undoes, Shows shows, Optional<String> by) implements Occurrence {
        /** One that rolls nothing back, says what its facts found, and of which it is not known who asked for it. */
        public RunQueued(
                String action, String cluster, List<RunHost> hosts, boolean rehearsal, boolean changesHosts, boolean plan,
                Optional<String> version, List<String> rollsBack, String outcome, Map<String, String> parameters, boolean limited) {
            this(action, cluster, hosts, rehearsal, changesHosts, plan, version, rollsBack, outcome, parameters, limited, Undoes.NOTHING,
                    Shows.FACTS, Optional.empty());
        }

        public RunQueued {
            hosts = List.copyOf(hosts);
            rollsBack = List.copyOf(rollsBack);
            parameters = Texts.copy(parameters);
        }

        @Override
        public RunQueued redacted(UnaryOperator<String> redact) {
            return new RunQueued(action, cluster, hosts, rehearsal, changesHosts, plan, version, rollsBack, redact.apply(outcome),
                    Texts.redacted(parameters, redact), limited, undoes, shows, by);
        }
    }

    /** The run begins. */
    record RunStarted() implements Wordless {}

    /** The run has passed the checkpoint of its route: before it nothing was changed. */
    record CheckpointPassed() implements Wordless {}

    /**
     * An engine resumes a run whose engine is gone.
     *
     * @param by who asked for it, where somebody did and that is known
     */
    record RunResumed(String action, String message, Optional<String> by) implements Remark {
        @Override
        public RunResumed redacted(UnaryOperator<String> redact) {
            return new RunResumed(action, redact.apply(message), by);
        }
    }

    /**
     * A file in the inbox requested the run.
     *
     * @param file what distinguishes it from other files
     */
    record RequestedByFile(String file, String message) implements Remark {
        @Override
        public RequestedByFile redacted(UnaryOperator<String> redact) {
            return new RequestedByFile(file, redact.apply(message));
        }
    }

    /**
     * The run was asked to stop: steps that run may end, no new one starts.
     *
     * @param by who asked for it, where that is known
     */
    record CancelRequested(String message, Optional<String> by) implements Remark {
        @Override
        public CancelRequested redacted(UnaryOperator<String> redact) {
            return new CancelRequested(redact.apply(message), by);
        }
    }

    /** The work on all hosts ends: no new step starts, except for those that roll back. The message says why. */
    record GivenUp(String message) implements Remark {
        @Override
        public GivenUp redacted(UnaryOperator<String> redact) {
            return new GivenUp(redact.apply(message));
        }
    }

    /**
     * A host waits for something outside itself.
     *
     * @param message what for
     * @param slots   how many hosts are worked on at a time, if it waits to be one of them
     */
    record HostWaiting(Optional<String> host, String message, OptionalInt slots) implements Occurrence {
        @Override
        public HostWaiting redacted(UnaryOperator<String> redact) {
            return new HostWaiting(host, redact.apply(message), slots);
        }
    }

    /** All changes of the run on this host were undone, because the host or the whole run failed. */
    record HostRolledBack(Optional<String> host, String message) implements Occurrence {
        @Override
        public HostRolledBack redacted(UnaryOperator<String> redact) {
            return new HostRolledBack(host, redact.apply(message));
        }
    }

    /** @param detached empty if the step is no script */
    record StepStarted(Attempt attempt, Optional<Detached> detached) implements OfStep, Wordless {}

    /** What the step is doing now, in its own words. */
    record StepProgress(Attempt attempt, String message) implements OfStep {
        @Override
        public StepProgress redacted(UnaryOperator<String> redact) {
            return new StepProgress(attempt, redact.apply(message));
        }
    }

    /**
     * The attempt failed and there will be another.
     *
     * @param message  what went wrong
     * @param pause    before the next attempt; empty if it was not recorded
     * @param duration of this attempt; empty if it was not recorded
     */
    record StepRetried(Attempt attempt, String message, Failure failure, Optional<Duration> pause, Optional<Duration> duration)
            implements OfStep {
        @Override
        public StepRetried redacted(UnaryOperator<String> redact) {
            return new StepRetried(attempt, redact.apply(message), failure.redacted(redact), pause, duration);
        }
    }

    /**
     * The step has ended.
     *
     * @param message     one sentence; why it was skipped, or why it failed
     * @param state       one that has {@linkplain StepState#ended() ended}
     * @param changes     what was changed, or in a plan would be, in the script's words
     * @param differences in a plan, what those changes would make of files, units and settings
     * @param outputs     values that the script gave, by name
     * @param secrets     whether it also gave secrets, which are not kept
     * @param artefact    the file that was saved of the host, or sent to it
     * @param duration    of the last attempt; empty if it was not recorded
     * @param failure     if it failed
     */
    record StepEnded(
            Attempt attempt, String message, StepState state, List<String> changes, List<Difference> differences,
            Map<String, String> outputs, boolean secrets, Optional<Artefact> artefact, Optional<Duration> duration,
            Optional<Failure> failure) implements OfStep {
        /** @throws IllegalArgumentException if the state is none in which steps end, or a failure comes with another state */
        public StepEnded {
            if (!state.ended() || state == StepState.ROLLED_BACK || failure.isPresent() != (state == StepState.FAILED)) {
                throw new IllegalArgumentException("a step cannot end " + state.word() + " with the failure " + failure);
            }
            changes = List.copyOf(changes);
            differences = List.copyOf(differences);
            outputs = Texts.copy(outputs);
        }

        /** The output {@code report}, a table for the reader: tabs separate the fields, the first line has the headings; may be empty. */
        public String report() {
            return outputs.getOrDefault("report", "");
        }

        /** A step that failed. */
        public static StepEnded failed(Attempt attempt, String message, Failure failure, Optional<Duration> duration) {
            return new StepEnded(attempt, message, StepState.FAILED, List.of(), List.of(), Map.of(), false, Optional.empty(), duration,
                    Optional.of(failure));
        }

        @Override
        public StepEnded redacted(UnaryOperator<String> redact) {
            return new StepEnded(attempt, redact.apply(message), state, changes.stream().map(redact).toList(),
                    differences.stream().map(each -> each.redacted(redact)).toList(), Texts.redacted(outputs, redact), secrets, artefact,
                    duration, failure.map(each -> each.redacted(redact)));
        }
    }

    /** Anything else worth a line: a relaxed safety setting, a reconnect. Nothing but its text follows from it. */
    record Note(Optional<String> host, String message) implements Remark {
        @Override
        public Note redacted(UnaryOperator<String> redact) {
            return new Note(host, redact.apply(message));
        }
    }

    /**
     * The last event of a run.
     *
     * @param state      one that has an {@linkplain RunState#exitStatus() exit status}
     * @param kubeconfig path of the kubeconfig, if one was fetched
     * @param findings   why preflight refused
     * @param left       what could not be rolled back, by host
     * @param action     of a run that another one replaces
     */
    record RunEnded(
            RunState state, String message, Optional<String> kubeconfig, List<Finding> findings, Map<String, String> left,
            Optional<String> action) implements Occurrence {
        /** @throws IllegalArgumentException if the state is none in which runs end */
        public RunEnded {
            if (state.exitStatus().isEmpty()) {
                throw new IllegalArgumentException("a run cannot end " + state.word());
            }
            findings = List.copyOf(findings);
            left = Texts.copy(left);
        }

        /** An end of which there is no more to say. */
        public static RunEnded of(RunState state, String message) {
            return new RunEnded(state, message, Optional.empty(), List.of(), Map.of(), Optional.empty());
        }

        public ExitStatus exitStatus() {
            return state.exitStatus().orElseThrow();
        }

        @Override
        public RunEnded redacted(UnaryOperator<String> redact) {
            return new RunEnded(state, redact.apply(message), kubeconfig.map(redact),
                    findings.stream().map(each -> each.redacted(redact)).toList(), Texts.redacted(left, redact), action);
        }
    }

    /** Of a kind that this version does not know: a newer one wrote it. It is passed on as it is, and nothing follows from it. */
    record Unknown(EventRow row) implements Remark {
        @Override
        public Optional<String> host() {
            return row.host();
        }

        @Override
        public String message() {
            return row.message();
        }

        @Override
        public Unknown redacted(UnaryOperator<String> redact) {
            return new Unknown(row.withMessage(redact.apply(row.message())));
        }
    }
}
