package dev.caravan.runner;

import java.util.List;
import java.util.Map;

/** A real broker of a test, which keeps a copy of all that goes over it. */
public interface TestBroker extends AutoCloseable {
    /** A message that was sent. @param text its body; what else it has is in {@code all} */
    record Seen(String address, String text, String all) {}

    int port();

    /** Settings of engine and runner, as docs/runners.md has them, for the broker at that port. */
    Map<String, String> settings(int at);

    /** All that was sent so far. */
    List<Seen> seen() throws Exception;

    /** Sends these once more, as somebody does who can write to the broker. */
    void sendAgain(List<Seen> messages) throws Exception;

    void stop() throws Exception;

    /** Starts it where it was stopped, with the messages that had not been taken. */
    void begin() throws Exception;
}
