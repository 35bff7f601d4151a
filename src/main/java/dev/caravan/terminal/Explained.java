package dev.caravan.terminal;

import dev.caravan.history.RunView.HostView;
import dev.caravan.history.RunView.StepView;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The failures of a run that were explained already, so that many hosts with one cause need one explanation. Not thread-safe. */
final class Explained {
    private final Map<List<String>, String> hosts = new HashMap<>();

    /** The host on which the same step failed before in the same words, but for the host's name and address and for figures. */
    Optional<String> before(StepView failed, HostView host) {
        return Optional.ofNullable(hosts.putIfAbsent(List.of(failed.step(), Change.cause(failed, host)), failed.host()))
                .filter(first -> !first.equals(failed.host()));
    }
}
