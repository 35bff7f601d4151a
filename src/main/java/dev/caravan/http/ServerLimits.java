package dev.caravan.http;

import java.time.Duration;
import java.util.function.UnaryOperator;

/**
 * How much a client may ask of the server.
 *
 * @param requestWithin how long a request may take to arrive, head and body each; and how long a connection may be without one
 * @param connections   at the same time
 * @param connectionsOfClient of these, those of one client, by its address
 * @param streams       clients that follow events at the same time
 * @param requestsPerSecond of each client, by its address
 */
public record ServerLimits(Duration requestWithin, int connections, int connectionsOfClient, int streams, int requestsPerSecond) {
    /** Between two signs of life on a connection. Event streams give one every 15 s. */
    static final int SILENT_SECONDS = 60;

    /**
     * From the settings.
     *
     * @throws IllegalArgumentException where one is no number above 0
     */
    public static ServerLimits from(UnaryOperator<String> setting) {
        return new ServerLimits(Duration.ofSeconds(number(setting, "caravan.http.request-seconds")),
                number(setting, "caravan.http.connections"), number(setting, "caravan.http.connections-per-client"),
                number(setting, "caravan.http.streams"), number(setting, "caravan.http.requests-per-second"));
    }

    private static int number(UnaryOperator<String> setting, String name) {
        String text = setting.apply(name).strip();
        if (!text.matches("[1-9]\\d{0,5}")) {
            throw new IllegalArgumentException("the setting " + name + " is " + text + "; it should be a number from 1 on");
        }
        return Integer.parseInt(text);
    }
}
