package dev.caravan.remote;

import dev.caravan.spec.Secret;
import dev.caravan.ssh.SshCommand;
import dev.caravan.ssh.SshResult;
import dev.caravan.ssh.SshSessions;
import dev.caravan.ssh.SshTarget;
import dev.caravan.step.StepFailure;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;

/**
 * How an account becomes root on a host, tried once for each: not at all for root, else sudo without or with a password, in a terminal
 * if sudo wants one. A password is only ever sent where sudo was seen to ask for it, because sudo that does not ask would hand it on to
 * the command. Thread-safe.
 */
final class Privileges {
    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final int LONGEST = 300;
    private static final int NO_SUCH_COMMAND = 127;
    private static final Pattern NO_SCRIPT = Pattern.compile("\\bscript: (command )?not found");
    private static final Pattern NO_SUDO = Pattern.compile("\\bsudo: (command )?not found");

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
        return privilege.takesPassword() ? target.access().sudoPassword() : Optional.empty();
    }

    private CompletableFuture<Launcher.Privilege> probe(SshTarget target) {
        return probe(target, Launcher.Privilege.SUDO, Launcher.Privilege.SUDO_WITH_PASSWORD);
    }

    private CompletableFuture<Launcher.Privilege> probe(SshTarget target, Launcher.Privilege free, Launcher.Privilege asking) {
        return execute(target, free.probe(), new byte[0]).thenCompose(without -> {
            if (without.exitStatus() == 0) {
                return CompletableFuture.completedFuture(free);
            }
            if (needsTerminal(without.stderrText()) && !free.inTerminal()) {
                return probe(target, Launcher.Privilege.SUDO_IN_TERMINAL, Launcher.Privilege.SUDO_WITH_PASSWORD_IN_TERMINAL);
            }
            Optional<Secret> password = target.access().sudoPassword();
            if (password.isEmpty() || needsTerminal(without.stderrText()) || without.exitStatus() == NO_SUCH_COMMAND) {
                return failed(refusal(target, password, without.stderrText()));
            }
            Launcher.Privilege fit = isSudoRs(without.stderrText()) ? Launcher.Privilege.SUDO_RS_WITH_PASSWORD : asking;
            return execute(target, fit.probe(), (password.get().reveal() + "\n").getBytes(StandardCharsets.UTF_8))
                    .thenCompose(with -> with.exitStatus() == 0
                            ? CompletableFuture.completedFuture(fit) : failed(refusal(target, password, with.stderrText())));
        }).toCompletableFuture();
    }

    private static CompletableFuture<Launcher.Privilege> failed(StepFailure why) {
        return CompletableFuture.failedFuture(why);
    }

    private CompletionStage<SshResult> execute(SshTarget target, String command, byte[] stdin) {
        return sessions.execute(target, SshCommand.of(command).withStdin(stdin).withTimeout(LIMIT));
    }

    /** Its words for a password that it may not ask for. */
    private static boolean isSudoRs(String words) {
        return words.contains("sudo-rs") || words.contains("interactive authentication is required");
    }

    /** sudoers' requiretty, which it says before it asks for anything. */
    private static boolean needsTerminal(String words) {
        return words.contains("must have a tty");
    }

    /** @param words what sudo wrote to its standard error */
    static StepFailure refusal(SshTarget target, Optional<Secret> password, String words) {
        String said = said(words, password);
        if (needsTerminal(words) || NO_SCRIPT.matcher(words).find()) {
            return refused(target, "sudo wants a terminal (requiretty), and the host's script gave it none" + said,
                    "Install script (util-linux) there, or take requiretty out of /etc/sudoers for this account: Defaults:"
                            + target.access().user() + " !requiretty.");
        }
        if (NO_SUDO.matcher(words).find()) {
            return refused(target, "there is no sudo on this host" + said, "Install sudo there, or let Caravan log in as root.");
        }
        if (password.isEmpty()) {
            return refused(target, "sudo asks for a password, and the spec gives none" + said,
                    "Set ssh.sudoPassword, for instance \"${env:SUDO_PASSWORD}\", or let the account use sudo without a password.");
        }
        return refused(target, "sudo refused the password or the account" + said,
                "Check ssh.sudoPassword, and that sudo -l on the host lets the account run commands as root.");
    }

    private static String said(String words, Optional<Secret> password) {
        String shown = password.map(secret -> words.replace(secret.reveal(), "***")).orElse(words).replaceAll("\\s+", " ").strip();
        return shown.isEmpty() ? "" : ": " + (shown.length() > LONGEST ? shown.substring(0, LONGEST) + "…" : shown);
    }

    private static StepFailure refused(SshTarget target, String problem, String remedy) {
        return new StepFailure(target.host(), "", "sudo", false, target.access().user() + "@" + target.host() + ": " + problem, remedy,
                java.util.List.of(), null);
    }
}
