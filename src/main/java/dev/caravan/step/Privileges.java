package dev.caravan.step;

import dev.caravan.spec.Secret;
import dev.caravan.ssh.SshCommand;
import dev.caravan.ssh.SshException;
import dev.caravan.ssh.SshSessions;
import dev.caravan.ssh.SshTarget;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;

/**
 * How an account becomes root on a host, tried once for each: not at all for root, else sudo without or with a password. A
 * password is only ever sent where sudo was seen to ask for it, because sudo that does not ask would hand it on to the
 * command. Thread-safe.
 */
final class Privileges {
    private static final Duration LIMIT = Duration.ofSeconds(60);

    private final SshSessions sessions;
    private final Map<SshTarget, CompletableFuture<Launcher.Privilege>> known = new ConcurrentHashMap<>();

    Privileges(SshSessions sessions) {
        this.sessions = sessions;
    }

    /** What has to stand before a command for that account. */
    CompletionStage<Launcher.Privilege> of(SshTarget target) {
        if (target.access().user().equals("root")) {
            return CompletableFuture.completedFuture(Launcher.Privilege.ROOT);
        }
        CompletableFuture<Launcher.Privilege> mine = known.computeIfAbsent(target, this::probe);
        mine.whenComplete((privilege, failure) -> {
            if (failure != null) {
                known.remove(target, mine);
            }
        });
        return mine;
    }

    /** What to send first, for a privilege that wants it. */
    Optional<Secret> password(SshTarget target, Launcher.Privilege privilege) {
        return privilege == Launcher.Privilege.SUDO_WITH_PASSWORD ? target.access().sudoPassword() : Optional.empty();
    }

    private CompletableFuture<Launcher.Privilege> probe(SshTarget target) {
        return execute(target, "sudo -n -k true", new byte[0])
                .thenCompose(without -> {
                    if (without == 0) {
                        return CompletableFuture.completedFuture(Launcher.Privilege.SUDO);
                    }
                    Optional<Secret> password = target.access().sudoPassword();
                    if (password.isEmpty()) {
                        return CompletableFuture.<Launcher.Privilege>failedFuture(refused(target, "sudo asks for a password, and the spec gives none",
                                "Set ssh.sudoPassword, for instance \"${env:SUDO_PASSWORD}\", or let the account use sudo without a password."));
                    }
                    return execute(target, "sudo -k -S -p \"\" true", (password.get().reveal() + "\n").getBytes(StandardCharsets.UTF_8))
                            .thenCompose(with -> with == 0
                                    ? CompletableFuture.completedFuture(Launcher.Privilege.SUDO_WITH_PASSWORD)
                                    : CompletableFuture.<Launcher.Privilege>failedFuture(refused(target, "sudo refused the password or the account",
                                            "Check ssh.sudoPassword, and that sudo -l on the host lets the account run commands as root.")));
                })
                .toCompletableFuture();
    }

    private CompletionStage<Integer> execute(SshTarget target, String command, byte[] stdin) {
        return sessions.execute(target, SshCommand.of(command).withStdin(stdin).withTimeout(LIMIT)).thenApply(result -> result.exitStatus());
    }

    private static StepFailure refused(SshTarget target, String problem, String remedy) {
        return new StepFailure(target.host(), "", "sudo", false, target.access().user() + "@" + target.host() + ": " + problem, remedy, java.util.List.of(), null);
    }
}
