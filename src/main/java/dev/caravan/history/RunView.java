package dev.caravan.history;

import dev.caravan.history.Occurrence.StepEnded;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The state of a run, by host and step, as its events have it. Immutable. No clock is read here; what depends on the present time
 * takes it as a parameter.
 *
 * @param action     its name
 * @param looksOnly  whether its scripts only say what they would change
 * @param changesNothing whether it changes no host, but may do something else, such as a backup
 * @param outcome    what is true of the cluster once it has succeeded; may be empty
 * @param startedAt  when the run was last started; a resumed run starts again
 * @param hosts      in the spec's order; then, where steps ran for the cluster as a whole, one whose name is empty
 * @param steps      names, in the order in which the run first met them
 * @param stopping   whether it was asked to stop
 * @param waitingFor what the whole run waits for now
 * @param message    what the run said at its end
 * @param kubeconfig path of the kubeconfig that was fetched
 * @param findings   why preflight refused
 */
public record RunView(
        String run,
        String action,
        boolean looksOnly,
        boolean changesNothing,
        String outcome,
        String cluster,
        boolean rehearsal,
        RunState state,
        Optional<Instant> queuedAt,
        Optional<Instant> startedAt,
        Optional<Instant> endedAt,
        List<HostView> hosts,
        List<String> steps,
        boolean stopping,
        Optional<Waiting> waitingFor,
        String message,
        Optional<String> kubeconfig,
        List<Finding> findings) {

    /** What a host is at now. */
    public enum Activity {
        /** Nothing began yet. */
        PENDING,
        WORKING,
        /** For something outside itself, or for the next attempt. */
        WAITING,
        /** Between two steps, or done. */
        IDLE,
        FAILED
    }

    /** @param what what for, in the words of the event */
    public record Waiting(String what, Instant since) {}

    /**
     * A step on a host.
     *
     * @param attempt   the present or last one, from 1
     * @param startedAt of the first attempt
     * @param updatedAt when anything was last heard of it
     * @param duration  of all attempts, once it ended
     * @param doing     what it does now, in its own words; while retrying, why the last attempt failed; may be empty
     * @param reason    why the attempt before the present one failed; may be empty
     * @param message   what it said at its end, why it failed; may be empty
     * @param diffs     in a plan, what changes would make of things
     * @param report    what it gave people to read: a table, see {@link StepEnded#report()}; may be empty
     * @param retryAt   when the next attempt is due, while retrying
     */
    public record StepView(
            String host,
            String step,
            StepState state,
            int attempt,
            Instant startedAt,
            Instant updatedAt,
            Optional<Instant> endedAt,
            Optional<Duration> duration,
            String doing,
            String reason,
            String message,
            List<String> changes,
            List<Difference> diffs,
            String report,
            Optional<Instant> retryAt,
            Optional<Failure> failure) {

        public boolean changed() {
            return state == StepState.CHANGED;
        }

        /** Whether it undoes another step; routes give such steps names with this beginning. */
        boolean isUndo() {
            return UndoStep.isOne(step);
        }

        /** The same once its changes were undone. */
        StepView rolledBack() {
            return new StepView(host, step, StepState.ROLLED_BACK, attempt, startedAt, updatedAt, endedAt, duration, doing, reason,
                    message, changes, diffs, report, retryAt, failure);
        }

        /** How long it took, or has taken until now. */
        public Duration elapsed(Instant now) {
            return duration.orElseGet(() -> Duration.between(startedAt, now));
        }
    }

    /**
     * A host.
     *
     * @param address empty where the run did not tell
     * @param steps   by name, in the order in which this host met them
     * @param waiting what it waits for now
     * @param rolledBack whether all changes on it were undone, because it or the run failed
     */
    public record HostView(
            String name, String address, List<String> roles, Map<String, StepView> steps, Optional<Waiting> waiting,
            boolean rolledBack) {

        /** The unfinished step of which something was heard last; a host may have several under way. */
        public Optional<StepView> current() {
            return steps.values().stream()
                    .filter(step -> !step.state().ended())
                    .reduce((one, other) -> other.updatedAt().isBefore(one.updatedAt()) ? one : other);
        }

        /** What it waits for, unless a step of it has been heard of since. */
        public Optional<Waiting> waitsFor() {
            return waiting.filter(wait -> current()
                    .filter(step -> step.updatedAt().isAfter(wait.since()))
                    .isEmpty());
        }

        /** The step that failed, if one did. */
        public Optional<StepView> failed() {
            return steps.values().stream().filter(step -> step.state() == StepState.FAILED).findFirst();
        }

        /** The step that ended last. */
        public Optional<StepView> last() {
            return steps.values().stream()
                    .filter(step -> step.endedAt().isPresent())
                    .reduce((one, other) -> other.endedAt().get().isBefore(one.endedAt().get()) ? one : other);
        }

        public Activity activity() {
            if (failed().isPresent()) {
                return Activity.FAILED;
            }
            if (waitsFor().isPresent()) {
                return Activity.WAITING;
            }
            return current()
                    .map(step -> step.state() == StepState.RUNNING ? Activity.WORKING : Activity.WAITING)
                    .orElse(steps.isEmpty() ? Activity.PENDING : Activity.IDLE);
        }

        /** How many steps ended, or stand now, in this state. */
        public int count(StepState state) {
            return (int) steps.values().stream().filter(step -> step.state() == state).count();
        }

        /** How many things were changed on it, and are; in a plan, would be. */
        public int changes() {
            return rolledBack ? 0 : steps.values().stream().mapToInt(RunView::changes).sum();
        }
    }

    /** A changed step that lists nothing has changed one thing. */
    private static int changes(StepView step) {
        return step.changed() ? Math.max(1, step.changes().size()) : 0;
    }

    /** The view of a run whose events are these, in their order. */
    public static RunView of(Iterable<Event> events) {
        RunFold fold = new RunFold();
        events.forEach(fold::accept);
        return fold.view();
    }

    public boolean ended() {
        return endedAt.isPresent();
    }

    /** What the command ends with, once the run has ended. */
    public Optional<ExitStatus> exitStatus() {
        return state.exitStatus();
    }

    public boolean isPlan() {
        return looksOnly;
    }

    /** From the last start (from queueing, where it has not started) to the end or to now. */
    public Duration elapsed(Instant now) {
        return startedAt.or(() -> queuedAt)
                .map(from -> Duration.between(from, endedAt.orElse(now)))
                .orElse(Duration.ZERO);
    }

    /** The hosts of the spec, without the one that stands for the cluster as a whole. */
    public List<HostView> realHosts() {
        return hosts.stream().filter(host -> !host.name().isEmpty()).toList();
    }

    /** Every failed step, by host. */
    public List<StepView> failures() {
        return hosts.stream()
                .flatMap(host -> host.steps().values().stream())
                .filter(step -> step.state() == StepState.FAILED)
                .toList();
    }

    /** What was changed on all hosts together; in a plan, would be. */
    public int changes() {
        return hosts.stream().mapToInt(HostView::changes).sum();
    }
}
