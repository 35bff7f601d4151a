package dev.caravan.run;

import dev.caravan.facts.Finding;
import dev.caravan.spec.Cluster.OnFailure;
import dev.caravan.step.StepFailure;
import java.util.List;
import java.util.Map;

/**
 * How a run ended, from what its workflow left.
 *
 * @param exitStatus as DESIGN's table has it: 0 done, 3 refused, 5 failed and left as it stood, 130 cancelled
 */
record Ending(String state, int exitStatus, String message, Map<String, Object> data) {

    static Ending of(Run run, Throwable failure) {
        if (failure instanceof PreflightRefused refused) {
            return new Ending("refused", 3, refused.getMessage(), Map.of("findings", refused.getFindings().stream().map(Ending::describe).toList()));
        }
        if (failure instanceof RunCancelled || run.isCancelled()) {
            return new Ending("cancelled", 130, "cancelled: what was done so far stays; the same command goes on from there", Map.of());
        }
        if (failure != null) {
            String unkept = run.cluster().onFailure() == OnFailure.ROLLBACK && run.action() == Action.APPLY
                    ? "; onFailure: rollback is not there yet" : "";
            return new Ending("failed", 5, run.redact(said(failure)) + unkept, Map.of());
        }
        return new Ending("succeeded", 0, "", Map.of());
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
