package dev.caravan.rehearsal;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsParameters;
import com.sun.net.httpserver.HttpsServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.function.Predicate;
import java.util.stream.Stream;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;

/**
 * The API server of a rehearsed cluster: HTTPS on a free port of 127.0.0.1, for clients with a certificate of the
 * cluster's authority, answering reads of nodes, pods, namespaces, version and health out of what the stand-ins wrote
 * down. Before a control plane is initialised it answers 503; what it does not know is a 404 that says so.
 */
final class ApiStandIn implements AutoCloseable {
    private static final ObjectMapper JSON = new ObjectMapper();

    private final HttpsServer server;
    private final ClusterRecord cluster;
    private final KubernetesObjects objects;

    private record Answer(int status, Object body) {}

    ApiStandIn(ClusterRecord cluster, ReadinessFaults faults, SSLContext tls, Executor executor) throws IOException {
        this.cluster = cluster;
        this.objects = new KubernetesObjects(cluster, faults);
        this.server = HttpsServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setHttpsConfigurator(new HttpsConfigurator(tls) {
            @Override
            public void configure(HttpsParameters parameters) {
                SSLParameters wanted = getSSLContext().getDefaultSSLParameters();
                wanted.setNeedClientAuth(true);
                parameters.setSSLParameters(wanted);
            }
        });
        server.setExecutor(executor);
        server.createContext("/", this::handle);
        server.start();
    }

    /** Its address, as a kubeconfig's {@code server}. */
    URI uri() {
        return URI.create("https://127.0.0.1:" + server.getAddress().getPort());
    }

    private void handle(HttpExchange exchange) throws IOException {
        try (exchange) {
            Answer answer = answer(exchange);
            boolean text = answer.body() instanceof String;
            byte[] body = text ? ((String) answer.body()).getBytes(StandardCharsets.UTF_8) : JSON.writeValueAsBytes(answer.body());
            exchange.getResponseHeaders().set("Content-Type", text ? "text/plain; charset=utf-8" : "application/json");
            exchange.sendResponseHeaders(answer.status(), body.length);
            exchange.getResponseBody().write(body);
        }
    }

    private Answer answer(HttpExchange exchange) {
        if (!cluster.isInitialised()) {
            return failure(503, "ServiceUnavailable", "the rehearsed API server is not up: no control plane is initialised");
        }
        if (!exchange.getRequestMethod().equals("GET")) {
            return failure(405, "MethodNotAllowed", "the rehearsal's API server only answers reads");
        }
        Map<String, String> query = query(exchange.getRequestURI().getRawQuery());
        if (query.containsKey("watch")) {
            return failure(400, "BadRequest", "the rehearsal's API server answers no watches: list again instead");
        }
        String path = exchange.getRequestURI().getPath();
        return switch (path) {
            case "/readyz", "/livez", "/healthz" -> new Answer(200, "ok");
            case "/version" -> new Answer(200, objects.version());
            default -> read(path, query);
        };
    }

    private Answer read(String path, Map<String, String> query) {
        String[] parts = path.replaceFirst("^/api/v1/", "").split("/");
        if (!path.startsWith("/api/v1/")) {
            return unknown(path);
        }
        if (parts[0].equals("namespaces") && parts.length >= 3 && parts[2].equals("pods")) {
            Stream<Map<String, Object>> pods = objects.pods().stream().filter(pod -> parts[1].equals(meta(pod, "namespace")));
            return answer("Pod", pods, parts.length > 3 ? Optional.of(parts[3]) : Optional.empty(), query, path);
        }
        Optional<String> name = parts.length > 1 ? Optional.of(parts[1]) : Optional.empty();
        if (parts.length > 2) {
            return unknown(path);
        }
        return switch (parts[0]) {
            case "nodes" -> answer("Node", objects.nodes().stream(), name, query, path);
            case "namespaces" -> answer("Namespace", objects.namespaces().stream(), name, query, path);
            case "pods" -> answer("Pod", objects.pods().stream(), name, query, path);
            default -> unknown(path);
        };
    }

    private static Answer answer(
            String kind, Stream<Map<String, Object>> found, Optional<String> name, Map<String, String> query, String path) {
        if (name.isPresent()) {
            return found.filter(object -> name.get().equals(meta(object, "name")))
                    .findFirst()
                    .map(object -> new Answer(200, object))
                    .orElseGet(() -> unknown(path));
        }
        Map<String, Object> list = new LinkedHashMap<>();
        list.put("apiVersion", "v1");
        list.put("kind", kind + "List");
        list.put("metadata", Map.of("resourceVersion", "1"));
        list.put("items", found.filter(selector(query.getOrDefault("labelSelector", ""))).toList());
        return new Answer(200, list);
    }

    /** Takes {@code key=value}, {@code key==value}, {@code key!=value} and {@code key}, joined by commas. */
    private static Predicate<Map<String, Object>> selector(String text) {
        List<String> terms = Stream.of(text.split(",")).map(String::strip).filter(term -> !term.isEmpty()).toList();
        return object -> {
            Map<?, ?> labels = (Map<?, ?>) ((Map<?, ?>) object.get("metadata")).get("labels");
            return terms.stream().allMatch(term -> matches(term, labels));
        };
    }

    private static boolean matches(String term, Map<?, ?> labels) {
        int different = term.indexOf("!=");
        if (different > 0) {
            return !term.substring(different + 2).equals(labels.get(term.substring(0, different)));
        }
        int equal = term.indexOf('=');
        if (equal > 0) {
            return term.substring(equal).replaceFirst("^==?", "").equals(labels.get(term.substring(0, equal)));
        }
        return labels.containsKey(term);
    }

    private static Object meta(Map<String, Object> object, String key) {
        return ((Map<?, ?>) object.get("metadata")).get(key);
    }

    private static Map<String, String> query(String raw) {
        Map<String, String> query = new LinkedHashMap<>();
        if (raw != null) {
            for (String pair : raw.split("&")) {
                String[] sides = pair.split("=", 2);
                query.put(sides[0], sides.length > 1 ? URLDecoder.decode(sides[1], StandardCharsets.UTF_8) : "");
            }
        }
        query.remove("watch", "false");
        return query;
    }

    private static Answer unknown(String path) {
        return failure(404, "NotFound", "the rehearsal's API server knows no " + path);
    }

    private static Answer failure(int status, String reason, String message) {
        Map<String, Object> body = new LinkedHashMap<>();
        body.put("kind", "Status");
        body.put("apiVersion", "v1");
        body.put("metadata", Map.of());
        body.put("status", "Failure");
        body.put("message", message);
        body.put("reason", reason);
        body.put("code", status);
        return new Answer(status, body);
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
