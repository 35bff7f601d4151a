package dev.caravan.run;

import dev.caravan.facts.Finding;
import dev.caravan.history.Occurrence.RunEnded;
import dev.caravan.history.Restored;
import dev.caravan.history.RunState;
import dev.caravan.step.StepFailure;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/** How a run ended, from what its workflow left. */
final class Ending {
    private Ending() {}

    /** @param thrown by the workflow; null if it succeeded */
    static RunEnded of(Run run, Throwable thrown) {
        Throwable failure = Unwrapped.of(thrown);
        if (failure instanceof PreflightRefused refused) {
            return ended(run, RunState.REFUSED, refused.getMessage(), refused.getFindings());
        }
        String left = run.rollback().leftBehind().entrySet().stream()
                .map(host -> host.getKey() + ": " + host.getValue())
                .sorted()
                .collect(Collectors.joining("; "));
        if (failure instanceof RunCancelled || run.isCancelled() && !run.rollback().isStarted()) {
            return ended(run, RunState.CANCELLED, run.isRehearsal()
                    ? "cancelled: the hosts were simulated, so there is nothing to resume and nothing to roll back"
                    : "cancelled: what was done so far stays. The same command resumes"
                            + (run.isUpgraded() ? "" : "; caravan rollback-run " + run.id() + " rolls it back"), List.of());
        }
        if (failure == null) {
            return ended(run, RunState.SUCCEEDED, "", List.of());
        }
        Optional<PreflightRefused> held = isOfHosts(failure) ? run.rollback().held().refusalOfAll(run.cluster()) : Optional.empty();
        if (held.isPresent()) {
            return ended(run, RunState.REFUSED, held.get().getMessage(), held.get().getFindings());
        }
        String why = said(failure);
        if (!left.isEmpty()) {
            return ended(run, RunState.FAILED, why + ". Left on the hosts: " + left
                    + ". Mend that, then take it up again: caravan reset with this spec", List.of());
        }
        if (run.rollback().isOfAllHosts()) {
            return ended(run, RunState.ROLLED_BACK, why + Restored.ALL, List.of());
        }
        if (failure instanceof HostsFailed && !run.isGivenUp() && run.failures().keySet().stream().allMatch(run.rollback()::isRestored)) {
            return ended(run, RunState.PARTLY, why + restored(run), List.of());
        }
        return failure instanceof StepFailure step && step.getHost() != null && run.rollback().isRestored(step.getHost())
                ? ended(run, RunState.ROLLED_BACK, why + restored(run) + ". The cluster and the other hosts stay", List.of())
                : ended(run, RunState.FAILED, why, List.of());
    }

    private static RunEnded ended(Run run, RunState state, String message, List<Finding> findings) {
        boolean saysWhatIsLeft = state != RunState.REFUSED && state != RunState.SUCCEEDED;
        return new RunEnded(state, message, run.kubeconfig(), findings.stream().map(Ending::recorded).toList(),
                saysWhatIsLeft ? run.rollback().leftBehind() : Map.of(), Optional.empty());
    }

    private static boolean isOfHosts(Throwable failure) {
        return failure instanceof StepFailure || failure instanceof HostsFailed;
    }

    private static String restored(Run run) {
        return (run.rollback().rolledBack().isEmpty() ? "" : Restored.only(run.rollback().rolledBack()))
                + (run.rollback().leftOut().isEmpty() ? "" : ". Left out, unchanged: " + String.join(", ", run.rollback().leftOut()));
    }

    private static String said(Throwable failure) {
        if (failure instanceof StepFailure step && step.getHost() != null) {
            return step.getHost() + "  " + step.getStep() + ": " + step.getMessage();
        }
        return String.valueOf(failure.getMessage());
    }

    private static dev.caravan.history.Finding recorded(Finding finding) {
        return new dev.caravan.history.Finding(List.copyOf(finding.hosts()), finding.problem(), finding.remedy());
    }
}
