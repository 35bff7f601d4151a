package dev.caravan.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.caravan.clusters.ClusterJson;
import dev.caravan.clusters.Clusters;
import dev.caravan.clusters.KnownCluster;
import dev.caravan.history.Event;
import dev.caravan.journal.RunRecord;
import dev.caravan.journal.RunRecordJson;
import dev.caravan.spec.Secret;
import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import javax.net.ssl.SSLException;

/** History from an engine that serves, over HTTP. It follows no redirection, so the token goes nowhere else. */
final class ServerHistory implements History {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Duration ANSWERS = Duration.ofSeconds(60);
    private static final int MOST_LISTED = 500;

    private final URI server;
    private final Optional<Secret> token;
    private final HttpClient client;

    /** @param authorities whose certificates are trusted, PEM; those that Java knows where there is none */
    ServerHistory(String url, Optional<Secret> token, Optional<Path> authorities) throws UserError {
        try {
            this.server = URI.create(url.replaceFirst("/+$", ""));
        } catch (IllegalArgumentException e) {
            throw new UserError("--server " + url + " is no URL; it is such as http://127.0.0.1:8080");
        }
        if (server.getHost() == null || !Set.of("http", "https").contains(String.valueOf(server.getScheme()))
                || server.getUserInfo() != null) {
            throw new UserError("--server " + url
                    + " cannot be asked; it is such as http://127.0.0.1:8080, with the token in CARAVAN_TOKEN or --token-file");
        }
        this.token = token;
        HttpClient.Builder builder = HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(10)).version(HttpClient.Version.HTTP_1_1);
        if (authorities.isPresent() && server.getScheme().equals("https")) {
            builder.sslContext(ServerTls.trusting(authorities.get()));
        }
        this.client = builder.build();
    }

    @Override
    public List<RunRecord> newest(int limit) throws IOException, UserError {
        List<RunRecord> runs = new ArrayList<>();
        tree("/runs?limit=" + Math.min(limit, MOST_LISTED)).path("runs").forEach(run -> runs.add(RunRecordJson.read(run)));
        return runs;
    }

    @Override
    public List<KnownCluster> clusters() throws IOException, UserError {
        List<KnownCluster> clusters = new ArrayList<>();
        tree("/clusters").path("clusters").forEach(cluster -> clusters.add(ClusterJson.read(cluster)));
        return clusters;
    }

    @Override
    public Optional<byte[]> kubeconfig(String cluster) throws IOException, UserError {
        if (!Clusters.NAMES.matcher(cluster).matches()) {
            return Optional.empty();
        }
        HttpResponse<InputStream> response = get("/clusters/" + cluster + "/kubeconfig");
        try (InputStream body = response.body()) {
            return response.statusCode() == 404 ? Optional.empty() : Optional.of(good(response).body().readAllBytes());
        }
    }

    /** The server resumes those itself. */
    @Override
    public Set<String> unfinished() {
        return Set.of();
    }

    @Override
    public Optional<RunRecord> run(String id) throws IOException, UserError {
        if (!id.matches("[A-Za-z0-9-]{1,32}")) {
            return Optional.empty();
        }
        HttpResponse<InputStream> response = get("/runs/" + id);
        return response.statusCode() == 404 ? Optional.empty() : Optional.of(RunRecordJson.read(JSON.readTree(good(response).body())));
    }

    @Override
    public List<Event> events(RunRecord run) throws IOException, UserError {
        long last = tree("/runs/" + run.id()).path("seq").asLong();
        List<Event> events = new ArrayList<>();
        try (Following following = follow(run)) {
            while (events.isEmpty() ? last > 0 : events.get(events.size() - 1).seq() < last) {
                events.addAll(following.next(ANSWERS));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
        return events;
    }

    @Override
    public Following follow(RunRecord run) {
        return new ServerEvents(after -> {
            HttpRequest.Builder request = request("/runs/" + run.id() + "/events").header("Accept", "text/event-stream");
            if (after > 0) {
                request.header("Last-Event-ID", Long.toString(after));
            }
            return good(send(request.build())).body();
        });
    }

    @Override
    public Optional<byte[]> log(RunRecord run, String host, String step, long from) throws IOException, UserError {
        HttpRequest.Builder request = request("/runs/" + run.id() + "/logs?host=" + encoded(host) + "&step=" + encoded(step))
                .timeout(ANSWERS);
        HttpResponse<InputStream> response = send(from > 0 ? request.header("Range", "bytes=" + from + "-").build() : request.build());
        try (InputStream body = response.body()) {
            if (response.statusCode() == 404) {
                return Optional.empty();
            }
            if (response.statusCode() == 416) {
                return Optional.of(new byte[0]);
            }
            byte[] bytes = good(response).body().readAllBytes();
            // A server that does not do parts sends the whole.
            int known = response.statusCode() == 206 ? 0 : (int) Math.min(from, bytes.length);
            return Optional.of(Arrays.copyOfRange(bytes, known, bytes.length));
        }
    }

    private JsonNode tree(String path) throws IOException, UserError {
        try (InputStream body = good(get(path)).body()) {
            return JSON.readTree(body);
        }
    }

    private HttpResponse<InputStream> get(String path) throws IOException, UserError {
        return send(request(path).timeout(ANSWERS).build());
    }

    private HttpRequest.Builder request(String path) {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(server + "/api/v1" + path));
        token.ifPresent(secret -> request.header("Authorization", "Bearer " + secret.reveal()));
        return request;
    }

    private HttpResponse<InputStream> send(HttpRequest request) throws IOException, UserError {
        try {
            return client.send(request, HttpResponse.BodyHandlers.ofInputStream());
        } catch (ConnectException e) {
            throw new UserError("no server answers at " + server + ": is caravan serve running there?");
        } catch (SSLException e) {
            throw new UserError("cannot ask " + server + ": " + ServerTls.explain(e));
        } catch (IOException e) {
            boolean closedAtOnce = server.getScheme().equals("http") && String.valueOf(e.getMessage()).contains("received no bytes");
            throw new UserError("cannot ask " + server + ": "
                    + (closedAtOnce ? "it closed the connection without an answer; is it https:// there?" : CaravanCommand.message(e)));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }

    private HttpResponse<InputStream> good(HttpResponse<InputStream> response) throws IOException, UserError {
        if (response.statusCode() / 100 == 2) {
            return response;
        }
        try (InputStream body = response.body()) {
            if (response.statusCode() == 401) {
                throw new UserError(server + " asks for " + (token.isPresent() ? "another token" : "a token")
                        + ": set CARAVAN_TOKEN or give --token-file");
            }
            String said = new String(body.readNBytes(10_000), StandardCharsets.UTF_8);
            throw new UserError(server + " answered with status " + response.statusCode() + detail(said));
        }
    }

    /* What a problem document says. */
    private static String detail(String said) {
        try {
            JsonNode problem = JSON.readTree(said);
            return problem.hasNonNull("title") ? ": " + problem.get("title").asText() + ". " + problem.path("detail").asText() : "";
        } catch (IOException e) {
            return "; is it Caravan?";
        }
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }

    @Override
    public void close() {}

    @Override
    public String toString() {
        return server.toString();
    }
}
