package dev.caravan.http;

import static dev.caravan.http.Client.json;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.caravan.testkit.Serving;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What clients may rely on when the engine is started again. */
class RestartTest {
    private static final Duration LONG = Duration.ofSeconds(60);
    private static final String RUNS = "/api/v1/runs";

    @TempDir
    Path directory;

    @Test
    void keysStreamsAndLimitsOfSpecsOutliveTheEngine() throws Exception {
        Path allowed = Files.createDirectories(directory.resolve("allowed"));
        Files.writeString(allowed.resolve("sudo"), "sudo-password");
        String spec = Serving.spec();
        String naming = Serving.spec().replace("roles: [control-plane]",
                "roles: [control-plane], ssh: {user: ops, sudoPassword: \"${file:" + allowed.resolve("sudo") + "}\"}");
        String run;
        String confined;
        long seen;
        try (Serving before = Serving.start(directory, Optional.empty(), Map.of("caravan.http.allow", "file:" + allowed))) {
            Client client = new Client(before);
            run = json(client.postSpec(RUNS, spec, "Idempotency-Key", "deploy-1")).get("id").asText();
            HttpResponse<String> begun = client.postSpec(RUNS, naming);
            assertThat(begun.statusCode()).as(begun.body()).isEqualTo(202);
            confined = json(begun).get("id").asText();
            seen = before.engine().journal().events(run, 0).size();
        }
        try (Serving after = Serving.start(directory, Optional.empty())) {
            Client client = new Client(after);
            assertThat(json(client.postSpec(RUNS, spec, "Idempotency-Key", "deploy-1")).get("id").asText()).isEqualTo(run);
            HttpResponse<String> other = client.postSpec(RUNS, Serving.spec(), "Idempotency-Key", "deploy-1");
            assertThat(other.statusCode()).isEqualTo(422);
            assertThat(json(other).get("run").asText()).isEqualTo(run);

            await().atMost(LONG).until(() -> after.engine().runs().underWay().stream().anyMatch(each -> each.id().equals(run)));
            after.release(run);
            after.ended(run);
            HttpResponse<String> stream = client.get(RUNS + "/" + run + "/events", "Last-Event-ID", Long.toString(seen));
            List<Long> ids = stream.body().lines().filter(line -> line.startsWith("id: "))
                    .map(line -> Long.parseLong(line.substring(4))).toList();
            assertThat(ids).isEqualTo(LongStream.rangeClosed(seen + 1, ids.get(ids.size() - 1)).boxed().toList());
            assertThat(stream.body()).contains("\"run-ended\"");

            // Its spec came over HTTP, and the file that it names is not allowed any more.
            assertThat(after.engine().journal().run(confined).orElseThrow().hasEnded()).isFalse();
            assertThat(after.engine().runs().underWay()).noneMatch(each -> each.id().equals(confined));
            HttpResponse<String> retried = client.post(RUNS + "/" + confined + "/retry", "");
            assertThat(retried.statusCode()).isEqualTo(422);
            assertThat(retried.body()).contains("may not name");
        }
    }
}
