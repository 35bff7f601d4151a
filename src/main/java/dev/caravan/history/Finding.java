package dev.caravan.history;

import java.util.List;
import java.util.function.UnaryOperator;

/**
 * Why preflight refused a run.
 *
 * @param hosts empty if it concerns none in particular
 */
public record Finding(List<String> hosts, String problem, String remedy) {
    public Finding {
        hosts = List.copyOf(hosts);
    }

    Finding redacted(UnaryOperator<String> redact) {
        return new Finding(hosts, redact.apply(problem), redact.apply(remedy));
    }
}
