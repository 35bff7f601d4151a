package dev.caravan.network;

import dev.caravan.digest.Sha256;
import dev.caravan.spec.Cluster;
import dev.caravan.spec.ManifestFile;
import dev.caravan.tables.NetworkRelease;
import dev.caravan.tables.NetworkTable;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;

/**
 * The manifests of pod networks: the spec's own, or the project's released one for the CNI named. Each is pinned to a
 * release by {@code routes/data/networks.yaml}, so that the same spec gives the same network. Immutable and thread-safe.
 */
public final class Manifests {
    private static final Duration LIMIT = Duration.ofSeconds(30);

    private final NetworkTable releases;
    private final Proxies proxies;
    private final Duration limit;

    /** With the proxies of the engine's environment. */
    public Manifests(NetworkTable releases) {
        this(releases, System.getenv(), LIMIT);
    }

    /** @param environment names the proxies */
    Manifests(NetworkTable releases, Map<String, String> environment) {
        this(releases, environment, LIMIT);
    }

    /**
     * @param environment names the proxies
     * @param limit       of connecting, of the wait for an answer, and of its arrival, each
     */
    Manifests(NetworkTable releases, Map<String, String> environment, Duration limit) {
        this.releases = releases;
        this.proxies = new Proxies(environment);
        this.limit = limit;
    }

    /**
     * Where a manifest comes from.
     *
     * @param place     a path or an address
     * @param sha256    what the text must have; empty where that is not known
     * @param podSubnet what the text has in place of the cluster's pod subnet; empty where it has no such default
     */
    public record Source(String place, Optional<String> sha256, Optional<String> podSubnet) {
        /** Whether it is fetched over the network. */
        public boolean isAddress() {
            return place.startsWith("https://") || place.startsWith("http://");
        }
    }

    /** Where the manifest of that cluster's network comes from; empty for a CNI that has none. */
    public Optional<Source> source(Cluster cluster) {
        return cluster.network().manifest().map(place -> new Source(place, Optional.empty(), Optional.empty()))
                .or(() -> releases.release(cluster.network().cni(), cluster.kubernetes().minor()).map(Manifests::source));
    }

    private static Source source(NetworkRelease release) {
        return new Source(release.manifest(), release.sha256(), release.podSubnet());
    }

    /**
     * Reads a manifest, with the cluster's pod subnet in it where the project's own file has a default, and with the hosts' interface.
     *
     * @throws IOException where the file or address cannot be read, or does not hold what it should; the message names it
     */
    public String read(Source source, Cluster cluster) throws IOException, InterruptedException {
        return read(source, cluster, Optional.empty());
    }

    /** The same; {@code known} is what is at that place, if that is known without reading it. */
    public String read(Source source, Cluster cluster, Optional<byte[]> known) throws IOException, InterruptedException {
        byte[] content = checked(source, known.isPresent() ? known.get() : at(source, cluster));
        String manifest = new String(content, StandardCharsets.UTF_8);
        String own = source.podSubnet().isEmpty() ? manifest
                : FlannelNetworks.put(manifest, source.podSubnet().get(), cluster.kubernetes().podSubnet());
        return cluster.network().manifest().isPresent() ? own : HostInterface.put(own, cluster);
    }

    /** What is at that place, checked, as it is. */
    public byte[] content(Source source, Cluster cluster) throws IOException, InterruptedException {
        return checked(source, at(source, cluster));
    }

    private byte[] at(Source source, Cluster cluster) throws IOException, InterruptedException {
        return source.isAddress() ? fetch(source.place(), this.proxies.orOf(cluster)) : ManifestFile.read(source.place());
    }

    private static byte[] checked(Source source, byte[] content) throws IOException {
        String digest = Sha256.hex(content);
        if (source.sha256().filter(wanted -> !wanted.equals(digest)).isPresent()) {
            throw new IOException("the network's manifest " + source.place() + " is not the one that was released: its SHA-256 is " + digest
                    + ", and routes/data/networks.yaml says " + source.sha256().get());
        }
        Optional<String> problem = ManifestFile.problem(new String(content, StandardCharsets.UTF_8));
        if (problem.isPresent()) {
            throw new IOException("the network's manifest " + source.place() + " cannot be used: " + problem.get());
        }
        return content;
    }

    private byte[] fetch(String source, Proxies proxies) throws IOException, InterruptedException {
        String through = "";
        try {
            URI address = URI.create(source);
            through = proxies.said(address);
            HttpResponse<InputStream> answer = proxies.through(address, Proxies.client())
                    .followRedirects(HttpClient.Redirect.NORMAL)
                    .connectTimeout(limit)
                    .build()
                    .send(HttpRequest.newBuilder(address).timeout(limit).build(), HttpResponse.BodyHandlers.ofInputStream());
            try (InputStream body = answer.body()) {
                if (answer.statusCode() != 200) {
                    throw new IOException("status " + answer.statusCode());
                }
                return TimedBody.read(body, limit, ManifestFile::bounded);
            }
        } catch (IOException | IllegalArgumentException e) {
            throw new IOException("cannot fetch the network's manifest " + source + through + ": " + FetchFailure.words(e), e);
        }
    }
}
