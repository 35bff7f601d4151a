package dev.caravan.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.caravan.network.Manifests.Source;
import dev.caravan.spec.Cluster;
import dev.caravan.spec.InvalidSpec;
import dev.caravan.spec.SpecReader;
import dev.caravan.tables.NetworkTable;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Fetches go through the proxy of the environment: an HTTP proxy of the test, which answers for the server. */
class ProxiesTest {
    private static final String MANIFEST = "apiVersion: v1\nkind: ConfigMap\n";
    private static final String CREDENTIALS = "Basic " + Base64.getEncoder().encodeToString("ops:p@ss+1".getBytes(StandardCharsets.UTF_8));

    /** The requests, each with its header lines below it. */
    private final List<List<String>> asked = new CopyOnWriteArrayList<>();
    private volatile boolean wantsPassword;
    private ServerSocket proxy;

    @BeforeEach
    void listen() throws IOException {
        proxy = new ServerSocket(0, 16, InetAddress.getLoopbackAddress());
        Thread thread = new Thread(() -> {
            while (!proxy.isClosed()) {
                try (Socket socket = proxy.accept()) {
                    answer(socket);
                } catch (IOException e) {
                    if (!proxy.isClosed()) {
                        throw new UncheckedIOException(e);
                    }
                }
            }
        }, "test proxy");
        thread.setDaemon(true);
        thread.start();
    }

    @AfterEach
    void stop() throws IOException {
        proxy.close();
    }

    private void answer(Socket socket) throws IOException {
        BufferedReader reader = new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
        List<String> lines = new ArrayList<>();
        for (String line = reader.readLine(); line != null && !line.isEmpty(); line = reader.readLine()) {
            lines.add(line);
        }
        if (lines.isEmpty()) {
            return; // a connection that is closed before anything is asked
        }
        asked.add(lines);
        boolean refused = wantsPassword && lines.stream().noneMatch(line -> line.equalsIgnoreCase("Proxy-Authorization: " + CREDENTIALS));
        String status = refused ? "407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm=\"test\""
                : lines.get(0).startsWith("CONNECT ") ? "502 Bad Gateway" : "200 OK";
        String body = status.startsWith("200") ? MANIFEST : "";
        socket.getOutputStream()
                .write(("HTTP/1.1 " + status + "\r\nConnection: close\r\nContent-Length: " + body.length() + "\r\n\r\n" + body)
                .getBytes(StandardCharsets.UTF_8));
        socket.getOutputStream().flush();
    }

    private String at(String userInfo) {
        return "http://" + userInfo + "127.0.0.1:" + proxy.getLocalPort();
    }

    private static String fetch(Map<String, String> environment, String address) throws IOException, InterruptedException {
        return new Manifests(NetworkTable.builtIn(), environment).read(new Source(address, Optional.empty(), Optional.empty()), CLUSTER);
    }

    private static final Cluster CLUSTER = cluster();

    private static Cluster cluster() {
        try {
            return SpecReader.read("""
                    apiVersion: caravan/v1
                    kind: Cluster
                    metadata: {name: demo}
                    spec:
                      kubernetes: {version: 1.34.4}
                      network: {cni: flannel}
                      hosts: [{name: h1, address: 192.0.2.11, roles: [control-plane]}]
                    """, "test");
        } catch (InvalidSpec e) {
            throw new AssertionError(e);
        }
    }

    private List<String> requests() {
        return asked.stream().map(lines -> lines.get(0)).toList();
    }

    @ParameterizedTest
    @ValueSource(strings = {"HTTP_PROXY", "http_proxy"})
    void aManifestComesThroughTheProxy(String variable) throws Exception {
        assertThat(fetch(Map.of(variable, at("")), "http://manifests.example/cni.yaml")).isEqualTo(MANIFEST);
        assertThat(requests()).containsExactly("GET http://manifests.example/cni.yaml HTTP/1.1");
    }

    @Test
    void theProxyMayBeWrittenWithoutItsScheme() throws Exception {
        assertThat(fetch(Map.of("HTTP_PROXY", "127.0.0.1:" + proxy.getLocalPort()), "http://manifests.example/cni.yaml"))
                .isEqualTo(MANIFEST);
    }

