package dev.caravan.engine;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.caravan.spec.Cluster;
import dev.caravan.spec.Host;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/** The two lists of an API server that verify looks at, over plain HTTP. Thread-safe. */
final class ClusterApi implements AutoCloseable {
    private final HttpServer server;
    private final AtomicInteger looks = new AtomicInteger();
    private volatile Cluster cluster;
    private volatile Predicate<String> ready = name -> true;
    private volatile String corednsSays;
    private volatile String broken = "";

    private ClusterApi(HttpServer server) {
        this.server = server;
    }

    static ClusterApi start() throws IOException {
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        ClusterApi api = new ClusterApi(server);
        server.createContext("/api/v1/nodes", exchange -> api.answer(exchange, "NodeList", api.nodes()));
        server.createContext("/api/v1/namespaces/kube-system/pods", exchange -> api.answer(exchange, "PodList", api.pods()));
        server.createContext("/apis/apps/v1/namespaces/kube-system/deployments/coredns", api::coredns);
        server.start();
        return api;
    }

    /** Serves that cluster's nodes, all of them Ready. */
    void serve(Cluster nodes) {
        cluster = nodes;
        looks.set(0);
        ready = name -> true;
        corednsSays = null;
        broken = "";
    }

    /** Has a pod of a DaemonSet on that node whose image name kubelet will never take. */
    void breaks(String node) {
        broken = node;
    }

    /** Has a Deployment of CoreDNS without a pod, of which its ReplicaFailure says that. */
    void refusesCoreDns(String words) {
        corednsSays = words;
    }

    /** Which nodes are Ready, asked each time somebody looks. */
    void ready(Predicate<String> which) {
        ready = which;
    }

    /** How often the nodes were listed. */
    int looks() {
        return looks.get();
    }

    String kubeconfig() {
        return """
                apiVersion: v1
                kind: Config
                clusters: [{name: c, cluster: {server: "http://127.0.0.1:%d"}}]
                users: [{name: u, user: {token: administrator-token}}]
                contexts: [{name: x, context: {cluster: c, user: u}}]
                current-context: x
                """.formatted(server.getAddress().getPort());
    }

    private void answer(HttpExchange exchange, String kind, String items) throws IOException {
        byte[] body = "{\"apiVersion\":\"v1\",\"kind\":\"%s\",\"metadata\":{\"resourceVersion\":\"1\"},\"items\":[%s]}".formatted(kind,
                items).getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().add("Content-Type", "application/json");
        exchange.sendResponseHeaders(200, body.length);
        exchange.getResponseBody().write(body);
        exchange.close();
    }

    private void coredns(HttpExchange exchange) throws IOException {
        String words = corednsSays;
        byte[] body = (words == null
                ? "{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"status\":\"Failure\",\"reason\":\"NotFound\",\"code\":404}"
                : ("{\"apiVersion\":\"apps/v1\",\"kind\":\"Deployment\",\"metadata\":{\"name\":\"coredns\"},\"spec\":{\"replicas\":2},"
                        + "\"status\":{\"conditions\":[{\"type\":\"ReplicaFailure\",\"status\":\"True\",\"reason\":\"FailedCreate\","
                        + "\"message\":\"%s\"}]}}").formatted(words)).getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().add("Content-Type", "application/json");
        exchange.sendResponseHeaders(words == null ? 404 : 200, body.length);
        exchange.getResponseBody().write(body);
        exchange.close();
    }

    private String nodes() {
        looks.incrementAndGet();
        return cluster.hosts().stream().map(this::node).collect(Collectors.joining(","));
    }

    private String node(Host host) {
        return ("{\"metadata\":{\"name\":\"%s\",\"labels\":{%s}},\"status\":{\"nodeInfo\":{\"kubeletVersion\":\"v%s\"},"
                + "\"conditions\":[{\"type\":\"Ready\",\"status\":\"%s\"}]}}").formatted(
                host.name(), host.isControlPlane() ? "\"node-role.kubernetes.io/master\":\"\"" : "", cluster.kubernetes().version(),
                ready.test(host.name()) ? "True" : "False");
    }

    private String pods() {
        return broken.isEmpty() ? POD : POD + BROKEN_POD.formatted(broken);
    }

    private static final String BROKEN_POD = """
            ,{"metadata": {"name": "kube-proxy-x7", "ownerReferences": [
                {"apiVersion": "apps/v1", "kind": "DaemonSet", "name": "kube-proxy", "uid": "1"}]},
            "spec": {"nodeName": "%s", "containers": []},
            "status": {"phase": "Pending", "conditions": [], "containerStatuses": [{"state": {"waiting": {
                "reason": "InvalidImageName", "message": "couldn't parse image"}}}]}}""";

    private static final String POD = "{\"metadata\":{\"name\":\"etcd-h1\"},\"status\":{\"phase\":\"Running\","
            + "\"conditions\":[{\"type\":\"Ready\",\"status\":\"True\"}],\"containerStatuses\":[{\"state\":{\"running\":{}}}]}}";

    @Override
    public void close() {
        server.stop(0);
    }
}
