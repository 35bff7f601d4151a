package dev.caravan.network;

import dev.caravan.spec.Cluster;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
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
    private static final String FLANNEL_DEFAULT_SUBNET = "10.244.0.0/16";
    private static final String CALICO = "https://raw.githubusercontent.com/projectcalico/calico/v3.29.3/manifests/calico.yaml";
    /** The last Calico whose manifest suits Kubernetes before 1.22 (docs.tigera.io, v3.20 requirements: 1.19 to 1.21). */
    private static final String CALICO_BEFORE_1_22 = "https://raw.githubusercontent.com/projectcalico/calico/v3.20.6/manifests/calico.yaml";

    private Manifests() {}

    /**
     * The manifest for that cluster's network; empty for a CNI that has none.
     *
     * @throws IOException where the file or address cannot be read; the message names it and the way out
     */
    public static String of(Cluster cluster) throws IOException, InterruptedException {
        Optional<String> own = cluster.network().manifest();
        if (own.isPresent()) {
            return read(own.get());
        }
        return switch (cluster.network().cni()) {
            case FLANNEL -> read(FLANNEL).replace(FLANNEL_DEFAULT_SUBNET, cluster.kubernetes().podSubnet());
            case CALICO -> read(cluster.kubernetes().minor() < 22 ? CALICO_BEFORE_1_22 : CALICO);
            case CILIUM -> throw new IOException("Cilium publishes no manifest to apply: render its chart (helm template) and name the file in network.manifest");
            case BRIDGE, NONE -> "";
        };
    }

    private static String read(String where) throws IOException, InterruptedException {
        if (!where.startsWith("https://") && !where.startsWith("http://")) {
            try {
                return Files.readString(Path.of(where));
            } catch (IOException e) {
                throw new IOException("cannot read the network's manifest " + where + ": " + e.getMessage(), e);
            }
        }
        try {
            HttpResponse<String> answer = HttpClient.newBuilder().followRedirects(HttpClient.Redirect.NORMAL).connectTimeout(LIMIT).build()
                    .send(HttpRequest.newBuilder(URI.create(where)).timeout(LIMIT).build(), HttpResponse.BodyHandlers.ofString());
            if (answer.statusCode() != 200) {
                throw new IOException("status " + answer.statusCode());
            }
            return answer.body();
        } catch (IOException e) {
            throw new IOException("cannot fetch the network's manifest " + where + ": " + e.getMessage()
                    + ". Where there is no way out, fetch it elsewhere and name the file in network.manifest", e);
        }
    }
}
