package dev.caravan.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.net.httpserver.HttpServer;
import dev.caravan.remote.ScriptedHosts;
import dev.caravan.remote.ScriptedHosts.Call;
import dev.caravan.remote.ScriptedHosts.Reply;
import dev.caravan.testkit.Serving;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/**
 * The guide's examples, all in the routes directory of one service, as they stand in {@code examples/}: only pauses are shorter, and
 * the workflow around the steps is. The chat is a real HTTP server, the repository and the Kafka broker real ones.
 */
class ExamplesTest {
    private static final String TOPIC = "clusters";
    private static final List<String> EXAMPLES = List.of("patient-packages", "own-network", "chat-message", "specs-from-git",
            "specs-from-kafka");
    private static final String WORKFLOW = """
            - route:
                id: apply
                note: |
                  title: The workflow of a test
                  changesHosts: true
                routeConfigurationId: workflow-errors
                from:
                  uri: direct:apply
                  steps:
                    - split:
                        method: {ref: hosts, method: all}
                        stopOnException: true
                        steps:
                          - bean: {ref: hosts, method: enter}
                          - to: direct:runtime-install
                    - to: direct:network
            """;
    private static final String LOCK = "E: Could not get lock /var/lib/dpkg/lock-frontend. It is held by process 2226";

    @TempDir
    private static Path directory;
    private static final List<String> CHAT = new CopyOnWriteArrayList<>();
    @RegisterExtension
    static final ScriptedHosts hosts = ScriptedHosts.forAll(5);

    private static HttpServer chat;
    private static KafkaBroker kafka;
    private static Serving serving;

    @BeforeAll
    static void start() throws Exception {
        hosts.script(ExamplesTest::answer);
        chat = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        chat.createContext("/hooks/secret", exchange -> {
            CHAT.add(exchange.getRequestHeaders().getFirst("Content-Type") + " "
                    + new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
            exchange.sendResponseHeaders(200, -1);
            exchange.close();
        });
        chat.start();
        kafka = KafkaBroker.start(directory.resolve("kafka"));
        kafka.createTopic(TOPIC);
        Path routes = directory.resolve("routes");
        for (String example : EXAMPLES) {
            copy(Path.of("examples", example, "routes"), routes);
        }
        Files.writeString(Files.createDirectories(routes.resolve("actions")).resolve("apply.camel.yaml"), WORKFLOW);
        Path checkout = Files.createDirectories(directory.resolve("checkout"));
        if (hasGit()) {
            git(directory, "init", "--quiet", "--bare", "clusters.git");
            git(directory, "clone", "--quiet", "clusters.git", "author");
            Files.writeString(directory.resolve("author/README"), "specs\n");
            push("begin");
            git(directory, "clone", "--quiet", "clusters.git", "checkout");
        }
        Map<String, String> settings = new HashMap<>(Engines.impatient(1));
        settings.putAll(Map.of("chat.pause-millis", "1", "patient.pause-millis", "1", "runs.pause-millis", "1"));
        settings.putAll(Map.of(
                "chat.url", "http://127.0.0.1:" + chat.getAddress().getPort() + "/hooks/secret",
                "own-network.manifest", Path.of("examples/own-network/own-network.yaml").toAbsolutePath().toString(),
                "specs.checkout", checkout.toString(), "specs.pull-every", "300", "specs.look-every", "100",
                "specs.topic", TOPIC, "camel.component.kafka.brokers", kafka.address()));
        serving = Serving.start(directory, routes, settings);
    }

    @AfterAll
    static void stop() throws Exception {
        if (serving != null) {
            serving.close();
        }
        if (kafka != null) {
            kafka.close();
        }
        chat.stop(0);
    }

    /** h2's runtime cannot be installed; h3's package manager is held for long. */
    private static CompletableFuture<Reply> answer(Call call) {
        if (call.is("h2", "runtime-install")) {
            return CompletableFuture.completedFuture(Reply.failed("no such package"));
        }
        return CompletableFuture.completedFuture(call.is("h3", "runtime-install") && call.attempt() <= 30
                ? Reply.failed(LOCK)
                : Reply.ok());
    }

    private static void copy(Path from, Path to) throws IOException {
        try (Stream<Path> files = Files.walk(from)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                Path target = to.resolve(from.relativize(file).toString());
                Files.createDirectories(target.getParent());
                Files.copy(file, target);
            }
        }
    }

