package dev.caravan.remote;

import dev.caravan.run.Run;
import dev.caravan.spec.Host;
import dev.caravan.step.StepFailure;
import java.util.List;
import java.util.Optional;

/** An order beside the live run that gave it, which records what becomes of it. */
record StepCall(Run run, StepOrder order) {
    Host host() {
        return order.host();
    }

    Host at() {
        return order.at();
    }

    String step() {
        return order.step();
    }

    StepKey key() {
        return order.key();
    }

    /** Why it must not begin now. */
    Optional<Exception> stopped() {
        return order.evenWhenCancelled() ? Optional.empty() : run.stopped();
    }

    /** A failure of this step, its problem without secrets. */
    StepFailure failure(String kind, boolean isTransient, String problem, String remedy, List<String> lastWords, Throwable cause) {
        return new StepFailure(host().name(), step(), kind, isTransient, run.redact(problem), remedy, lastWords, cause);
    }

    StepFailure failure(String kind, boolean isTransient, String problem, String remedy) {
        return failure(kind, isTransient, problem, remedy, List.of(), null);
    }

    @Override
    public String toString() {
        return order.toString();
    }
}
