package dev.caravan.step;

import dev.caravan.artefacts.Artefact;
import dev.caravan.history.Difference;
import dev.caravan.history.StepState;
import dev.caravan.spec.Secret;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a step did on a host: the body that a step route leaves. Immutable.
 *
 * @param changes what was changed, or in a plan would be, in the script's words
 * @param differences in a plan, what those changes would make of files, units and settings
 * @param outputs values that the script gave, by name
 * @param secrets the same for values that must not be shown; kept in memory only
 * @param artefact the file that was saved of the host, or sent to it
 * @param message one sentence for people; why it was skipped, for a skipped step
 */
public record StepResult(
        String step,
        String host,
        StepState state,
        List<String> changes,
        List<Difference> differences,
        Map<String, String> outputs,
        Map<String, Secret> secrets,
        Optional<Artefact> artefact,
        String message) {

    /** Without differences and artefact. */
    public StepResult(String step, String host, StepState state, List<String> changes, Map<String, String> outputs,
            Map<String, Secret> secrets, String message) {
        this(step, host, state, changes, List.of(), outputs, secrets, Optional.empty(), message);
    }

    /** Whether the host is not as it was before. */
    public boolean isChanged() {
        return state == StepState.CHANGED;
    }

    /** The output of that name, or an empty string. */
    public String output(String name) {
        return outputs.getOrDefault(name, "");
    }
}
