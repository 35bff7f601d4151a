package dev.caravan.ssh;

import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** A pool of connections for each test, over an embedded server. */
abstract class PoolOverEmbeddedServer {
    @TempDir
    Path directory;

    @RegisterExtension
    final EmbeddedServer server = EmbeddedServer.forTest();

    SshSessions sessions;

    @BeforeEach
    void start() throws Exception {
        sessions = new SshSessions();
    }

    @AfterEach
    void stop() throws Exception {
        sessions.close();
    }

    CompletableFuture<SshResult> begin(SshCommand command) {
        return sessions.execute(server.target(), command).toCompletableFuture();
    }

    SshResult run(SshCommand command) throws Exception {
        return begin(command).get(30, TimeUnit.SECONDS);
    }
}
