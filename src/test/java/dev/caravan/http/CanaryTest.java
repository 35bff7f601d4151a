package dev.caravan.http;

import static dev.caravan.http.Client.json;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.encoder.PatternLayoutEncoder;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.FileAppender;
import dev.caravan.history.RunState;
import dev.caravan.packages.Family;
import dev.caravan.rehearsal.Rehearsal;
import dev.caravan.run.Run;
import dev.caravan.spec.Secret;
import dev.caravan.spec.SpecReader;
import dev.caravan.testkit.Serving;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

/**
 * Rehearsal: secrets of every kind are planted, those that the run mints are taken down, and then they are looked for everywhere: the log
 * at TRACE, all that is on the engine's disk and on the hosts', every answer, and the command lines and environments of all processes
 * meanwhile.
 */
class CanaryTest {
    private static final Duration LONG = Duration.ofSeconds(300);
    private static final int LOOKS = 4;
    private static final String BEARER = "canary-bearer-token-8271";
    private static final String IN_FILE = "canary-of-a-file-1828";
    private static final String SPEC = """
            apiVersion: caravan/v1
            kind: Cluster
            metadata: {name: demo}
            spec:
              kubernetes: {version: 1.20.2, controlPlaneEndpoint: "192.0.2.11:6443"}
              packages: {kubernetes: {gpgKeys: ["https://ops:canary-of-url-6644@mirror.example.com/canary.gpg?token=canary-of-query-7733"]}}
              ssh: {user: ops, passphrase: canary-passphrase-4590, sudoPassword: "canary-\\"sudo\\"-5141"}
              hosts:
                - {name: h1, address: 192.0.2.11, roles: [control-plane]}
                - {name: h2, address: 192.0.2.12, roles: [control-plane], ssh: {sudoPassword: "${file:FILE}"}}
            """;

    /** Those are in the hosts' own files and in the environment of their scripts, which is theirs alone, except for all to see nowhere. */
    private static final List<String> IN_URLS = List.of("canary-of-url-6644", "canary-of-query-7733");

