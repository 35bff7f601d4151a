package dev.caravan.network;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.spec.Cluster;
import dev.caravan.spec.InvalidSpec;
import dev.caravan.spec.SpecReader;
import dev.caravan.tables.NetworkTable;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What hosts, and the engine, get of the spec's proxy. */
class HostProxyTest {
    private static Cluster cluster(String proxy) throws InvalidSpec {
        return SpecReader.read("""
                apiVersion: caravan/v1
                kind: Cluster
                metadata: {name: demo}
                spec:
                  kubernetes:
                    version: 1.34.4
                    controlPlaneEndpoint: "api.example.org:6443"
                    podSubnet: "10.244.0.0/16, fd00:244::/56"
                    serviceSubnet: "10.96.0.0/12, fd00:96::/112"
                    kubeadm: {ClusterConfiguration: {networking: {dnsDomain: k8s.example}}}
                  proxy: %s
                  hosts:
                    - {name: h1, address: 192.0.2.11, roles: [control-plane]}
                    - {name: h2, address: host2.example.org, roles: [worker]}
                    - {name: h3, address: 192.0.2.13, roles: [worker], state: absent}
                """.formatted(proxy), "test");
    }

    @Test
    void whatBelongsToTheClusterIsReachedWithoutIt() throws InvalidSpec {
        String lines = HostProxy.of(cluster("{http: 'http://ops:pw@192.0.2.1:3128', noProxy: [.corp.example, 10.0.0.0/8]}")).orElseThrow()
                .lines().reveal();

        assertThat(lines).isEqualTo("""
                HTTP_PROXY=http://ops:pw@192.0.2.1:3128
                HTTPS_PROXY=http://ops:pw@192.0.2.1:3128
                NO_PROXY=localhost,127.0.0.1,::1,.corp.example,10.0.0.0/8,h1,192.0.2.11,h2,host2.example.org,h3,192.0.2.13,api.example.org,\
                10.244.0.0/16,fd00:244::/56,10.96.0.0/12,fd00:96::/112,.svc,.k8s.example
                """);
        assertThat(HostProxy.of(cluster("{}"))).isEmpty();
    }

    /* apt, dnf and older versions of curl know no networks in NO_PROXY. */
    @Test
    void addressesInAnExemptNetworkAreNamedForPackageManagers() throws InvalidSpec {
        HostProxy proxy = HostProxy.of(cluster("{https: 'http://192.0.2.1:3128', noProxy: [198.51.100.0/24, fd00:7::/32]}")).orElseThrow();

        String lines = proxy.naming(Stream.of("http://198.51.100.7:8080/deb/ ./", "https://[fd00:7::9]/key", "https://203.0.113.1/rpm/",
                "https://mirror.example.org/x", "file:///etc/key")).lines().reveal();

        assertThat(lines).doesNotContain("HTTP_PROXY=http:").contains("198.51.100.7", "fd00:7::9\n")
                .doesNotContain("203.0.113.1", "mirror.example.org");
    }

    /* The proxy of the test answers for the server, which does not exist. */
    @Test
    void theEngineFetchesThroughTheSpecsProxyAndNotThroughThatOfItsEnvironment() throws Exception {
        try (ServerSocket server = new ServerSocket(0, 4, InetAddress.getLoopbackAddress())) {
            CompletableFuture<String> asked = CompletableFuture.supplyAsync(() -> answer(server));
            Cluster cluster = cluster("{http: 'http://127.0.0.1:" + server.getLocalPort() + "'}");

            String manifest = new Manifests(NetworkTable.builtIn(), Map.of("http_proxy", "http://127.0.0.1:9")).read(
                    new Manifests.Source("http://manifest.invalid/network.yaml", Optional.empty(), Optional.empty()), cluster);

            assertThat(manifest).contains("kind: ConfigMap");
            assertThat(asked.get(30, TimeUnit.SECONDS)).startsWith("GET http://manifest.invalid/network.yaml");
        }
    }

    private static String answer(ServerSocket server) {
        try (Socket socket = server.accept()) {
            StringBuilder head = new StringBuilder();
            while (head.indexOf("\r\n\r\n") < 0) {
                head.append((char) socket.getInputStream().read());
            }
            String body = "apiVersion: v1\nkind: ConfigMap\n";
            socket.getOutputStream().write(("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: " + body.length() + "\r\n\r\n" + body)
                    .getBytes(StandardCharsets.UTF_8));
            return head.toString();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }
}
