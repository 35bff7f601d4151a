package dev.caravan.remote;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.Programs;
import dev.caravan.spec.Secret;
import dev.caravan.spec.SshAccess;
import dev.caravan.ssh.SshSessions;
import dev.caravan.ssh.SshTarget;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** How an account becomes root follows from what the host's sudo says: that of sudo 1.9, of sudo-rs 0.2.5, and of sudo-rs as sudo. */
class PrivilegesChoiceTest {
    private static final String PASSWORD = "pass word\\";

    @TempDir
    private Path directory;

    @RegisterExtension
    final ShellHosts hosts = ShellHosts.forTest();

    private final SshSessions sessions = new SshSessions();

    @BeforeEach
    void start() throws Exception {
        hosts.start(1, directory);
    }

    @AfterEach
    void stop() {
        sessions.close();
    }

    @ParameterizedTest
    @CsvSource({
        "false, '', SUDO",
        "false, sudo: a password is required, SUDO_WITH_PASSWORD",
        "false, sudo-rs: interactive authentication is required, SUDO_RS_WITH_PASSWORD",
        "false, sudo: interactive authentication is required, SUDO_RS_WITH_PASSWORD",
        "true, '', SUDO_IN_TERMINAL",
        "true, sudo: a password is required, SUDO_WITH_PASSWORD_IN_TERMINAL"})
    void sudosWordsDecide(boolean wantsTerminal, String asksInTheWords, Launcher.Privilege expected) throws Exception {
        sudo(wantsTerminal, asksInTheWords);

        Launcher.Privilege chosen = new Privileges(sessions).of(target()).toCompletableFuture().get(60, TimeUnit.SECONDS);

        assertThat(chosen).isEqualTo(expected);
        assertThat(directory.resolve("h1").resolve("asked")).satisfies(asked -> {
            if (asksInTheWords.isEmpty()) {
                assertThat(asked).as("a password is sent only if sudo asks").doesNotExist();
            } else {
                assertThat(asked).hasContent(PASSWORD);
            }
        });
    }

    /* The stand-in asks with those words, or not at all if there are none. A terminal of the process that runs the tests does not count. */
    private void sudo(boolean wantsTerminal, String words) throws IOException {
        Path bin = Files.createDirectories(directory.resolve("h1").resolve("bin"));
        String ownTerminal = Files.readString(Path.of("/proc/self/stat")).replaceFirst("^.*\\) ", "").split(" ")[4];
        String terminal = wantsTerminal ? """
                terminal=$(sed 's/^.*) //' /proc/$$/stat | cut -d ' ' -f 5)
                case $terminal in 0 | %s) echo 'sudo: sorry, you must have a tty to run sudo' >&2; exit 1 ;; esac
                """.formatted(ownTerminal) : "";
        Programs.script(bin.resolve("sudo"), terminal + """
                words='%s'
                if [ "$1" = -n ]; then
                  if [ -n "$words" ]; then echo "$words" >&2; exit 1; fi
                  shift
                  [ "$1" != -k ] || shift
                  exec "$@"
                fi
                [ "$1 $2 $3 $4" = '-k -S -p ' ] || exit 9
                shift 4
                IFS= read -r password
                printf '%%s\\n' "$password" > "$CARAVAN_ROOT/asked"
                exec "$@"
                """.formatted(words));
    }

    private SshTarget target() {
        return new SshTarget(ShellHosts.ADDRESSES + "1", new SshAccess("ops", hosts.port(), Optional.empty(), Optional.empty(),
                Optional.of(new Secret("any")), Optional.of(new Secret(PASSWORD)), "known_hosts", Optional.empty(),
                SshAccess.HostKeyCheck.OFF, false, Optional.empty(), Duration.ofSeconds(10), Duration.ofSeconds(15)));
    }
}