    private static String spec(String cluster, int host) {
        return """
                apiVersion: caravan/v1
                kind: Cluster
                metadata: {name: %s}
                spec:
                  kubernetes: {version: 1.20.2}
                  network: {cni: none}
                  ssh: {user: root, port: %d, password: correct horse, hostKeyCheck: "off"}
                  onFailure: keep
                  hosts:
                    - {name: h%d, address: %s%d, roles: [control-plane]}
                """.formatted(cluster, hosts.port(), host, ScriptedHosts.ADDRESSES, host);
    }

    private static void drop(String cluster, int host) throws IOException {
        Path spec = Files.writeString(directory.resolve(cluster + ".yaml"), spec(cluster, host));
        Files.move(spec, serving.inbox().resolve(cluster + ".yaml"), StandardCopyOption.ATOMIC_MOVE);
    }

    private static String told(String cluster) {
        await().atMost(Duration.ofSeconds(60)).until(() -> CHAT.stream().anyMatch(line -> line.contains(" of " + cluster + " ")));
        return CHAT.stream().filter(line -> line.contains(" of " + cluster + " ")).findFirst().orElseThrow();
    }

    // ---- git

    private static boolean hasGit() {
        try {
            return git(directory, "--version") == 0;
        } catch (IOException | InterruptedException e) {
            return false;
        }
    }

    private static int git(Path in, String... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of("git", "-c", "user.name=test", "-c", "user.email=test@example.com"));
        command.addAll(List.of(arguments));
        Process process = new ProcessBuilder(command).directory(in.toFile()).redirectErrorStream(true)
                .redirectOutput(directory.resolve("git.log").toFile()).start();
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        return process.exitValue();
    }

    private static void push(String message) throws IOException, InterruptedException {
        Path author = directory.resolve("author");
        git(author, "add", "--all");
        git(author, "commit", "--quiet", "--message", message);
        assertThat(git(author, "push", "--quiet", "origin", "HEAD")).as(Files.readString(directory.resolve("git.log"))).isZero();
    }

    // ---- tests

    @Test
    void chatMessageTellsHowARunEnded() throws Exception {
        drop("goes-well", 1);
        assertThat(told("goes-well")).matches("application/json \\{\"text\": \"apply of goes-well succeeded \\(run [0-9a-f]{8}\\)\"}");
        drop("goes-badly", 2);
        assertThat(told("goes-badly")).contains("apply of goes-badly failed");
        Path result = serving.inbox().resolve(".failed/goes-badly.yaml.result.json");
        await().atMost(Duration.ofSeconds(60)).until(() -> Files.exists(result));
        assertThat(Files.readString(result)).contains("no such package");
    }

    @Test
    void patientPackagesWaitsOutALockForLongerThanTheBuiltInRoute() throws Exception {
        drop("held", 3);
        assertThat(told("held")).contains("succeeded");
        assertThat(hosts.calls().stream().filter(call -> call.is("h3", "runtime-install"))).hasSize(31);
    }

    @Test
    void ownNetworkGivesItsManifestToItsScript() throws Exception {
        drop("networked", 4);
        assertThat(told("networked")).contains("succeeded");
        Call network = hosts.calls().stream().filter(call -> call.is("h4", "network")).findFirst().orElseThrow();
        assertThat(network.stdin()).isEqualTo(Files.readString(Path.of("examples/own-network/own-network.yaml")));
        assertThat(network.script()).isEqualTo(Files.readString(Path.of("examples/own-network/routes/scripts/own-network.sh")));
    }

    @Test
    void specsFromGitAppliesWhatIsPushed() throws Exception {
        assumeTrue(hasGit(), "git is needed");
        Files.writeString(directory.resolve("author/from-git.yaml"), spec("from-git", 5));
        push("a cluster");
        assertThat(told("from-git")).contains("succeeded");
    }

    @Test
    void specsFromKafkaAppliesARecord() throws Exception {
        kafka.send(TOPIC, "../../key", spec("from-kafka", 1));
        assertThat(told("from-kafka")).contains("succeeded");
        // the file is moved once the run has ended
        await().untilAsserted(() -> assertThat(serving.inbox().resolve(".done/kafka-0-0.yaml")).exists());
    }
}
