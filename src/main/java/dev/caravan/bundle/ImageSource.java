package dev.caravan.bundle;

import com.fasterxml.jackson.databind.JsonNode;
import dev.caravan.bundle.BundleIndex.Image;
import dev.caravan.digest.Sha256;
import dev.caravan.network.FetchFailure;
import dev.caravan.network.Proxies;
import dev.caravan.spec.Cluster;
import dev.caravan.spec.Registry;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.URI;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Copies images by digest from the registries, with the mirrors and credentials that the spec has for them, into a folder of blobs.
 * What is there already is not fetched again. For one thread.
 */
final class ImageSource {
    private static final String LIST_TYPES =
            "application/vnd.oci.image.index.v1+json, application/vnd.docker.distribution.manifest.list.v2+json";
    private static final String MANIFEST_TYPES =
            "application/vnd.oci.image.manifest.v1+json, application/vnd.docker.distribution.manifest.v2+json";
    private static final int LARGEST_MANIFEST = 4 << 20;
    private static final int ATTEMPTS = 3;
    private static final int BUFFER = 1 << 16;

    private final Cluster cluster;
    private final Proxies proxies;
    private final Path blobs;
    private final Duration limit;
    private final Map<String, List<RegistryServer>> servers = new HashMap<>();

    ImageSource(Cluster cluster, Proxies proxies, Path blobs) {
        this(cluster, proxies, blobs, RegistryServer.LIMIT);
    }

    /** @param limit how long a registry may take to answer */
    ImageSource(Cluster cluster, Proxies proxies, Path blobs, Duration limit) {
        this.limit = limit;
        this.cluster = cluster;
        this.proxies = proxies;
        this.blobs = blobs;
    }

    /**
     * Copies an image, for these architectures if it has several.
     *
     * @throws IOException if no server has it; the message names image and server
     */
    Image copy(String image, Set<String> architectures) throws IOException, InterruptedException {
        ImageName name = ImageName.parse(image);
        List<String> failures = new ArrayList<>();
        for (RegistryServer server : servers(name.registry())) {
            for (int attempt = 1; attempt <= ATTEMPTS; attempt++) {
                try {
                    return copy(image, name, server, architectures);
                } catch (IOException e) {
                    if (attempt == ATTEMPTS || String.valueOf(e.getMessage()).contains(" answered 4")) {
                        String words = FetchFailure.words(e);
                        failures.add(words.contains(server.toString()) ? words : server + ": " + words);
                        break;
                    }
                }
            }
        }
        throw new IOException("the image " + image + " cannot be had: " + String.join("; ", failures));
    }

    private List<RegistryServer> servers(String registry) throws IOException {
        List<RegistryServer> known = servers.get(registry);
        if (known != null) {
            return known;
        }
        List<Registry> all = cluster.runtime().registries();
        Optional<Registry> entry = all.stream().filter(each -> each.host().equals(registry)).findFirst();
        List<RegistryServer> made = new ArrayList<>();
        for (Registry.Mirror mirror : entry.map(Registry::mirrors).orElse(List.of())) {
            Registry own = entry.get().entryOf(mirror, all);
            made.add(new RegistryServer(URI.create(mirror.scheme() + "://" + mirror.host()),
                    mirror.path().isEmpty() ? "" : mirror.path() + "/", own.basic(), own.caFile(), proxies, limit));
        }
        boolean plain = cluster.runtime().insecureRegistries().contains(registry);
        String server = entry.map(Registry::server).orElse(registry.equals(Registry.DOCKER) ? "registry-1.docker.io" : registry);
        Optional<Registry> itself = entry.filter(each -> each.isForItself(all));
        made.add(new RegistryServer(URI.create((plain ? "http://" : "https://") + server), "", itself.flatMap(Registry::basic),
                itself.flatMap(Registry::caFile), proxies, limit));
        servers.put(registry, made);
        return made;
    }

