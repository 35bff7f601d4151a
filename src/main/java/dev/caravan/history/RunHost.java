package dev.caravan.history;

import java.util.List;

/**
 * A host of a run's spec.
 *
 * @param address empty if the run did not record it
 * @param roles   {@code control-plane}, {@code worker}
 */
public record RunHost(String name, String address, List<String> roles) {
    public RunHost {
        roles = List.copyOf(roles);
    }
}
