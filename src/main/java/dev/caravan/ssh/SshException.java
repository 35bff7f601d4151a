package dev.caravan.ssh;

import java.util.concurrent.CompletionException;

import java.io.IOException;

/**
 * A command could not be run over SSH, or its outcome is not known. The message names {@code user@host:port}, what was
 * tried, what came back and what the reader can do; it never holds the command, its input or a secret.
 */
public class SshException extends IOException {
    private static final long serialVersionUID = 1L;

    /** What went wrong. */
    public enum Kind {
        /** No route, no answer in time, or the link broke before the login was through. No command ran. */
        UNREACHABLE(true),
        /** Nothing listens on the port. No command ran. */
        REFUSED(true),
        /** The name is not known to DNS or the hosts file. No command ran. */
        NAME_RESOLUTION(false),
        /** known_hosts holds no key for the host. No command ran. */
        UNKNOWN_HOST_KEY(false),
        /** The host's key is another than the one known or pinned, or a revoked one. No command ran. */
        CHANGED_HOST_KEY(false),
        /** The host takes none of the credentials. No command ran. */
        AUTHENTICATION(false),
        /** The private key is missing, unreadable, or its passphrase is wrong. No command ran. */
        PRIVATE_KEY(false),
        /** A setting makes no sense, or a known_hosts file cannot be read or written. No command ran. */
        CONFIGURATION(false),
        /** No algorithm in common, or an answer that is not SSH. No command ran. */
        PROTOCOL(false),
        /** The connection broke while the command ran: whether it was carried out is not known. */
        CONNECTION_LOST(true),
        /** The host opened no channel, or refused to run a command in it. The command did not run. */
        CHANNEL_REFUSED(false),
        /** The command took longer than its limit; it was asked to stop, and may have done anything until then. */
        TIMEOUT(false),
        /** The command wrote more than its limit; it was asked to stop. */
        OUTPUT_LIMIT(false),
        /** The sessions were closed by this process. */
        CLOSED(false);

        private final boolean isTransient;

        Kind(boolean isTransient) {
            this.isTransient = isTransient;
        }
    }

    private final Kind kind;
    private final String problem;

    public SshException(Kind kind, String message, Throwable cause) {
        this(kind, message, "", cause);
    }

    /** @param advice follows the problem in the message, for users who run commands of their own */
    SshException(Kind kind, String problem, String advice, Throwable cause) {
        super(problem + advice, cause);
        this.kind = kind;
        this.problem = problem;
    }

    public SshException(Kind kind, String message) {
        this(kind, message, null);
    }

    /** What lies beneath the wrappers that completion stages put around a failure. */
    public static Throwable beneath(Throwable failure) {
        return failure instanceof CompletionException && failure.getCause() != null ? beneath(failure.getCause()) : failure;
    }

    /** Whether a completion stage failed with one that is {@linkplain #isTransient() transient}. */
    public static boolean isTransient(Throwable failure) {
        return beneath(failure) instanceof SshException known && known.isTransient();
    }

    public Kind kind() {
        return kind;
    }

    /** The message without advice that is for others than {@code step:}, which looks by itself whether a command was carried out. */
    public String problem() {
        return problem;
    }

    /**
     * Whether the same may work later with nothing changed. Never so for host keys, credentials and private keys. A
     * command whose connection was lost may have been carried out: who tries again must look first.
     */
    public boolean isTransient() {
        return kind.isTransient;
    }
}
