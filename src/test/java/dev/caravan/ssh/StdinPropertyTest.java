package dev.caravan.ssh;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.data.Trees;
import dev.caravan.testkit.OpenSshServer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.lifecycle.AddLifecycleHook;
import net.jqwik.api.lifecycle.AfterContainer;
import net.jqwik.api.lifecycle.BeforeContainer;
import net.jqwik.api.lifecycle.LifecycleContext;
import net.jqwik.api.lifecycle.SkipExecutionHook;

/** Whatever goes in over standard input comes back unchanged, through a real OpenSSH server. */
@AddLifecycleHook(StdinPropertyTest.OnlyWithSshd.class)
class StdinPropertyTest {
    /** jqwik takes an assumption that does not hold before a container for an error. */
    static final class OnlyWithSshd implements SkipExecutionHook {
        @Override
        public SkipResult shouldBeSkipped(LifecycleContext context) {
            return OpenSshServer.isInstalled() ? SkipResult.doNotSkip() : SkipResult.skip(OpenSshServer.MISSING);
        }
    }

    private static Path directory;
    private static final OpenSshServer server = OpenSshServer.forClass();
    private static SshSessions sessions;
    private static SshTarget target;

    @BeforeContainer
    static void start() throws Exception {
        directory = Files.createTempDirectory("caravan-ssh");
        Path key = Shell.keygen(directory.resolve("id"), "ed25519", "");
        server.authorize(key);
        sessions = new SshSessions();
        target = Access.to(server.port()).key(key).loopback();
    }

    @AfterContainer
    static void stop() throws IOException {
        if (sessions != null) {
            sessions.close();
        }
        server.close();
        Trees.delete(directory);
    }

    private static byte[] throughCat(byte[] bytes) throws Exception {
        return sessions.execute(target, SshCommand.of("cat").withStdin(bytes))
                .toCompletableFuture().get(30, TimeUnit.SECONDS).stdout();
    }

    @Property(tries = 60)
    void anyBytes(@ForAll byte[] bytes) throws Exception {
        assertThat(throughCat(bytes)).isEqualTo(bytes);
    }

    @Property(tries = 60)
    void anyText(@ForAll("texts") String text) throws Exception {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);

        assertThat(throughCat(bytes)).isEqualTo(bytes);
    }

    @Provide
    Arbitrary<String> texts() {
        List<String> traps = List.of(
                ";", "$(id)", "`id`", "'", "\"", "\\", "\n", "\r\n", "\u0000", "-n", "--", "$HOME", "%s", "{{x}}",
                "${body}", "\u0004", "é", "\uD83D\uDE80", " ", "\t", "EOF");
        return Arbitraries.oneOf(Arbitraries.of(traps), Arbitraries.strings().ofMaxLength(5))
                .list().ofMaxSize(20)
                .map(parts -> String.join("", parts));
    }
}
