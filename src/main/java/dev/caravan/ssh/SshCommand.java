package dev.caravan.ssh;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Objects;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/**
 * One command for a host, run by the login shell of the user there. Made with {@link #of(String)} and the
 * {@code with...} methods, each of which gives a changed copy. {@link #toString()} shows neither command nor input, as
 * both may hold secrets.
 *
 * @param command        sent as UTF-8; its words show in the host's process list, so that secrets belong into
 *                       {@code stdin}
 * @param stdin          sent to the command, then end of file; not copied, must not be changed afterwards
 * @param timeout        how long the command may take from the moment its channel is opened (waiting for a connection
 *                       or for a free channel does not count); {@link Duration#ZERO} for no limit
 * @param onStdout       gets standard output piece by piece as it comes, in order, one call at a time; null to collect
 *                       it. It may block: the host sends no more than the channel's window meanwhile. The command's result
 *                       follows its last call. What it throws fails the command
 * @param maxOutputBytes how much of standard output and of standard error is collected, each. A command that writes
 *                       more fails with {@link SshException.Kind#OUTPUT_LIMIT}. With {@code onStdout} standard output
 *                       is not collected and has no limit
 * @param condition      asked right before the command is sent, and before each piece of its input: once it is false, nothing more is sent,
 *                       and the command fails as if the connection was lost
 */
public record SshCommand(
        String command, byte[] stdin, Duration timeout, Consumer<byte[]> onStdout, int maxOutputBytes,
        BooleanSupplier condition) {

    public static final Duration DEFAULT_TIMEOUT = Duration.ofMinutes(1);
    public static final int DEFAULT_MAX_OUTPUT_BYTES = 16 * 1024 * 1024;

    public SshCommand {
        Objects.requireNonNull(stdin, "stdin");
        if (command.isBlank()) {
            throw new IllegalArgumentException("an SSH command must not be empty");
        }
        if (timeout.isNegative()) {
            throw new IllegalArgumentException("the time limit of an SSH command must not be negative");
        }
        if (maxOutputBytes < 0) {
            throw new IllegalArgumentException("maxOutputBytes must not be negative");
        }
    }

    /** A command without input that may take a minute and write 16 MiB. */
    public static SshCommand of(String command) {
        return new SshCommand(command, new byte[0], DEFAULT_TIMEOUT, null, DEFAULT_MAX_OUTPUT_BYTES, () -> true);
    }

    public SshCommand withStdin(byte[] bytes) {
        return new SshCommand(command, bytes, timeout, onStdout, maxOutputBytes, condition);
    }

    /** The text is sent as UTF-8. */
    public SshCommand withStdin(String text) {
        return withStdin(text.getBytes(StandardCharsets.UTF_8));
    }

    public SshCommand withTimeout(Duration limit) {
        return new SshCommand(command, stdin, limit, onStdout, maxOutputBytes, condition);
    }

    public SshCommand withOnStdout(Consumer<byte[]> listener) {
        return new SshCommand(command, stdin, timeout, listener, maxOutputBytes, condition);
    }

    public SshCommand withMaxOutputBytes(int limit) {
        return new SshCommand(command, stdin, timeout, onStdout, limit, condition);
    }

    public SshCommand withCondition(BooleanSupplier asked) {
        return new SshCommand(command, stdin, timeout, onStdout, maxOutputBytes, asked);
    }

    @Override
    public String toString() {
        return "SshCommand[***, stdin=" + stdin.length + " bytes, timeout=" + Address.describe(timeout) + "]";
    }
}