    private Image copy(String image, ImageName name, RegistryServer server, Set<String> architectures)
            throws IOException, InterruptedException {
        Manifest top = manifest(server, name, name.reference());
        if (name.isByDigest() && !top.digest().equals(name.reference())) {
            throw new IOException(server + " gave " + image + " with another digest: " + top.digest());
        }
        JsonNode list = top.json().path("manifests");
        if (list.isArray()) {
            List<String> found = new ArrayList<>();
            for (JsonNode each : list) {
                JsonNode platform = each.path("platform");
                if (platform.path("os").asText().equals("linux") && architectures.contains(platform.path("architecture").asText())) {
                    String digest = each.path("digest").asText();
                    Manifest one = manifest(server, name, digest);
                    if (!one.digest().equals(digest)) {
                        throw new IOException(server + " gave the manifest " + digest + " of " + image + " with another digest");
                    }
                    content(server, name, one);
                    found.add(platform.path("architecture").asText());
                }
            }
            if (!found.containsAll(architectures)) {
                throw new IOException(server + " has " + image + " only for " + String.join(", ", found) + ", not for all of "
                        + String.join(", ", architectures));
            }
        } else {
            content(server, name, top);
        }
        return new Image(image, top.digest(), top.mediaType());
    }

    private record Manifest(String digest, String mediaType, JsonNode json) {}

    private Manifest manifest(RegistryServer server, ImageName name, String reference) throws IOException, InterruptedException {
        if (!reference.matches("[A-Za-z0-9_][A-Za-z0-9._-]*|sha256:[0-9a-f]{64}")) {
            throw new IOException(server + " names a manifest in a way that is not allowed");
        }
        HttpResponse<InputStream> answer = server.get(name.repository(), "manifests/" + reference, LIST_TYPES + ", " + MANIFEST_TYPES);
        byte[] body;
        try (InputStream in = answer.body()) {
            body = server.read(in, 0, from -> from.readNBytes(LARGEST_MANIFEST + 1));
        }
        if (body.length > LARGEST_MANIFEST) {
            throw new IOException(server + " has a manifest of " + name.repository() + " with more than " + LARGEST_MANIFEST + " bytes");
        }
        String digest = Sha256.hex(body);
        Files.write(blobs.resolve(digest), body);
        JsonNode json = Bundle.JSON.readTree(body);
        String type = json.path("mediaType").asText(answer.headers().firstValue("content-type").orElse("").split(";")[0].strip());
        return new Manifest("sha256:" + digest, type, json);
    }

    private void content(RegistryServer server, ImageName name, Manifest manifest) throws IOException, InterruptedException {
        List<JsonNode> all = new ArrayList<>();
        all.add(manifest.json().path("config"));
        manifest.json().path("layers").forEach(all::add);
        for (JsonNode each : all) {
            blob(server, name, each.path("digest").asText(), each.path("size").asLong(-1));
        }
    }

    private void blob(RegistryServer server, ImageName name, String digest, long size) throws IOException, InterruptedException {
        if (!digest.matches("sha256:[0-9a-f]{64}") || size < 0) {
            throw new IOException(server + " has a manifest of " + name.repository() + " that is none");
        }
        String hex = digest.substring("sha256:".length());
        Path file = blobs.resolve(hex);
        if (Files.exists(file)) {
            return;
        }
        Path part = blobs.resolve(hex + ".part");
        HttpResponse<InputStream> answer = server.get(name.repository(), "blobs/" + digest, "*/*");
        MessageDigest sum = Sha256.begin();
        try (InputStream in = answer.body(); OutputStream out = Files.newOutputStream(part)) {
            server.read(in, size, from -> {
                byte[] buffer = new byte[BUFFER];
                long left = size;
                for (int read = from.read(buffer); read >= 0; read = from.read(buffer)) {
                    left -= read;
                    if (left < 0) {
                        throw new IOException(server + " sent more than the " + size + " bytes of " + digest);
                    }
                    sum.update(buffer, 0, read);
                    out.write(buffer, 0, read);
                }
                return sum;
            });
        }
        if (!Sha256.hex(sum).equals(hex)) {
            throw new IOException(server + " sent " + digest + " of " + name.repository() + " damaged");
        }
        Files.move(part, file, StandardCopyOption.ATOMIC_MOVE);
    }
}
