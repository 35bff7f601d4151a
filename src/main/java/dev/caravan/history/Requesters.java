package dev.caravan.history;

import java.util.Optional;

/**
 * Who asked for what in a run, as far as that is known: names of tokens. Immutable.
 *
 * @param began     who began it
 * @param cancelled who asked it to stop
 * @param resumed   who had it resumed last
 */
public record Requesters(Optional<String> began, Optional<String> cancelled, Optional<String> resumed) {
    static Requesters unknown() {
        return new Requesters(Optional.empty(), Optional.empty(), Optional.empty());
    }

    Requesters began(Optional<String> by) {
        return new Requesters(by, cancelled, resumed);
    }

    Requesters cancelled(Optional<String> by) {
        return new Requesters(began, by, resumed);
    }

    Requesters resumed(Optional<String> by) {
        return new Requesters(began, cancelled, by);
    }
}
