package dev.caravan.run;

import dev.caravan.facts.Finding;
import dev.caravan.step.StepFailure;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * How a run ended, from what its workflow left.
 *
 * @param exitStatus see docs/reference.md: 0 done, 3 refused, 4 failed and rolled back, 5 failed and not rolled back, 130 cancelled
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
        return run.isRollingBack()
                ? new Ending("rolled-back", 4, why + ". " + rolledBack(run), data)
                : new Ending("failed", 5, why, data);
    }

    private static String rolledBack(Run run) {
        return run.isRollingBackAll()
                ? "The run was rolled back: its hosts are as it found them"
                : "Rolled back: " + String.join(", ", run.rolledBack()) + ". The cluster and the other hosts stay";
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
