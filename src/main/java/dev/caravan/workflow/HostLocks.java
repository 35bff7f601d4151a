package dev.caravan.workflow;

import dev.caravan.run.PreflightRefused;
import dev.caravan.run.Run;
import dev.caravan.run.Variables;
import dev.caravan.spec.Host;
import dev.caravan.step.StepFailure;
import java.util.List;
import java.util.Optional;
import org.apache.camel.Variable;

/**
 * Whether the run holds the locks of its hosts, which the first step on each takes: bean {@code locks}. The locks themselves are in
 * {@code scripts/lib.sh}.
 */
public final class HostLocks {

    /** @throws PreflightRefused if another engine holds a host; names all that it holds */
    public void require(@Variable(Variables.RUN) Run run) throws PreflightRefused {
        Optional<PreflightRefused> refusal = run.rollback().held().refusal(run.cluster());
        if (refusal.isPresent()) {
            throw refusal.get();
        }
    }

    /** The hosts whose locks can be taken away: those of the spec, also those that leave the cluster, but none whose machine is gone. */
    public List<Host> hosts(@Variable(Variables.RUN) Run run) {
        return run.cluster().everyHost().stream().filter(host -> !host.isLost()).toList();
    }

    static boolean isHeld(Throwable failure) {
        return failure instanceof StepFailure step && step.getKind().equals(StepFailure.HELD);
    }
}
