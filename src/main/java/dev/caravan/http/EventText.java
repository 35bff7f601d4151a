package dev.caravan.http;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.caravan.history.Event;
import dev.caravan.history.EventJson;
import dev.caravan.history.HostWords;
import dev.caravan.history.Occurrence.RunQueued;
import dev.caravan.history.Occurrence.StepEnded;
import dev.caravan.history.Occurrence.StepRetried;
import dev.caravan.history.RunHost;
import dev.caravan.journal.Journal;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Events of a run as they are sent: their JSON, and the cause of a failure, so that clients group hosts that fail alike as the engine does.
 * Immutable.
 *
 * @param addresses of the run's hosts, by name
 */
record EventText(Map<String, String> addresses) {
    /** Reads the hosts of that run from its first event. */
    static EventText of(Journal journal, String run) {
        return new EventText(journal.first(run).flatMap(event -> event.as(RunQueued.class)).map(RunQueued::hosts).orElse(List.of()).stream()
                .collect(Collectors.toUnmodifiableMap(RunHost::name, RunHost::address, (one, other) -> one)));
    }

    /** One line, without its end. */
    String line(Event event) {
        ObjectNode tree = EventJson.tree(event);
        if (event.is(StepRetried.class) || event.as(StepEnded.class).flatMap(StepEnded::failure).isPresent()) {
            String host = event.host().orElse("");
            Json.put(tree, "cause", HostWords.cause(event.message(), host, List.of(addresses.getOrDefault(host, ""))));
        }
        return tree.toString();
    }
}