    @Test
    void theProxyGetsItsCredentialsAndNoMessageDoes() throws Exception {
        wantsPassword = true;
        Map<String, String> environment = Map.of("HTTP_PROXY", at("ops:p%40ss+1@"), "HTTPS_PROXY", at("ops:p%40ss+1@"));

        assertThat(fetch(environment, "http://manifests.example/cni.yaml")).isEqualTo(MANIFEST);
        assertThatThrownBy(() -> fetch(environment, "https://manifests.example/cni.yaml")).isInstanceOf(IOException.class)
                .hasMessageStartingWith("cannot fetch the network's manifest https://manifests.example/cni.yaml through the "
                        + "proxy 127.0.0.1:"
                        + proxy.getLocalPort() + ": ")
                .satisfies(ProxiesTest::hasNoCredentials);
        assertThat(asked).anySatisfy(lines -> assertThat(lines)
                .contains("CONNECT manifests.example:443 HTTP/1.1", "Proxy-Authorization: " + CREDENTIALS));

        Map<String, String> wrong = Map.of("HTTP_PROXY", at("ops:wrong-p%40ss@"));
        assertThatThrownBy(() -> fetch(wrong, "http://manifests.example/cni.yaml")).isInstanceOf(IOException.class)
                .satisfies(ProxiesTest::hasNoCredentials);
    }

    private static void hasNoCredentials(Throwable failure) {
        for (Throwable one = failure; one != null; one = one.getCause()) {
            assertThat(String.valueOf(one.getMessage())).doesNotContain("p@ss", "p%40ss", "ops:", CREDENTIALS);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"http://ops:p%40ss@proxy example:3128", "https://ops:p%40ss@proxy.example:3128",
        "socks5://ops:p%40ss@proxy.example:1080", "ops:p%40ss@", "http://ops:p%40ss@proxy.example:port"})
    void aProxyThatCannotBeUsedIsSaidWithoutItsCredentials(String value) {
        assertThatThrownBy(() -> fetch(Map.of("HTTPS_PROXY", value), "https://manifests.example/cni.yaml")).isInstanceOf(IOException.class)
                .hasMessageContaining("HTTPS_PROXY in the engine's environment is no ").satisfies(ProxiesTest::hasNoCredentials);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "mirror.example.com | example.com | true",
        "mirror.example.com | .example.com | true",
        "example.com | .example.com | true",
        "mirror.example.com | *.example.com | true",
        "mirror.example.com | other.com, .Example.com | true",
        "mirror.example.com | other.com .example.com | true",
        "badexample.com | .example.com,example.com | false",
        "mirror.example.com | mirror.example.com:443 | true",
        "mirror.example.com | mirror.example.com:8443 | false",
        "mirror.example.com | * | true",
        "mirror.example.com | 192.0.2.0/24 | false",
        "192.0.2.7 | 10.0.0.0/8,192.0.2.0/24 | true",
        "192.0.3.7 | 192.0.2.0/24 | false",
        "192.0.2.7 | 192.0.2.7 | true",
        "192.0.2.7 | 192.0.2.70, 2.7 | false",
        "[2001:db8::7] | 2001:db8::/32 | true",
        "[2001:db8::7] | 2001:db8:0::7 | true",
        "[2001:db8::7] | [2001:db8::7]:443 | true",
        "[2001:db8::7] | 192.0.2.0/24,2001:db9::/32 | false",
        "192.0.2.7 | 192.0.2.0/99,not/a/network | false",
        "localhost | '' | true",
        "127.0.0.9 | '' | true",
        "mirror.example.com | '' | false"})
    void whatIsExemptGoesStraight(String host, String exempt, boolean straight) throws IOException {
        for (String variable : List.of("NO_PROXY", "no_proxy")) {
            Map<String, String> environment = new HashMap<>(Map.of("HTTPS_PROXY", "http://proxy.example:3128"));
            environment.put(variable, exempt);

            assertThat(new Proxies(environment).said(URI.create("https://" + host + "/cni.yaml")))
                    .isEqualTo(straight ? "" : " through the proxy proxy.example:3128");
        }
    }

    @Test
    void aNameThatIsExemptIsFetchedWithoutTheProxy() {
        Map<String, String> environment = Map.of("HTTP_PROXY", at(""), "NO_PROXY", ".invalid");

        assertThatThrownBy(() -> fetch(environment, "http://manifests.invalid/cni.yaml")).isInstanceOf(IOException.class)
                .hasMessageStartingWith("cannot fetch the network's manifest http://manifests.invalid/cni.yaml: ");
        assertThat(asked).isEmpty();
    }

    @Test
    void thePropertiesOfTheJvmGoFirst() throws Exception {
        System.setProperty("http.proxyHost", "127.0.0.1");
        System.setProperty("http.proxyPort", Integer.toString(proxy.getLocalPort()));
        try {
            assertThat(fetch(Map.of("HTTP_PROXY", "http://192.0.2.1:9"), "http://manifests.example/cni.yaml")).isEqualTo(MANIFEST);
        } finally {
            System.clearProperty("http.proxyHost");
            System.clearProperty("http.proxyPort");
        }
    }
}
