package dev.caravan.inbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.caravan.journal.Journal;
import dev.caravan.journal.JournalPlace;
import dev.caravan.journal.RunRecord;
import dev.caravan.testkit.Serving;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two engines in two processes that know nothing of each other but their inbox: this one, and the real command in another. */
class SharedInboxTest {
    private static final Duration LONG = Duration.ofSeconds(60);
    private static final int FILES = 8;
    /** The other engine's runs end at once, but those of one cluster, which go on until it is killed. */
    private static final String WORKFLOW = """
            - route:
                id: run
                from:
                  uri: direct:run
                  steps:
                    - choice:
                        when:
                          - simple: "${variable.cluster.name} == 'held'"
                            steps:
                              - to:
                                  uri: gate:for-good
                                  parameters: {action: await, waitsFor: nobody}
            """;

    @TempDir
    Path directory;

    private Process other;
    private Serving serving;

    @AfterEach
    void stop() {
        if (other != null) {
            other.destroyForcibly();
        }
        if (serving != null) {
            serving.close();
        }
    }

    @Tag("long")
    @Test
    void aFileIsOneEnginesUntilThatEngineIsKilled() throws Exception {
        Path inbox = Files.createDirectories(directory.resolve("inbox"));
        startOther(inbox);
        Path held = drop(inbox, "held.yaml", Serving.spec("held", "192.0.2.1"));
        Path data = directory.resolve("other-data");
        await().atMost(LONG).until(() -> log().contains("of cluster held has begun"));
        serving = Serving.start(directory, Optional.empty());

        List<String> names = new ArrayList<>();
        for (int i = 0; i < FILES; i++) {
            drop(inbox, "shared" + i + ".yaml", Serving.spec("shared" + i, "192.0.2." + (10 + i)));
            names.add("shared" + i);
        }
        await().atMost(LONG).until(() -> {
            serving.engine().runs().underWay().forEach(serving::release);
            return names.stream().allMatch(name -> Files.exists(inbox.resolve(".done/" + name + ".yaml")));
        });

        assertThat(Stream.concat(mine(), runs(data)).map(RunRecord::cluster).toList()).as("each once, by either").contains("held")
                .doesNotHaveDuplicates().containsAll(names);
        // The oldest file comes first: an engine that took another one has seen that this one is not to be had.
        assertThat(mine().map(RunRecord::cluster).toList()).as("by this one").isNotEmpty().doesNotContain("held");
        assertThat(held).exists();

        other.destroyForcibly().waitFor();

        String run = await().atMost(LONG).until(() -> mine().filter(each -> each.cluster().equals("held")).findFirst(), Optional::isPresent)
                .orElseThrow().id();
        serving.release(run);
        await().atMost(LONG).until(() -> Files.exists(inbox.resolve(".done/held.yaml"), LinkOption.NOFOLLOW_LINKS));
        assertThat(inbox.resolve(".done/held.yaml.result.json")).content().contains("\"" + run + "\"");
        assertThat(held).doesNotExist();
    }

    private Stream<RunRecord> mine() {
        return serving.engine().journal().runs(100).stream();
    }

    private String log() throws IOException {
        return Files.readString(directory.resolve("other.log"));
    }

    private static Stream<RunRecord> runs(Path data) {
        try (Journal journal = Journal.open(JournalPlace.in(data))) {
            return journal.runs(100).stream();
        }
    }

    private Path drop(Path inbox, String name, String text) throws IOException {
        return Files.move(Files.writeString(directory.resolve(name), text), inbox.resolve(name));
    }

    private void startOther(Path inbox) throws Exception {
        Path routes = Files.createDirectories(directory.resolve("other-routes"));
        Files.writeString(routes.resolve("run.camel.yaml"), WORKFLOW);
        int port;
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = socket.getLocalPort();
        }
        other = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-Dcaravan.inbox.settle-millis=100", "-cp", System.getProperty("java.class.path"), "dev.caravan.Main", "serve",
                "--port", Integer.toString(port), "--inbox", inbox.toString(), "--data", directory.resolve("other-data").toString(),
                "--routes", routes.toString())
                .redirectErrorStream(true).redirectOutput(directory.resolve("other.log").toFile()).start();
        await().atMost(LONG).until(() -> log().contains("serving on"));
    }
}
