package dev.caravan.remote;

import dev.caravan.spec.Host;
import dev.caravan.spec.Secret;
import dev.caravan.ssh.SshCommand;
import dev.caravan.ssh.SshResult;
import dev.caravan.ssh.SshSessions;
import dev.caravan.ssh.SshTarget;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;

/** Carries orders out over SSH, as commands that a host gets as root over its one connection. Thread-safe. */
public final class DirectAccess implements HostAccess {
    private static final int LARGEST_PIECE = 4 << 20;
    private static final Duration SHORT = Duration.ofSeconds(30);
    /** A log has up to {@link StepLog#LARGEST} bytes. */
    private static final Duration WITH_LOG = Duration.ofMinutes(2);

    private final SshSessions sessions;
    private final Function<Host, SshTarget> targets;
    private final Privileges privileges;

    /** @param targets how a host is reached */
    public DirectAccess(SshSessions sessions, Function<Host, SshTarget> targets) {
        this.sessions = sessions;
        this.targets = targets;
        this.privileges = new Privileges(sessions);
    }

    @Override
    public CompletionStage<SshResult> execute(Host at, HostOrder order, Listener listener) {
        return execute(targets.apply(at), order, listener);
    }

    /** As {@link #execute(Host, HostOrder, Listener)}, at a target. */
    public CompletionStage<SshResult> execute(SshTarget target, HostOrder order, Listener listener) {
        return privileges.of(target).thenCompose(privilege ->
                sessions.execute(target, command(order, privilege, privileges.password(target, privilege), listener)
                        .withCondition(listener::mayBeSent)));
    }

    private static SshCommand command(HostOrder order, Launcher.Privilege privilege, Optional<Secret> password, Listener listener) {
        if (order instanceof HostOrder.Launch launch) {
            return SshCommand.of(privilege.launch()).withStdin(Launcher.toLaunch(launch, password)).withTimeout(launch.timeout())
                    .withMaxOutputBytes(StepJudge.LARGEST_RESULT).withOnStdout(listener::output);
        }
        if (order instanceof HostOrder.Stop stop) {
            boolean followed = stop.known() != HostOrder.Stop.NOT_FOLLOWED;
            OptionalLong known = followed ? OptionalLong.of(stop.known()) : OptionalLong.empty();
            SshCommand command = SshCommand.of(privilege.stop()).withStdin(Launcher.toStop(stop.id(), known, password));
            return followed ? command.withTimeout(WITH_LOG).withOnStdout(listener::output) : command.withTimeout(SHORT);
        }
        if (order instanceof HostOrder.Clear clear) {
            Optional<String> lock = Optional.of(clear.lock()).filter(run -> !run.isEmpty());
            return SshCommand.of(privilege.clear()).withStdin(Launcher.toClear(lock, clear.ids(), password)).withTimeout(SHORT);
        }
        HostOrder.Piece piece = (HostOrder.Piece) order;
        byte[] word = password.map(Secret::reveal).map(text -> text + "\n").orElse("").getBytes(StandardCharsets.UTF_8);
        return SshCommand.of(ArtefactCommands.of(piece.move(), privilege))
                .withStdin(ArtefactCommands.input(word, piece.id(), piece.at(), piece.length(), piece.sha256(), piece.content()))
                .withTimeout(piece.timeout())
                .withMaxOutputBytes(LARGEST_PIECE + ArtefactCommands.NOISE);
    }

    @Override
    public int largestPiece(Host at) {
        return LARGEST_PIECE;
    }
}
