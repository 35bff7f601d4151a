package dev.caravan.terminal;

import dev.caravan.history.Event;
import dev.caravan.history.EventJson;

/** A JSON object for each event, one a line, and nothing else. */
final class JsonOutput implements RunOutput {
    private final Lines out;

    JsonOutput(Lines out) {
        this.out = out;
    }

    @Override
    public synchronized void on(Event event) {
        out.write(EventJson.write(event) + "\n");
    }

    @Override
    public void close() {}
}
