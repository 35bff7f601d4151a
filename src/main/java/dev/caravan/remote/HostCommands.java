package dev.caravan.remote;

import dev.caravan.spec.Host;
import dev.caravan.spec.Secret;
import dev.caravan.ssh.SshCommand;
import dev.caravan.ssh.SshResult;
import dev.caravan.ssh.SshSessions;
import dev.caravan.ssh.SshTarget;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletionStage;
import java.util.function.BiFunction;
import java.util.function.Function;

/** The commands that a host gets as root, over its one connection. A stage fails as {@link SshSessions#execute} does. Thread-safe. */
final class HostCommands {
    private static final Duration SHORT = Duration.ofSeconds(30);
    /** A log has up to {@link StepLog#LARGEST} bytes. */
    private static final Duration WITH_LOG = Duration.ofMinutes(2);

    private final SshSessions sessions;
    private final Function<Host, SshTarget> targets;
    private final Privileges privileges;

    /** @param targets how a host is reached */
    HostCommands(SshSessions sessions, Function<Host, SshTarget> targets) {
        this.sessions = sessions;
        this.targets = targets;
        this.privileges = new Privileges(sessions);
    }

    /** Executes what {@code command} makes of how the account becomes root, and of the password to send first, if sudo asks for one. */
    CompletionStage<SshResult> execute(Host at, BiFunction<Launcher.Privilege, Optional<Secret>, SshCommand> command) {
        SshTarget target = targets.apply(at);
        return privileges.of(target).thenCompose(privilege ->
                sessions.execute(target, command.apply(privilege, privileges.password(target, privilege))));
    }

    /** Stops that detached step, if it runs. */
    CompletionStage<SshResult> stop(Host at, String id) {
        return execute(at, (privilege, password) ->
                SshCommand.of(privilege.stop()).withStdin(Launcher.toStop(id, OptionalLong.empty(), password)).withTimeout(SHORT));
    }

    /** The same, and hands on what its log has that was not seen yet. */
    CompletionStage<SshResult> stop(Host at, String id, StepLog log) {
        log.attach(what -> { });
        OptionalLong known = OptionalLong.of(log.known());
        return execute(at, (privilege, password) -> SshCommand.of(privilege.stop()).withStdin(Launcher.toStop(id, known, password))
                .withTimeout(WITH_LOG).withOnStdout(log::accept));
    }

    /** Removes what these ended steps left on the host. @param lock the run whose lock is released there; empty if it is kept */
    CompletionStage<SshResult> clear(Host at, Optional<String> lock, List<String> ids) {
        return execute(at, (privilege, password) ->
                SshCommand.of(privilege.clear()).withStdin(Launcher.toClear(lock, ids, password)).withTimeout(SHORT));
    }
}
