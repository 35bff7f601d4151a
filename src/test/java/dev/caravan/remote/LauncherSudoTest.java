package dev.caravan.remote;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.Programs;
import dev.caravan.spec.Secret;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

/** The launcher's requests by way of sudo. */
class LauncherSudoTest extends LauncherOnThisMachine {
    /** A sudo of that kind in front of the others: it writes down how it was called, and hands on to what it is given. */
    private LocalHost withSudo(String body) throws IOException {
        Path bin = Files.createDirectories(directory.resolve("bin"));
        Programs.script(bin.resolve("sudo"), "printf '%s\\n' \"$1\" >> '" + directory.resolve("sudo.calls") + "'\n" + body);
        return new LocalHost(directory, Map.of("PATH", bin + ":" + System.getenv("PATH")));
    }

    @Test
    void sudoWithoutAPasswordIsNeverSentOne() throws Exception {
        host = withSudo("[ \"$1\" = -n ] || exit 9; shift; exec \"$@\"\n");

        LocalHost.Said said = host.execute(Launcher.Privilege.SUDO.launch(),
                Launcher.toLaunch(request(ID, "cat\n", 0, List.of(), "in"), Optional.empty()));

        assertThat(said.log()).isEqualTo("in");
        assertThat(said.report().succeeded()).isTrue();
        assertThat(directory.resolve("sudo.calls")).hasContent("-n");
    }

    @Test
    void sudoGetsItsPasswordAsTheFirstLineAndTheStepTheRest() throws Exception {
        host = withSudo("[ \"$1 $2 $3 $4\" = '-k -S -p ' ] || exit 9; shift 4; IFS= read -r p; [ \"$p\" = 'pass word\\' ] || exit 8; "
                + "exec \"$@\"\n");
        Optional<Secret> password = Optional.of(new Secret("pass word\\"));

        LocalHost.Said said = host.execute(Launcher.Privilege.SUDO_WITH_PASSWORD.launch(),
                Launcher.toLaunch(request(ID, "cat; ps -e -o args\n", 0, List.of(), "in\n"), password));

        assertThat(said.log()).startsWith("in\n").doesNotContain("pass word");
        assertThat(said.report().succeeded()).isTrue();
        byte[] stop = Launcher.toStop(ID, OptionalLong.empty(), password);
        assertThat(host.execute(Launcher.Privilege.SUDO_WITH_PASSWORD.stop(), stop).status()).isZero();
        assertThat(host.execute(Launcher.Privilege.SUDO_WITH_PASSWORD.clear(),
                Launcher.toClear(Optional.empty(), List.of(ID), password)).status()).isZero();
        assertThat(host.base()).doesNotExist();
    }

    /** The terminal is the real script's; sudo's part is to open its controlling terminal, as requiretty has it do. */
    @Test
    void sudoThatWantsATerminalGetsOneAndTheStepItsBytes() throws Exception {
        String requiretty = "(: < /dev/tty) 2>/dev/null || { echo 'sudo: sorry, you must have a tty to run sudo' >&2; exit 1; }\n";
        host = withSudo(requiretty + "if [ \"$1\" = -n ]; then shift; [ \"$1\" != -k ] || shift; exec \"$@\"; fi\n"
                + "[ \"$1 $2 $3 $4\" = '-k -S -p ' ] || exit 9; shift 4; IFS= read -r p; [ \"$p\" = 'pass word\\' ] || exit 8; "
                + "exec \"$@\"\n");
        Optional<Secret> password = Optional.of(new Secret("pass word\\"));

        assertThat(host.execute("setsid -w " + Launcher.Privilege.SUDO.probe(), new byte[0]).status()).isEqualTo(1);
        assertThat(host.execute("setsid -w " + Launcher.Privilege.SUDO_IN_TERMINAL.probe(), new byte[0]).status()).isZero();
        String bytes = "a\rb\u0003\u0004\u001a\tc\n" + "long ".repeat(2000) + "\n";
        for (Launcher.Privilege privilege : List.of(Launcher.Privilege.SUDO_IN_TERMINAL,
                Launcher.Privilege.SUDO_WITH_PASSWORD_IN_TERMINAL)) {
            Optional<Secret> sent = privilege.takesPassword() ? password : Optional.empty();
            String id = privilege.takesPassword() ? ID + "2" : ID;

            LocalHost.Said said = host.execute("setsid -w " + privilege.launch(),
                    Launcher.toLaunch(request(id, "cat; exit 3\n", 0, List.of(), bytes), sent));

            assertThat(said.log()).isEqualTo(bytes);
            assertThat(said.report().exitStatus()).hasValue(3);
            assertThat(host.execute("setsid -w " + privilege.clear(),
                    Launcher.toClear(Optional.empty(), List.of(id), sent)).status()).isZero();
        }
        assertThat(host.base()).doesNotExist();
    }

    /** As sudo-rs 0.2.5 does: what it read beyond the password is lost. */
    @Test
    void sudoThatReadsMoreThanThePasswordGetsNoMore() throws Exception {
        host = withSudo("[ \"$1 $2 $3 $4\" = '-k -S -p ' ] || exit 9; shift 4; p=$(dd bs=8192 count=1 2>/dev/null | head -n 1); "
                + "[ \"$p\" = 'pass word\\' ] || exit 8; exec \"$@\"\n");
        Optional<Secret> password = Optional.of(new Secret("pass word\\"));
        Launcher.Privilege privilege = Launcher.Privilege.SUDO_RS_WITH_PASSWORD;
        String bytes = "a\rb\u0000" + "long ".repeat(20_000) + "\n";

        LocalHost.Said said = host.execute(privilege.launch(),
                Launcher.toLaunch(request(ID, "cat; ps -e -o args; exit 3\n", 0, List.of(), bytes), password));

        assertThat(said.log()).startsWith(bytes).doesNotContain("pass word");
        assertThat(said.report().exitStatus()).hasValue(3);
        assertThat(host.execute(privilege.clear(),
                Launcher.toClear(Optional.empty(), List.of(ID), password)).status()).isZero();
        assertThat(host.execute(privilege.probe(), "pass word\\\n".getBytes(StandardCharsets.UTF_8)).status()).isZero();
        assertThat(host.execute(privilege.probe(), "wrong\n".getBytes(StandardCharsets.UTF_8)).status()).isEqualTo(8);
        assertThat(host.execute(privilege.probe(), new byte[0]).status()).isEqualTo(1);
    }

    @Test
    void aWrongSudoPasswordStartsNothing() throws Exception {
        host = withSudo("shift 4; IFS= read -r p; echo 'sudo: 1 incorrect password attempt' >&2; exit 1\n");

        LocalHost.Said said = host.execute(Launcher.Privilege.SUDO_WITH_PASSWORD.launch(),
                Launcher.toLaunch(request(":\n"), Optional.of(new Secret("wrong"))));

        assertThat(said.status()).isEqualTo(1);
        assertThat(Report.parse(said.stderr())).isEmpty();
        assertThat(host.base()).doesNotExist();
    }
}
