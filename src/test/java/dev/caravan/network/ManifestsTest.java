package dev.caravan.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import dev.caravan.digest.Sha256;
import dev.caravan.spec.Cluster;
import dev.caravan.spec.InvalidSpec;
import dev.caravan.spec.SpecReader;
import dev.caravan.tables.NetworkTable;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ManifestsTest {
    private static final String MANIFEST = "apiVersion: v1\nkind: ConfigMap\n"
            + "data: {net-conf.json: '{\"Network\": \"10.244.0.0/16\", \"EnableNFTables\": false}'}\n";

    private final Manifests manifests = new Manifests(NetworkTable.builtIn(), Map.of());
    private HttpServer server;

    @BeforeEach
    void serve() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        page("/cni.yaml", 200, MANIFEST);
        page("/portal", 200, "<html>Sign in</html>");
        page("/gone", 404, MANIFEST);
        server.start();
    }

    @AfterEach
    void stop() {
        server.stop(0);
    }

    private void page(String path, int status, String text) {
        server.createContext(path, exchange -> {
            byte[] body = text.getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(status, body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
        });
    }

    private Manifests.Source source(String path, String digest) {
        return new Manifests.Source("http://127.0.0.1:" + server.getAddress().getPort() + path, Optional.ofNullable(digest),
                Optional.of("10.244.0.0/16"));
    }

    private static Cluster cluster(String version, String network) {
        return cluster(version, "10.9.0.0/16", network);
    }

    private static Cluster cluster(String version, String podSubnet, String network) {
        try {
            return SpecReader.read("""
                    apiVersion: caravan/v1
                    kind: Cluster
                    metadata: {name: demo}
                    spec:
                      kubernetes: {version: %s, podSubnet: "%s"}
                      network: %s
                      hosts: [{name: h1, address: 192.0.2.11, roles: [control-plane]}]
                    """.formatted(version, podSubnet, network), "test");
        } catch (InvalidSpec e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void whatIsFetchedMustBeWhatWasReleased() throws Exception {
        Cluster cluster = cluster("1.34.4", "{cni: flannel}");

        assertThat(manifests.read(source("/cni.yaml", Sha256.hex(MANIFEST)), cluster)).isEqualTo(MANIFEST.replace("10.244", "10.9"));
        assertThatThrownBy(() -> manifests.read(source("/cni.yaml", "0".repeat(64)), cluster)).isInstanceOf(IOException.class)
                .hasMessageContaining("is not the one that was released: its SHA-256 is " + Sha256.hex(MANIFEST));
        assertThat(manifests.read(source("/cni.yaml", null), cluster)).contains("10.9.0.0/16");
    }

    /** flannel has an own key for the network of each family; the spec's text in place of the released one would be no network. */
    @Test
    void aFlannelOfBothFamiliesGetsANetworkOfEach() throws Exception {
        String manifest = manifests.read(source("/cni.yaml", null), cluster("1.34.4", "10.9.0.0/16,fd00:9::/56", "{cni: flannel}"));

        assertThat(manifest).contains("\"Network\": \"10.9.0.0/16\", ", "\"IPv6Network\": \"fd00:9::/56\",");
    }

    @Test
    void whatIsNoManifestIsRefused() {
        Cluster cluster = cluster("1.34.4", "{cni: flannel}");

        assertThatThrownBy(() -> manifests.read(source("/portal", null), cluster)).isInstanceOf(IOException.class)
                .hasMessageContaining("/portal cannot be used: line 1 begins something that is no Kubernetes object");
        assertThatThrownBy(() -> manifests.read(source("/gone", null), cluster)).isInstanceOf(IOException.class)
                .hasMessageContaining("cannot fetch the network's manifest").hasMessageEndingWith("status 404");
    }

    @Test
    void theSpecsOwnManifestGoesFirstAndIsLeftAsItIs() {
        assertThat(manifests.source(cluster("1.34.4", "{cni: calico, manifest: 'https://example.org/cni.yaml'}")))
                .contains(new Manifests.Source("https://example.org/cni.yaml", Optional.empty(), Optional.empty()));
        assertThat(manifests.source(cluster("1.34.4", "{cni: calico}")).orElseThrow().place()).contains("/v3.32.1/");
        assertThat(manifests.source(cluster("1.34.4", "{cni: bridge}"))).isEmpty();
    }

    @Test
    void aServerThatSendsByteByByteIsNotWaitedForForEver() {
        CountDownLatch read = new CountDownLatch(1);
        server.createContext("/drip", exchange -> {
            exchange.sendResponseHeaders(200, 0);
            try {
                while (!read.await(20, TimeUnit.MILLISECONDS)) {
                    exchange.getResponseBody().write('#');
                    exchange.getResponseBody().flush();
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            exchange.close();
        });
        Manifests hurried = new Manifests(NetworkTable.builtIn(), Map.of(), Duration.ofSeconds(2));

        assertThatThrownBy(() -> hurried.read(source("/drip", null), cluster("1.34.4", "{cni: flannel}")))
                .isInstanceOf(IOException.class).hasMessageEndingWith("it did not arrive within 2 s");
        read.countDown();
    }

    @ParameterizedTest
    @CsvSource({"127.0.0.1:9, 'connection refused, or no route to it'",
        "no-such-server.invalid, the name of the server cannot be resolved"})
    void whyAServerCannotBeReachedIsSaidInWords(String server, String why) {
        assertThatThrownBy(() -> new Manifests(NetworkTable.builtIn(), Map.of())
                .read(new Manifests.Source("http://" + server + "/cni.yaml", Optional.empty(), Optional.empty()),
                        cluster("1.34.4", "{cni: flannel}")))
                .isInstanceOf(IOException.class).hasMessageEndingWith(why);
    }
}
