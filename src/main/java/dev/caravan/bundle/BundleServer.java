package dev.caravan.bundle;

import dev.caravan.bundle.BundleIndex.Image;
import dev.caravan.bundle.TarReader.Place;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import java.io.IOException;
import java.net.InetAddress;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Serves a bundle over HTTP on this machine's loopback address, to read: the repositories of packages by their paths, and the images by the
 * distribution API. Everything is sent from the bundle's file as it is there; nothing is unpacked. Thread-safe.
 */
public final class BundleServer implements AutoCloseable {
    private static final Pattern REPOSITORY = Pattern.compile("/(systems/[a-z0-9._-]+/repositories/[A-Za-z0-9._:+~-]+/)(.+)");
    private static final Pattern IMAGES =
            Pattern.compile("/v2/(?<name>[a-z0-9._/-]{1,255})/(?<what>manifests|blobs)/(?<reference>[A-Za-z0-9_.:-]{1,160})");
    private static final int LIMIT_SECONDS = 20;
    private static final int EVENT_LOOPS = 2;

    private final Bundle bundle;
    private final Vertx vertx;
    private final HttpServer server;
    private final Map<String, Image> images = new HashMap<>();
    private final Map<String, Map<String, String>> byLastName = new ConcurrentHashMap<>();
    private final AtomicLong requests = new AtomicLong();

    private BundleServer(Bundle bundle) {
        this.bundle = bundle;
        this.vertx = Vertx.vertx(new VertxOptions().setEventLoopPoolSize(EVENT_LOOPS));
        bundle.index().images().forEach(image -> images.put(image.name(), image));
        this.server = vertx.createHttpServer(new HttpServerOptions().setHost(InetAddress.getLoopbackAddress().getHostAddress()).setPort(0)
                .setMaxInitialLineLength(4096).setMaxHeaderSize(8192).setIdleTimeout(600)).requestHandler(this::answer);
    }

    /** Starts to serve, on a port that the system chooses. */
    public static BundleServer start(Bundle bundle) throws IOException, InterruptedException {
        BundleServer started = new BundleServer(bundle);
        try {
            started.server.listen().toCompletionStage().toCompletableFuture().get(LIMIT_SECONDS, TimeUnit.SECONDS);
            return started;
        } catch (ExecutionException | TimeoutException e) {
            started.close();
            throw new IOException("the bundle cannot be served on this machine's loopback address", e);
        }
    }

    /** The port of the loopback address. */
    public int port() {
        return server.actualPort();
    }

    /** How many requests came. */
    public long requests() {
        return requests.get();
    }

    private void answer(HttpServerRequest request) {
        requests.incrementAndGet();
        if (request.method() != HttpMethod.GET && request.method() != HttpMethod.HEAD) {
            request.response().setStatusCode(405).end();
            return;
        }
        String path = request.path() == null ? "" : request.path();
        if (path.equals("/v2/") || path.equals("/v2")) {
            request.response().putHeader("Content-Type", "application/json").end("{}");
            return;
        }
        Matcher image = IMAGES.matcher(path);
        if (image.matches()) {
            image(request, image.group("name"), image.group("what"), image.group("reference"));
            return;
        }
        Matcher repository = REPOSITORY.matcher(decoded(path));
        if (repository.matches()) {
            send(request, file(repository.group(1), repository.group(2)), "application/octet-stream", Optional.empty());
            return;
        }
        request.response().setStatusCode(404).end();
    }

    private static String decoded(String path) {
        try {
            // apt writes the /./ and // of a flat repository as they are in its index
            return URLDecoder.decode(path.replace("+", "%2B"), StandardCharsets.UTF_8).replaceAll("/(\\./|/)+", "/");
        } catch (IllegalArgumentException e) {
            return "";
        }
    }

    /* As the repository names it; or, for dnf, whose cache keeps no directories, by its last name. */
    private Optional<Place> file(String folder, String rest) {
        return bundle.place(folder + rest).or(() -> Optional.ofNullable(byLastName.computeIfAbsent(folder, bundle::byLastName)
                .get(rest.substring(rest.lastIndexOf('/') + 1))).filter(path -> path.endsWith(".rpm")).flatMap(bundle::place));
    }

    /* By digest anything that is in the bundle; by tag what the index names. The registry that is meant comes as ns (containerd). */
    private void image(HttpServerRequest request, String name, String what, String reference) {
        if (what.equals("blobs")) {
            send(request, bundle.blob(reference), "application/octet-stream", Optional.of(reference));
            return;
        }
        String namespace = Optional.ofNullable(request.getParam("ns")).orElse("");
        String separator = reference.startsWith("sha256:") ? "@" : ":";
        Image known = images.getOrDefault(namespace + "/" + name + separator + reference,
                byShortName(namespace, name, separator, reference));
        if (known != null) {
            send(request, bundle.blob(known.digest()), known.mediaType(), Optional.of(known.digest()));
        } else if (reference.startsWith("sha256:")) {
            send(request, bundle.blob(reference), mediaType(reference), Optional.of(reference));
        } else {
            request.response().setStatusCode(404).putHeader("Content-Type", "application/json")
                    .end("{\"errors\": [{\"code\": \"MANIFEST_UNKNOWN\", \"message\": \"the bundle has no such image\"}]}");
        }
    }

    /* docker.io may be left out of a name, and library/ with it. */
    private Image byShortName(String namespace, String name, String separator, String reference) {
        if (!namespace.equals("docker.io")) {
            return null;
        }
        Image image = images.get(name + separator + reference);
        return image != null || !name.startsWith("library/") ? image
                : images.get(name.substring("library/".length()) + separator + reference);
    }

    /* Manifests of one architecture are in the list of another image, and say themselves what they are. */
    private String mediaType(String digest) {
        try {
            byte[] manifest = bundle.read(Bundle.BLOBS + digest.substring("sha256:".length()), 4 << 20);
            String type = Bundle.JSON.readTree(manifest).path("mediaType").asText();
            return type.matches("[a-z0-9.+/-]{1,200}") ? type : "application/vnd.oci.image.manifest.v1+json";
        } catch (IOException e) {
            return "application/octet-stream";
        }
    }

    private void send(HttpServerRequest request, Optional<Place> place, String type, Optional<String> digest) {
        if (place.isEmpty()) {
            request.response().setStatusCode(404).end();
            return;
        }
        request.response().putHeader("Content-Type", type);
        digest.ifPresent(known -> request.response().putHeader("Docker-Content-Digest", known));
        if (request.method() == HttpMethod.HEAD || place.get().size() == 0) {
            request.response().putHeader("Content-Length", Long.toString(place.get().size())).end();
            return;
        }
        range(request, place.get());
    }

    /* package managers ask for the rest of what a lost connection left */
    private void range(HttpServerRequest request, Place place) {
        long from = 0;
        Matcher range = Pattern.compile("bytes=(\\d{1,15})-").matcher(Optional.ofNullable(request.getHeader("Range")).orElse(""));
        if (range.matches()) {
            from = Long.parseLong(range.group(1));
            if (from >= place.size()) {
                request.response().setStatusCode(416).putHeader("Content-Range", "bytes */" + place.size()).end();
                return;
            }
            request.response().setStatusCode(206)
                    .putHeader("Content-Range", "bytes " + from + "-" + (place.size() - 1) + "/" + place.size());
        }
        request.response().putHeader("Accept-Ranges", "bytes")
                .sendFile(bundle.path().toString(), place.offset() + from, place.size() - from);
    }

    @Override
    public void close() {
        vertx.close();
    }
}
