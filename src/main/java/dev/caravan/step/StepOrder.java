package dev.caravan.step;

import dev.caravan.run.Run;
import dev.caravan.spec.Host;
import java.time.Duration;
import java.util.Map;

/**
 * A step to be run on a host. The generated text is not used: {@code stdin} may hold secrets.
 *
 * @param host             the host that it is recorded for
 * @param at               the host that it runs on: the same one, or a control plane where the step is about the host's node
 * @param script           name of the script in {@code scripts/}
 * @param timeout          of one attempt
 * @param extraEnvironment over what every script gets
 * @param evenWhenCancelled whether it is run though the run was cancelled or given up
 * @param stdin            the script's standard input
 */
record StepOrder(
        Run run, Host host, Host at, String step, String script, Duration timeout, boolean evenWhenCancelled,
        Map<String, String> extraEnvironment, byte[] stdin) {

    /** Whether it takes another step back. */
    boolean isUndo() {
        return step.startsWith("undo-");
    }

    @Override
    public String toString() {
        return step + " on " + host.name();
    }
}
