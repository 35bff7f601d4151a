package dev.caravan.http;

import io.vertx.core.Vertx;
import io.vertx.core.http.HttpConnection;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The connections of the HTTP servers. One that has not sent the whole head of a request in time is closed, however busily it
 * sends, as is one too many. Thread-safe.
 */
final class ConnectionLimits {
    private static final long NONE = -1;

    private final Vertx vertx;
    private final ServerLimits limits;
    private final Map<HttpConnection, Long> timers = new ConcurrentHashMap<>();

    ConnectionLimits(Vertx vertx, ServerLimits limits) {
        this.vertx = vertx;
        this.limits = limits;
    }

    void opened(HttpConnection connection) {
        if (timers.size() >= limits.connections()) {
            connection.close();
            return;
        }
        timers.put(connection, NONE);
        connection.closeHandler(closed -> cancel(timers.remove(connection)));
        awaitRequest(connection);
    }

    /** The head of a request has come. */
    void asked(HttpConnection connection) {
        timers.computeIfPresent(connection, (any, timer) -> {
            cancel(timer);
            return NONE;
        });
    }

    /** The request is answered; another may come. */
    void answered(HttpConnection connection) {
        awaitRequest(connection);
    }

    private void awaitRequest(HttpConnection connection) {
        timers.computeIfPresent(connection, (any, before) -> {
            cancel(before);
            return vertx.setTimer(limits.requestWithin().toMillis(), late -> connection.close());
        });
    }

    private void cancel(Long timer) {
        if (timer != null && timer != NONE) {
            vertx.cancelTimer(timer);
        }
    }
}
