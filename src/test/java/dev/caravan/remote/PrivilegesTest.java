package dev.caravan.remote;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.spec.Secret;
import dev.caravan.spec.SshAccess;
import dev.caravan.ssh.SshTarget;
import dev.caravan.step.StepFailure;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** The words of sudo 1.9 and of sudo-rs 0.2, in a message. */
class PrivilegesTest {
    private static final Secret PASSWORD = new Secret("correct horse");

    @Test
    void requirettyIsNamedWhetherOrNotThereIsAPassword() {
        for (Optional<Secret> password : java.util.List.of(Optional.<Secret>empty(), Optional.of(PASSWORD))) {
            StepFailure failure = Privileges.refusal(target(), password, "sudo: sorry, you must have a tty to run sudo\n");

            assertThat(failure.getMessage()).contains("ops@192.0.2.11: sudo wants a terminal (requiretty)",
                    "sorry, you must have a tty to run sudo");
            assertThat(failure.getRemedy()).contains("Defaults:ops !requiretty");
        }
    }

    @Test
    void aMissingProgramIsNamed() {
        assertThat(Privileges.refusal(target(), Optional.of(PASSWORD), "sh: 1: exec: script: not found\n").getRemedy())
                .contains("util-linux", "!requiretty");
        assertThat(Privileges.refusal(target(), Optional.of(PASSWORD), "sh: 1: sudo: not found\n").getMessage())
                .contains("there is no sudo on this host");
    }

    @Test
    void sudosOwnWordsAreQuoted() {
        assertThat(Privileges.refusal(target(), Optional.empty(), "sudo: a password is required\n").getMessage())
                .contains("the spec gives none: sudo: a password is required");
        assertThat(Privileges.refusal(target(), Optional.empty(), "sudo-rs: interactive authentication is required\n").getMessage())
                .contains("the spec gives none: sudo-rs: interactive authentication is required");
        StepFailure refused = Privileges.refusal(target(), Optional.of(PASSWORD),
                "ops is not in the sudoers file.\nThis incident will be reported.\n");
        assertThat(refused.getMessage()).contains("refused the password or the account: ops is not in the sudoers file. This incident");
        assertThat(refused.getRemedy()).contains("sudo -l");
    }

    @Test
    void theMessageIsShortAndHasNoPassword() {
        String message = Privileges.refusal(target(), Optional.of(PASSWORD),
                "[sudo: authenticate] Password: correct horse " + "x".repeat(5000)).getMessage();

        assertThat(message).hasSizeLessThan(500).contains("***").doesNotContain("correct horse");
    }

    private static SshTarget target() {
        return new SshTarget("192.0.2.11",
                new SshAccess("ops", 22, Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty(), "known_hosts",
                Optional.empty(), SshAccess.HostKeyCheck.STRICT, false, Optional.empty(), Duration.ofSeconds(10), Duration.ofSeconds(15)));
    }
}
