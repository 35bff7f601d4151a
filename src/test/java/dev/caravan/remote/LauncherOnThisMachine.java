package dev.caravan.remote;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** What the launcher says to a host, said to a real shell. */
abstract class LauncherOnThisMachine {
    static final String ID = "7f3a-1";

    @TempDir
    Path directory;
    LocalHost host;

    @BeforeEach
    void boot() {
        host = new LocalHost(directory);
    }

    static HostOrder.Launch request(String script) {
        return request(ID, script, 0, List.of(), "");
    }

    static HostOrder.Launch request(String id, String script, long known, List<String> done, String stdin) {
        return new HostOrder.Launch(id, "greet", known, done, Map.of("CARAVAN_STEP", "greet"), script, Map.of(),
                stdin.getBytes(StandardCharsets.UTF_8), 60_000);
    }

    /** A script that writes its log's first line and goes on when the test lets it. */
    String waitingScript() {
        return "echo one >> '" + directory.resolve("runs") + "'; echo first; until [ -e '" + directory.resolve("go")
                + "' ]; do sleep 0.02; done; echo second\n";
    }

    void release() throws IOException {
        Files.createFile(directory.resolve("go"));
    }

    void awaitLog(String text) {
        await().atMost(Duration.ofSeconds(30)).untilAsserted(() -> assertThat(host.directory(ID).resolve("log")).content().contains(text));
    }

    static LocalHost.Said get(CompletableFuture<LocalHost.Said> said) throws Exception {
        return said.get(30, TimeUnit.SECONDS);
    }
}