    private final Set<String> canaries = ConcurrentHashMap.newKeySet();
    private final Set<String> kept = ConcurrentHashMap.newKeySet();
    private final Set<String> found = ConcurrentHashMap.newKeySet();
    private final Map<Path, Integer> lookedAt = new ConcurrentHashMap<>();
    private final ScheduledExecutorService looking = Executors.newSingleThreadScheduledExecutor();
    private final Logger root = (Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
    private final FileAppender<ILoggingEvent> log = new FileAppender<>();
    private Path scratch;
    private Level usual;

    @BeforeEach
    void plant() throws Exception {
        scratch = Files.createTempDirectory("caravan-canaries").toRealPath();
        Files.writeString(Files.createDirectories(scratch.resolve("allowed")).resolve("sudo"), IN_FILE + "\n");
        canaries.addAll(List.of(BEARER, IN_FILE, "canary-passphrase-4590", "canary-\"sudo\"-5141", "canary-\\\"sudo\\\"-5141"));
        LoggerContext context = (LoggerContext) LoggerFactory.getILoggerFactory();
        PatternLayoutEncoder encoder = new PatternLayoutEncoder();
        encoder.setContext(context);
        encoder.setPattern("%level %logger %msg%n%ex");
        encoder.start();
        log.setContext(context);
        log.setFile(scratch.resolve("caravan.log").toString());
        log.setEncoder(encoder);
        log.setImmediateFlush(false);
        log.start();
        usual = root.getLevel();
        root.addAppender(log);
        root.iteratorForAppenders().forEachRemaining(other -> {
            if (other != log) {
                other.addFilter(new Quiet());
            }
        });
        root.setLevel(Level.TRACE);
    }

    @AfterEach
    void delete() throws Exception {
        looking.shutdownNow();
        root.setLevel(usual);
        root.detachAppender(log);
        root.iteratorForAppenders().forEachRemaining(other -> other.clearAllFilters());
        log.stop();
        Rehearsal.delete(scratch);
    }

    /** The console stays as it is. */
    private static final class Quiet extends ch.qos.logback.core.filter.Filter<ILoggingEvent> {
        @Override
        public ch.qos.logback.core.spi.FilterReply decide(ILoggingEvent event) {
            return event.getLevel().isGreaterOrEqual(Level.WARN)
                    ? ch.qos.logback.core.spi.FilterReply.NEUTRAL
                    : ch.qos.logback.core.spi.FilterReply.DENY;
        }
    }

    @Test
    void secretsAreFoundNowhere() throws Exception {
        String spec = SPEC.replace("FILE", scratch.resolve("allowed").resolve("sudo").toString());
        List<String> answers = new ArrayList<>();
        try (Rehearsal rehearsal =
                Rehearsal.start(SpecReader.read(spec, "test"), List.of(), scratch.resolve("hosts"),
                        Rehearsal.Options.usual().withFamily(Family.APT).withPace(0));
                Serving serving = Serving.rehearse(scratch, rehearsal, Optional.of(new Secret(BEARER)),
                        Map.of("caravan.http.allow", "file:" + scratch.resolve("allowed")))) {
            looking.scheduleWithFixedDelay(this::lookAtProcesses, 0, 25, TimeUnit.MILLISECONDS);
            Client client = new Client(serving);
            HttpResponse<String> begun = client.postSpec("/api/v1/runs", spec, "Authorization", "Bearer " + BEARER, "Idempotency-Key",
                    "canaries");
            assertThat(begun.statusCode()).as(begun.body()).isEqualTo(202);
            String id = json(begun).get("id").asText();
            Run run = serving.underWay(id);
            answers.add(client.get("/api/v1/runs/" + id + "/events", "Authorization", "Bearer " + BEARER).body());
            // Its kubeconfig is a secret as well, but one that is there to be kept in files.
            run.secrets().stream().map(Secret::reveal).filter(secret -> !secret.startsWith("apiVersion:") && !IN_URLS.contains(secret))
                    .forEach(canaries::add);
            run.secrets().stream().map(Secret::reveal).flatMap(String::lines).filter(line -> line.contains("client-key-data:"))
                    .map(String::strip).forEach(kept::add);
            assertThat(serving.ended(id).state()).as(answers.get(0)).isEqualTo(RunState.SUCCEEDED);
            assertThat(canaries).as("the join token and the certificate key")
                    .anyMatch(secret -> secret.matches("[a-z0-9]{6}\\.[a-z0-9]{16}")).anyMatch(secret -> secret.matches("[0-9a-f]{64}"));

            for (String path : List.of("/", "/api/v1/runs", "/api/v1/runs/" + id, "/api/v1/runs/" + id + "/logs", "/api/v1/openapi.json",
                    "/observe/health", "/observe/metrics", "/api/v1/none")) {
                answers.add(client.get(path, "Authorization", "Bearer " + BEARER).body());
            }
            answers.add(client.get("/api/v1/runs", "Authorization", "Basic " + BEARER).body());
            answers.add(client.postSpec("/api/v1/runs", spec.replace("user: ops", "usr: ops"), "Authorization", "Bearer " + BEARER).body());
            answers.add(client.postSpec("/api/v1/runs", spec.replace("{user: ops", "{password: [canary-passphrase-4590], user: ops"),
                    "Authorization", "Bearer " + BEARER).body());

            Path dropped = Files.writeString(scratch.resolve("dropped.yaml"), spec.replace("user: ops", "usr: ops"));
            Files.move(dropped, serving.inbox().resolve("dropped.yaml"), StandardCopyOption.ATOMIC_MOVE);
            Path failed = serving.inbox().resolve(".failed").resolve("dropped.yaml");
            // It is moved after its result was written.
            await().atMost(LONG).until(() -> Files.exists(failed));
            Files.delete(failed);
            looking.submit(() -> { }).get();
        }
        looking.shutdownNow();
        log.stop();
        int files = lookAtFiles(scratch.resolve("hosts")) + lookAtFiles(scratch.resolve("data").resolve("clusters"));
        // Nothing of the kubeconfig either where nobody looks for it.
        assertThat(kept).isNotEmpty();
        canaries.addAll(kept);
        canaries.addAll(IN_URLS);
        answers.forEach(answer -> look("an answer: " + answer.lines().findFirst().orElse(""), answer));
        Rehearsal.delete(scratch.resolve("hosts"));
        Rehearsal.delete(scratch.resolve("data").resolve("clusters"));
        Files.delete(scratch.resolve("allowed").resolve("sudo"));
        assertThat(Files.size(scratch.resolve("caravan.log"))).as("the log at TRACE").isGreaterThan(1_000_000);
        assertThat(files + lookAtFiles(scratch)).isGreaterThan(100);
        assertThat(new TreeSet<>(found)).isEmpty();
    }

    private void look(String where, String text) {
        canaries.stream().filter(text::contains)
                .forEach(canary -> found.add(where + ": " + canary.substring(0, Math.min(20, canary.length()))));
    }

    private int lookAtFiles(Path directory) throws IOException {
        try (Stream<Path> files = Files.walk(directory)) {
            List<Path> all = files.filter(file -> Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)).toList();
            for (Path file : all) {
                look(scratch.relativize(file).toString(), Files.readString(file, StandardCharsets.ISO_8859_1));
            }
            return all.size();
        }
    }

    private void lookAtProcesses() {
        try (Stream<Path> processes = Files.list(Path.of("/proc"))) {
            // Each when it is new, and again, as it may then run another program.
            processes.filter(process -> process.getFileName().toString().matches("\\d+")
                    && lookedAt.merge(process, 1, Integer::sum) <= LOOKS).forEach(process -> {
                for (String file : List.of("cmdline", "environ")) {
                    try {
                        String text = Files.readString(process.resolve(file), StandardCharsets.ISO_8859_1);
                        look("/proc/" + file, text);
                        IN_URLS.stream().filter(canary -> file.equals("cmdline") && text.contains(canary))
                                .forEach(canary -> found.add("a command line: " + text));
                    } catch (IOException e) {
                        continue; // it has ended, or is another user's
                    }
                }
            });
        } catch (IOException e) {
            found.add("/proc could not be looked at: " + e.getMessage());
        }
    }
}
