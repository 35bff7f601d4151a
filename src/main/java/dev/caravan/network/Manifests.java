package dev.caravan.network;

import dev.caravan.spec.Cluster;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/**
 * The manifests of pod networks: the spec's own, or the project's released one for the CNI named. Each is pinned to a
 * release, so that the same spec gives the same network.
 */
public final class Manifests {
    private static final Duration LIMIT = Duration.ofSeconds(30);
    private static final String FLANNEL = "https://github.com/flannel-io/flannel/releases/download/v0.26.7/kube-flannel.yml";
    private static final String CALICO = "https://raw.githubusercontent.com/projectcalico/calico/v3.29.3/manifests/calico.yaml";
    /** The last Calico whose manifest suits Kubernetes before 1.22 (docs.tigera.io, v3.20 requirements: 1.19 to 1.21). */
    private static final String CALICO_BEFORE_1_22 = "https://raw.githubusercontent.com/projectcalico/calico/v3.20.6/manifests/calico.yaml";

    private Manifests() {}

    /** Where the manifest of that cluster's network comes from, a path or an address; empty for a CNI that has none. */
    public static Optional<String> source(Cluster cluster) {
        return cluster.network().manifest().or(() -> switch (cluster.network().cni()) {
            case FLANNEL -> Optional.of(FLANNEL);
            case CALICO -> Optional.of(cluster.kubernetes().minor() < 22 ? CALICO_BEFORE_1_22 : CALICO);
            case CILIUM, BRIDGE, NONE -> Optional.empty();
        });
    }

    /** Whether a source is fetched over the network. */
    public static boolean isAddress(String source) {
        return source.startsWith("https://") || source.startsWith("http://");
    }

    /**
     * Reads a manifest, with the cluster's pod subnet in it where the project's own file has a default.
     *
     * @throws IOException where the file or address cannot be read; the message names it
     */
    public static String read(String source, Cluster cluster) throws IOException, InterruptedException {
        String manifest = isAddress(source) ? fetch(source) : readFile(source);
        return source.equals(FLANNEL) ? FlannelNetworks.put(manifest, cluster.kubernetes().podSubnet()) : manifest;
    }

    private static String readFile(String source) throws IOException {
        try {
            return Files.readString(Path.of(source));
        } catch (NoSuchFileException e) {
            throw new IOException("cannot read the network's manifest " + source + ": there is no such file", e);
        }
    }

    private static String fetch(String source) throws IOException, InterruptedException {
        try {
            HttpResponse<String> answer = HttpClient.newBuilder().followRedirects(HttpClient.Redirect.NORMAL).connectTimeout(LIMIT).build()
                    .send(HttpRequest.newBuilder(URI.create(source)).timeout(LIMIT).build(), HttpResponse.BodyHandlers.ofString());
            if (answer.statusCode() != 200) {
                throw new IOException("status " + answer.statusCode());
            }
            return answer.body();
        } catch (IOException e) {
            String reason = e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
            throw new IOException("cannot fetch the network's manifest " + source + ": " + reason, e);
        }
    }
}
