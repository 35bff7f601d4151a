package dev.caravan.ssh;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.testkit.OpenSshServer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** A real OpenSSH server that allows one session in a connection. */
class OneSessionTest {
    @TempDir
    private Path directory;

    @RegisterExtension
    final OpenSshServer server = OpenSshServer.forTest("MaxSessions 1");

    @Test
    void commandsWaitForEachOtherAndEachRunsOnce() throws Exception {
        Path log = directory.resolve("log");
        try (SshSessions sessions = new SshSessions()) {
            Path key = Shell.keygen(directory.resolve("id"), "ed25519", "");
            server.authorize(key);
            SshTarget target = Access.to(server.port()).key(key).loopback();
            List<CompletableFuture<SshResult>> results = new ArrayList<>();
            for (int number = 1; number <= 12; number++) {
                results.add(sessions.execute(target, SshCommand.of("cat >> " + log + "; sleep 0.1; echo done").withStdin(number + "\n"))
                        .toCompletableFuture());
            }
            for (CompletableFuture<SshResult> result : results) {
                assertThat(result.get(60, TimeUnit.SECONDS).stdoutText()).isEqualTo("done\n");
            }
        }
        assertThat(Files.readAllLines(log)).containsExactlyInAnyOrder("1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12");
    }
}
