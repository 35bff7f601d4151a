package dev.caravan.http;

import static dev.caravan.http.Client.json;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.caravan.access.TokenFile;
import dev.caravan.testkit.Serving;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A real server whose token file changes while it runs. */
class TokenFileTest {
    @TempDir
    static Path directory;

    private static String[] as(String name) {
        return new String[] {"Authorization", "Bearer " + name + "-token-0123456789"};
    }

    private static String line(String name, String role) {
        return name + " " + role + " " + name + "-token-0123456789\n";
    }

    private static void until(Client client, String name, int status) {
        await().atMost(Duration.ofSeconds(60)).until(() -> client.get("/api/v1/caller", as(name)).statusCode() == status);
    }

    @Test
    void aChangedFileHoldsWithoutARestartAndABrokenOneDoesNot() throws Exception {
        Path file = Files.writeString(directory.resolve("tokens"), line("anna", "admin") + line("otto", "operate"));
        try (Serving serving = Serving.start(directory, Serving.freePort(), TokenFile.of(file), Map.of())) {
            Client client = new Client(serving);
            String run = json(client.postSpec("/api/v1/runs", Serving.spec(), as("anna"))).get("id").asText();
            CompletableFuture<String> followed = CompletableFuture.supplyAsync(() -> {
                try {
                    return client.get("/api/v1/runs/" + run + "/events", as("otto")).body();
                } catch (Exception e) {
                    throw new AssertionError(e);
                }
            });
            Files.writeString(file, line("anna", "view") + line("vera", "view"));
            until(client, "vera", 200);
            assertThat(client.get("/api/v1/caller", as("otto")).statusCode()).as("no more").isEqualTo(401);
            assertThat(json(client.get("/api/v1/caller", as("anna"))).get("role").asText()).isEqualTo("view");
            assertThat(followed.get(60, TimeUnit.SECONDS)).as("who is known no more follows nothing").contains("run-queued")
                    .doesNotContain("run-ended");
            Files.writeString(file, "vera owner " + "vera-token-0123456789\n" + line("eva", "admin"));
            Thread.sleep(5_000);
            assertThat(client.get("/api/v1/caller", as("eva")).statusCode()).isEqualTo(401);
            assertThat(client.get("/api/v1/caller", as("vera")).statusCode()).isEqualTo(200);
            Files.delete(file);
            Files.writeString(file, line("eva", "admin"));
            until(client, "eva", 200);
            serving.release(run);
            serving.ended(run);
        }
    }
}
