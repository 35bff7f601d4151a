package dev.caravan.ssh;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.IThrowableProxy;
import ch.qos.logback.core.AppenderBase;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import org.apache.sshd.common.config.keys.KeyUtils;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

/** What is secret turns up in no log line, whatever goes well or wrong. */
class SecretsTest {
    private static final String CANARY = "canary-7f3a";

    @TempDir
    private Path directory;

    @RegisterExtension
    final EmbeddedServer server = EmbeddedServer.forTest();

    private static final class Lines extends AppenderBase<ILoggingEvent> {
        private final Queue<String> all = new ConcurrentLinkedQueue<>();

        @Override
        protected void append(ILoggingEvent event) {
            all.add(event.getFormattedMessage());
            for (IThrowableProxy each = event.getThrowableProxy(); each != null; each = each.getCause()) {
                all.add(String.valueOf(each.getMessage()));
            }
        }
    }

    @Test
    void noLogAtDebugLevelHoldsACommandItsInputItsOutputOrACredential() throws Exception {
        Logger ours = (Logger) LoggerFactory.getLogger("dev.caravan.ssh");
        Logger mina = (Logger) LoggerFactory.getLogger("org.apache.sshd");
        Lines lines = new Lines();
        lines.start();
        for (Logger logger : new Logger[] {ours, mina}) {
            logger.addAppender(lines);
            logger.setLevel(Level.DEBUG);
            logger.setAdditive(false);
        }
        try (SshSessions sessions = new SshSessions()) {
            server.mina().setCommandFactory((channel, command) -> {
                throw new IllegalStateException("no command is run here");
            });
            // The server's own log would tell what the client's must not.
            ((Logger) LoggerFactory.getLogger("org.apache.sshd.server")).setLevel(Level.OFF);
            server.accept((user, password, session) -> password.contains("right"));
            Path key = Shell.keygen(directory.resolve("id"), "ecdsa", CANARY);
            server.acceptKey(KeyUtils.generateKeyPair("ecdsa-sha2-nistp256", 256).getPublic());

            for (Access each : new Access[] {
                server.access().password(CANARY + "-right"),
                server.access().password(CANARY + "-wrong"),
                server.access().key(key).passphrase(CANARY).password(CANARY + "-wrong"),
                server.access().key(key).passphrase(CANARY + "-wrong")
            }) {
                SshException failure = Failing.with(sessions.execute(each.loopback(),
                        SshCommand.of("echo " + CANARY).withStdin(CANARY).withTimeout(Duration.ofSeconds(20)))
                        .toCompletableFuture());
                for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
                    assertThat(String.valueOf(cause.getMessage())).doesNotContain(CANARY);
                }
            }
        } finally {
            for (Logger logger : new Logger[] {ours, mina}) {
                logger.detachAppender(lines);
                logger.setLevel(null);
                logger.setAdditive(true);
            }
            ((Logger) LoggerFactory.getLogger("org.apache.sshd.server")).setLevel(null);
        }
        assertThat(lines.all).hasSizeGreaterThan(50).noneMatch(line -> line.contains(CANARY));
    }

    @Test
    void theOutputOfACommandIsInNoLogEither() throws Exception {
        Logger root = (Logger) LoggerFactory.getLogger("org.apache.sshd.client");
        Lines lines = new Lines();
        lines.start();
        root.addAppender(lines);
        root.setLevel(Level.DEBUG);
        root.setAdditive(false);
        try (SshSessions sessions = new SshSessions()) {
            assertThat(sessions.execute(server.target(), SshCommand.of("cat; echo " + CANARY + " >&2; exit 1")
                    .withStdin(CANARY)).toCompletableFuture().get(20, TimeUnit.SECONDS).stdoutText())
                    .isEqualTo(CANARY);
        } finally {
            root.detachAppender(lines);
            root.setLevel(null);
            root.setAdditive(true);
        }
        assertThat(lines.all).hasSizeGreaterThan(20).noneMatch(line -> line.contains(CANARY));
    }
}
