package dev.caravan.run;

import dev.caravan.facts.Finding;
import dev.caravan.step.StepFailure;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * How a run ended, from what its workflow left.
 *
 * @param exitStatus see docs/reference.md: 0 done, 3 refused, 4 failed and rolled back, 5 failed and not rolled back, 6 done but for
 *                   some hosts, 130 cancelled
 */
record Ending(String state, int exitStatus, String message, Map<String, Object> data) {

    /** @param thrown by the workflow; null if it succeeded */
    static Ending of(Run run, Throwable thrown) {
        Throwable failure = Unwrapped.of(thrown);
        if (failure instanceof PreflightRefused refused) {
            return new Ending("refused", 3, refused.getMessage(),
                    Map.of("findings", refused.getFindings().stream().map(Ending::describe).toList()));
        }
        String left = run.leftBehind().entrySet().stream()
                .map(host -> host.getKey() + ": " + host.getValue())
                .sorted()
                .collect(Collectors.joining("; "));
        Map<String, Object> data = left.isEmpty() ? Map.of() : Map.of("left", run.leftBehind());
        if (failure instanceof RunCancelled || run.isCancelled() && !run.isRollingBack()) {
            return new Ending("cancelled", 130, run.isRehearsal()
                    ? "cancelled: the hosts were simulated, so there is nothing to go on with and nothing to take back"
                    : "cancelled: what was done so far stays. The same command resumes"
                            + (run.isUpgraded() ? "" : "; caravan rollback-run " + run.id() + " rolls it back"), data);
        }
        if (failure == null) {
            return new Ending("succeeded", 0, "", Map.of());
        }
        String why = run.redact(said(failure));
        if (!left.isEmpty()) {
            return new Ending("failed", 5, why + ". Left on the hosts: " + run.redact(left)
                    + ". Mend that, then take it up again: caravan reset with this spec", data);
        }
        if (run.isRollingBackAll()) {
            return new Ending("rolled-back", 4, why + ". The run was rolled back: its hosts are as it found them", data);
        }
        if (failure instanceof HostsFailed && !run.isGivenUp() && run.failures().keySet().stream().allMatch(run::isRestored)) {
            return new Ending("partly", 6, why + restored(run), data);
        }
        return failure instanceof StepFailure step && step.getHost() != null && run.isRestored(step.getHost())
                ? new Ending("rolled-back", 4, why + restored(run) + ". The cluster and the other hosts stay", data)
                : new Ending("failed", 5, why, data);
    }

    private static String restored(Run run) {
        return (run.rolledBack().isEmpty() ? "" : ". Rolled back: " + String.join(", ", run.rolledBack()))
                + (run.leftOut().isEmpty() ? "" : ". Left out, unchanged: " + String.join(", ", run.leftOut()));
    }

    private static String said(Throwable failure) {
        if (failure instanceof StepFailure step && step.getHost() != null) {
            return step.getHost() + "  " + step.getStep() + ": " + step.getMessage();
        }
        return String.valueOf(failure.getMessage());
    }

    private static Map<String, Object> describe(Finding finding) {
        return Map.of("hosts", List.copyOf(finding.hosts()), "problem", finding.problem(), "remedy", finding.remedy());
    }
}
