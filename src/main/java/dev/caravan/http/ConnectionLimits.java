package dev.caravan.http;

import io.vertx.core.Vertx;
import io.vertx.core.http.HttpConnection;
import java.util.Comparator;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;

/**
 * The connections of the HTTP servers. One that has not sent the whole head of a request in time is closed, however busily it sends.
 * Where there are as many as there may be, of one client or of all, the one that has been without a request for longest is closed for a
 * new one; if all of them are served, the new one is closed. So idle connections lock nobody out. Thread-safe.
 */
final class ConnectionLimits {
    private final Vertx vertx;
    private final ServerLimits limits;
    private final Map<HttpConnection, Open> connections = new ConcurrentHashMap<>();

    /** @param idle what it is while no request of it is served */
    private record Open(String client, Optional<Idle> idle) {
        Open busy() {
            return new Open(client, Optional.empty());
        }
    }

    private record Idle(long timer, long sinceNanos) {}

    ConnectionLimits(Vertx vertx, ServerLimits limits) {
        this.vertx = vertx;
        this.limits = limits;
    }

    void opened(HttpConnection connection) {
        if (!admit(connection)) {
            connection.close();
            return;
        }
        connection.closeHandler(closed -> forget(connection));
        awaitRequest(connection);
    }

    private synchronized boolean admit(HttpConnection connection) {
        String client = connection.remoteAddress().hostAddress();
        Predicate<Open> ofClient = each -> each.client().equals(client);
        boolean room = isBelow(limits.connectionsOfClient(), ofClient) && isBelow(limits.connections(), any -> true);
        if (room) {
            connections.put(connection, new Open(client, Optional.empty()));
        }
        return room;
    }

    /* Makes room for one more, if there is none. */
    private boolean isBelow(int limit, Predicate<Open> which) {
        if (connections.values().stream().filter(which).count() < limit) {
            return true;
        }
        Optional<HttpConnection> longestIdle = connections.entrySet().stream()
                .filter(each -> each.getValue().idle().isPresent() && which.test(each.getValue()))
                .min(Comparator.comparingLong(each -> each.getValue().idle().get().sinceNanos() - System.nanoTime()))
                .map(Map.Entry::getKey);
        longestIdle.ifPresent(idle -> {
            forget(idle);
            idle.close();
        });
        return longestIdle.isPresent();
    }

    /** The head of a request has come. */
    void asked(HttpConnection connection) {
        connections.computeIfPresent(connection, (any, open) -> {
            cancel(open);
            return open.busy();
        });
    }

    /** The request is answered; another may come. */
    void answered(HttpConnection connection) {
        awaitRequest(connection);
    }

    private void awaitRequest(HttpConnection connection) {
        connections.computeIfPresent(connection, (any, open) -> {
            cancel(open);
            long timer = vertx.setTimer(limits.requestWithin().toMillis(), late -> connection.close());
            return new Open(open.client(), Optional.of(new Idle(timer, System.nanoTime())));
        });
    }

    private void forget(HttpConnection connection) {
        Open open = connections.remove(connection);
        if (open != null) {
            cancel(open);
        }
    }

    private void cancel(Open open) {
        open.idle().ifPresent(idle -> vertx.cancelTimer(idle.timer()));
    }
}
