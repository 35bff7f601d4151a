package dev.caravan.ssh;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Commands over a real OpenSSH server. */
class OpenSshTest {
    @TempDir
    private static Path directory;

    private static OpenSshServer server;
    private static SshSessions sessions;
    private static SshTarget target;

    @BeforeAll
    static void start() throws Exception {
        server = OpenSshServer.start(directory.resolve("server"));
        Path key = Shell.keygen(directory.resolve("id"), "ed25519", "");
        server.authorize(key);
        sessions = new SshSessions();
        target = Access.to(server.port()).key(key).loopback();
    }

    @AfterAll
    static void stop() {
        if (server != null) {
            sessions.close();
            server.close();
        }
    }

    private static SshResult run(SshCommand command) throws Exception {
        return sessions.execute(target, command).toCompletableFuture().get(30, TimeUnit.SECONDS);
    }

    @Test
    void keepsStandardOutputAndErrorApartAndGivesTheExitStatus() throws Exception {
        SshResult result = run(SshCommand.of("cat; echo oops >&2; exit 7").withStdin("hello\n"));

        assertThat(result.stdoutText()).isEqualTo("hello\n");
        assertThat(result.stderrText()).isEqualTo("oops\n");
        assertThat(result.exitStatus()).isEqualTo(7);
    }
}
