package dev.caravan.testkit;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** An API server that knows its nodes and nothing else, with a kubeconfig in a data directory that leads to it. */
public final class NodesStandIn implements AutoCloseable {
    private final HttpServer server;

    private NodesStandIn(HttpServer server) {
        this.server = server;
    }

    /** @param items the nodes, as JSON with commas between them */
    public static NodesStandIn start(Path data, String cluster, String items) throws IOException {
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        byte[] nodes = ("{\"kind\": \"NodeList\", \"apiVersion\": \"v1\", \"metadata\": {}, \"items\": [" + items + "]}")
                .getBytes(StandardCharsets.UTF_8);
        server.createContext("/api/v1/nodes", exchange -> {
            exchange.getResponseHeaders().add("Content-Type", "application/json");
            exchange.sendResponseHeaders(200, nodes.length);
            exchange.getResponseBody().write(nodes);
            exchange.close();
        });
        server.start();
        Files.writeString(Files.createDirectories(data.resolve("clusters").resolve(cluster)).resolve("kubeconfig"), """
                apiVersion: v1
                kind: Config
                clusters: [{name: c, cluster: {server: "http://127.0.0.1:%d"}}]
                users: [{name: u, user: {token: t}}]
                contexts: [{name: x, context: {cluster: c, user: u}}]
                current-context: x
                """.formatted(server.getAddress().getPort()));
        return new NodesStandIn(server);
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
