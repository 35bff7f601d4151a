package dev.caravan.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.caravan.testkit.Serving;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Who kills a process that does not say it is alive must not kill one that is only busy. */
class LivenessTest {
    /** As many requests as Vert.x has threads that may wait. */
    private static final int THREADS = 20;
    private static final String WAITING = """
            - route:
                id: waiting
                from:
                  uri: platform-http:/waiting
                  steps:
                    - to: "file:DIRECTORY/arrived?fileName=$simple{exchangeId}"
                    - pollEnrich:
                        constant: "file:DIRECTORY/go?noop=true&idempotent=false"
                        timeout: 120000
            """;

    @TempDir
    private Path directory;

    @Test
    void requestsThatWaitDoNotHoldUpTheAnswerThatTheProcessIsAlive() throws Exception {
        Path routes = Files.createDirectories(directory.resolve("routes"));
        Files.writeString(routes.resolve("waiting.camel.yaml"), WAITING.replace("DIRECTORY", directory.toString()));
        Path arrived = Files.createDirectories(directory.resolve("arrived"));
        try (Serving serving = Serving.start(directory, routes, Map.of())) {
            Client client = new Client(serving);
            List<CompletableFuture<HttpResponse<String>>> waiting = new ArrayList<>();
            for (int request = 0; request < THREADS; request++) {
                waiting.add(ask(client, serving, "/waiting"));
            }
            await().atMost(Duration.ofSeconds(60)).until(() -> arrived.toFile().list().length == THREADS);
            CompletableFuture<HttpResponse<String>> other = ask(client, serving, "/api/v1/actions");

            assertThat(client.get("/observe/health/live").statusCode()).isEqualTo(200);
            assertThat(other).as("all threads are taken").isNotDone();
            assertThat(waiting).noneMatch(CompletableFuture::isDone);

            Files.createFile(Files.createDirectories(directory.resolve("go")).resolve("file"));
            assertThat(other.get(2, TimeUnit.MINUTES).statusCode()).isEqualTo(200);
        }
    }

    private static CompletableFuture<HttpResponse<String>> ask(Client client, Serving serving, String path) {
        return client.http().sendAsync(HttpRequest.newBuilder(serving.uri(path)).build(), BodyHandlers.ofString());
    }
}
