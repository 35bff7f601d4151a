package dev.caravan.terminal;

import dev.caravan.history.RunView.HostView;
import dev.caravan.history.RunView.StepView;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What was explained already in a run, so that many hosts with one cause need one explanation. Not thread-safe. */
final class Explained {
    /** Shorter notes are as easily read as a reference to another one. */
    private static final int LONG = 80;

    private final Map<List<String>, String> hosts = new HashMap<>();

    /**
     * What a note says: its own words, or if those are long and were said of another host, where and how they begin.
     *
     * @param host whom the note is about
     */
    String note(String text, HostView host, Look look) {
        String first = Text.width(text) <= LONG ? null : hosts.putIfAbsent(List.of(Change.neutral(text, host)), host.name());
        return first == null || first.equals(host.name()) ? text
                : "as on " + Wording.host(first) + ": " + Text.fit(Text.firstLine(text), LONG / 2, look.ellipsis());
    }

    /** The host on which the same step failed before in the same words, except for the host's name and address and for figures. */
    Optional<String> before(StepView failed, HostView host) {
        return Optional.ofNullable(hosts.putIfAbsent(List.of(failed.step(), Change.cause(failed, host)), failed.host()))
                .filter(first -> !first.equals(failed.host()));
    }
}
