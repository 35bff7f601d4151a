package dev.caravan.bundle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import dev.caravan.digest.Sha256;
import dev.caravan.network.Proxies;
import dev.caravan.spec.Cluster;
import dev.caravan.spec.SpecReader;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.time.Duration;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Bundles of what a registry over HTTP has and a host gathered: written, verified, damaged, served. */
class BundleTest {
    private static final HostKind KIND = new HostKind("rocky-9", "x86_64");
    private static final String LAYER = "the layer's bytes";
    private static final String RPM = "an rpm";

    @TempDir
    private Path directory;

    private HttpServer registry;
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final Map<String, String> content = new LinkedHashMap<>();
    private Path made;

    @BeforeEach
    void start() throws IOException {
        registry = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        registry.createContext("/", exchange -> {
            String answer = content.get(exchange.getRequestURI().getPath());
            byte[] body = (answer == null ? "" : answer).getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(answer == null ? 404 : 200, body.length == 0 ? -1 : body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
        });
        registry.setExecutor(threads);
        registry.start();
        made = directory.resolve("demo.tar");
        image("kube-apiserver", "v1.37.2");
    }

    @AfterEach
    void stop() {
        registry.stop(0);
        threads.shutdownNow();
    }

    private String host() {
        return "127.0.0.1:" + registry.getAddress().getPort();
    }

    /* a list with two architectures, of which one is wanted; the registry has nothing of the other */
    private void image(String name, String tag) {
        String config = "{}";
        String manifest = "{\"mediaType\": \"application/vnd.oci.image.manifest.v1+json\", \"config\": " + descriptor(config)
                + ", \"layers\": [" + descriptor(LAYER) + "]}";
        String list = "{\"mediaType\": \"application/vnd.oci.image.index.v1+json\", \"manifests\": ["
                + "{\"digest\": \"sha256:" + "0".repeat(64) + "\", \"platform\": {\"os\": \"linux\", \"architecture\": \"s390x\"}}, "
                + "{\"digest\": \"" + digest(manifest) + "\", \"platform\": {\"os\": \"linux\", \"architecture\": \"amd64\"}}]}";
        String root = "/v2/k8s/" + name + "/";
        content.put(root + "manifests/" + tag, list);
        content.put(root + "manifests/" + digest(manifest), manifest);
        content.put(root + "blobs/" + digest(config), config);
        content.put(root + "blobs/" + digest(LAYER), LAYER);
    }

    private static String digest(String text) {
        return "sha256:" + Sha256.hex(text);
    }

    private static String descriptor(String text) {
        return "{\"digest\": \"" + digest(text) + "\", \"size\": " + text.length() + "}";
    }

    private Cluster cluster() throws Exception {
        return SpecReader.read("""
                apiVersion: caravan/v1
                kind: Cluster
                metadata: {name: demo}
                spec:
                  kubernetes: {version: 1.37.2, imageRepository: "%s/k8s"}
                  runtime: {name: containerd, insecureRegistries: ["%s"]}
                  hosts:
                    - {name: h1, address: 192.0.2.11, roles: [control-plane]}
                """.formatted(host(), host()), "test");
    }

    private Path gathered(Map<String, String> files) throws IOException {
        Path archive = directory.resolve("gathered.tar");
        try (TarWriter tar = new TarWriter(Files.newOutputStream(archive))) {
            for (Map.Entry<String, String> each : files.entrySet()) {
                byte[] bytes = each.getValue().getBytes(StandardCharsets.UTF_8);
                tar.add(each.getKey(), bytes.length, new ByteArrayInputStream(bytes));
            }
        }
        return archive;
    }

    private static Map<String, String> ofAHost() {
        Map<String, String> files = new LinkedHashMap<>();
        files.put("repositories/kubernetes/repodata/repomd.xml", "<repomd/>");
        files.put("repositories/kubernetes/packages/kubelet-1.37.2-1.x86_64.rpm", RPM);
        files.put("sources/kubernetes.repo", "[kubernetes]\nbaseurl=@BUNDLE@/kubernetes\n");
        files.put("packages", "kubelet 1.37.2-1 x86_64 repositories/kubernetes/packages/kubelet-1.37.2-1.x86_64.rpm\n");
        return files;
    }

    @Test
    void aRegistryThatSendsByteByByteIsGivenUp() throws Exception {
        CountDownLatch done = new CountDownLatch(1);
        registry.createContext("/v2/k8s/kube-apiserver/blobs/" + digest(LAYER), exchange -> {
            exchange.sendResponseHeaders(200, 0);
            try {
                while (!done.await(20, TimeUnit.MILLISECONDS)) {
                    exchange.getResponseBody().flush();
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            exchange.close();
        });
        ImageSource source = new ImageSource(cluster(), new Proxies(Map.of()), Files.createDirectory(directory.resolve("blobs")),
                Duration.ofSeconds(2));

        assertThatThrownBy(() -> source.copy(host() + "/k8s/kube-apiserver:v1.37.2", Set.of("amd64")))
                .isInstanceOf(IOException.class).hasMessageContaining(host() + ": it did not arrive within 2 s");
        done.countDown();
    }

    private BundleIndex make(Map<String, String> files, Optional<Path> key) throws Exception {
        BundleMaker maker = new BundleMaker(cluster(), "2026-01-01T00:00:00Z", directory.resolve("work"));
        maker.add(KIND, gathered(files));
        maker.addImages(Set.of(host() + "/k8s/kube-apiserver:v1.37.2"));
        return maker.write(made, key, new Proxies(Map.of()));
    }

    private Path key(String name, String what, byte[] encoded) throws IOException {
        return Files.writeString(directory.resolve(name), "-----BEGIN " + what + "-----\n"
                + Base64.getMimeEncoder().encodeToString(encoded) + "\n-----END " + what + "-----\n");
    }

    @Test
    void aBundleHasWhatWasGatheredWithItsDigests() throws Exception {
        make(ofAHost(), Optional.empty());

        try (Bundle bundle = Bundle.open(made, Optional.empty())) {
            assertThat(bundle.index().systemOf(KIND)).hasValueSatisfying(system -> assertThat(system.packages()).singleElement()
                    .satisfies(each -> assertThat(each.name()).isEqualTo("kubelet")));
            assertThat(bundle.index().images()).singleElement()
                    .satisfies(image -> assertThat(image.digest())
                            .isEqualTo(digest(content.get("/v2/k8s/kube-apiserver/manifests/v1.37.2"))));
            assertThat(new String(bundle.read(Bundle.SBOM, 1 << 20), StandardCharsets.UTF_8))
                    .contains("CycloneDX", "pkg:rpm/rocky/kubelet@1.37.2-1");
        }
        assertThat(directory.resolve("work")).doesNotExist();
    }

    @Test
    void aFlippedByteIsRefusedWithTheNameOfTheFile() throws Exception {
        make(ofAHost(), Optional.empty());
        String all = Files.readString(made, StandardCharsets.ISO_8859_1);
        try (RandomAccessFile file = new RandomAccessFile(made.toFile(), "rw")) {
            file.seek(all.indexOf(RPM));
            file.write('A');
        }

        assertThatThrownBy(() -> Bundle.open(made, Optional.empty())).isInstanceOf(InvalidBundle.class)
                .hasMessageContaining("systems/rocky-9-x86_64/repositories/kubernetes/packages/kubelet-1.37.2-1.x86_64.rpm was changed");
    }

    @Test
    void aSignatureIsOfOneKey() throws Exception {
        KeyPair signer = KeyPairGenerator.getInstance("Ed25519").generateKeyPair();
        KeyPair other = KeyPairGenerator.getInstance("Ed25519").generateKeyPair();
        make(ofAHost(), Optional.of(key("bundle.key", "PRIVATE KEY", signer.getPrivate().getEncoded())));

        Bundle.open(made, Optional.of(key("bundle.pub", "PUBLIC KEY", signer.getPublic().getEncoded()))).close();
        Path wrong = key("other.pub", "PUBLIC KEY", other.getPublic().getEncoded());
        assertThatThrownBy(() -> Bundle.open(made, Optional.of(wrong))).isInstanceOf(InvalidBundle.class)
                .hasMessageContaining("is not signed by the key");
        make(ofAHost(), Optional.empty());
        assertThatThrownBy(() -> Bundle.open(made, Optional.of(wrong))).isInstanceOf(InvalidBundle.class)
                .hasMessageContaining("is not signed");
    }

    @ParameterizedTest
    @ValueSource(strings = {"repositories/../../etc/passwd", "/etc/passwd", "repositories//x", "elsewhere/x", "repositories/a b"})
    void whatAHostGathersStaysInItsFolder(String name) {
        Map<String, String> files = ofAHost();
        files.put(name, "x");

        assertThatThrownBy(() -> make(files, Optional.empty())).isInstanceOf(IOException.class).hasMessageContaining(name);
        assertThat(made).doesNotExist();
    }

    @Test
    void aFileThatTheIndexDoesNotListIsRefused() throws Exception {
        try (TarWriter tar = new TarWriter(Files.newOutputStream(made))) {
            byte[] index = "{\"format\": 1, \"files\": []}".getBytes(StandardCharsets.UTF_8);
            tar.add("bundle.json", index.length, new ByteArrayInputStream(index));
            tar.add("systems/x/keys/more", 1, new ByteArrayInputStream(new byte[1]));
        }

        assertThatThrownBy(() -> Bundle.open(made, Optional.empty()))
                .hasMessageContaining("systems/x/keys/more is in it, and not in bundle.json");
    }

    @Test
    void aRegistryThatSendsOtherBytesIsRefused() {
        content.replaceAll((path, text) -> path.endsWith(digest(LAYER)) ? "The layer's bytes" : text);

        assertThatThrownBy(() -> make(ofAHost(), Optional.empty())).isInstanceOf(IOException.class).hasMessageContaining("damaged");
    }

    @Test
    void packagesAndImagesAreServedAsTheyAre() throws Exception {
        make(ofAHost(), Optional.empty());
        try (Bundle bundle = Bundle.open(made, Optional.empty()); BundleServer server = BundleServer.start(bundle)) {
            // as the repository names it, and dnf's cache does not
            assertThat(get(server, "/systems/rocky-9-x86_64/repositories/kubernetes/x86_64/kubelet-1.37.2-1.x86_64.rpm", 200))
                    .isEqualTo(RPM);
            String list = get(server, "/v2/k8s/kube-apiserver/manifests/v1.37.2?ns=" + host(), 200);
            assertThat(list).isEqualTo(content.get("/v2/k8s/kube-apiserver/manifests/v1.37.2"));
            assertThat(get(server, "/v2/k8s/kube-apiserver/blobs/" + digest(LAYER) + "?ns=" + host(), 200)).isEqualTo(LAYER);
            get(server, "/v2/k8s/kube-apiserver/manifests/v1.37.2?ns=elsewhere.example", 404);
            get(server, "/bundle.json", 404);
            get(server, "/systems/rocky-9-x86_64/repositories/kubernetes/../../../bundle.json", 404);
        }
    }

    private static String get(BundleServer server, String path, int status) throws Exception {
        HttpResponse<String> answer = HttpClient.newHttpClient().send(
                HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.port() + path)).build(),
                        HttpResponse.BodyHandlers.ofString());
        assertThat(answer.statusCode()).isEqualTo(status);
        return answer.body();
    }
}
