package dev.caravan.ssh;

import dev.caravan.ssh.SshException.Kind;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import org.apache.sshd.common.SshConstants;

/** Turns what MINA and the JDK throw into errors that a person can act on. */
final class Failures {
    private static final Pattern CLASS_NAMES = Pattern.compile("^(?:(?:[a-z]\\w*\\.)+[A-Z]\\w*: +)+");

    private static final String DROPPED = "the connection was closed before SSH began";

    private Failures() {}

    static SshException nameNotFound(Login login, IOException cause) {
        return new SshException(Kind.NAME_RESOLUTION, login + ": no address is known for the name " + login.host()
                + ". Correct `address` in the spec, or check DNS and /etc/hosts on this machine.", cause);
    }

    static SshException noAnswer(Login login) {
        return new SshException(Kind.UNREACHABLE, login + ": no answer to TCP within "
                + Address.describe(login.limits().connect()) + ". Check the address, that the host is up, and that no"
                + " firewall drops port " + login.port() + ".");
    }

    static SshException notConnected(Login login, Throwable cause) {
        if (cause instanceof SshException known) {
            return known;
        }
        String text = String.valueOf(cause.getMessage()).toLowerCase(Locale.ROOT);
        if (text.contains("connection refused")) { // asynchronous channels throw no ConnectException
            return new SshException(Kind.REFUSED, login + ": connection refused. The host is up, but nothing listens on"
                    + " port " + login.port() + ": check `ssh.port` and that sshd runs there.", cause);
        }
        if (text.contains("no session attached")) { // MINA's words where it was closed before the session was made
            return dropped(login, DROPPED, cause);
        }
        return new SshException(Kind.UNREACHABLE, login + ": could not connect: " + reason(cause)
                + ". Check the address, the network and the firewalls in between.", cause);
    }

    static SshException behindJump(Login login, Login jump, Throwable cause) {
        return new SshException(Kind.UNREACHABLE, login + ": the jump host " + jump + " could not connect to "
                + Address.hostAndPort(login.host(), login.port()) + ": " + reason(cause)
                + ". Check that the jump host reaches it and allows forwarding (AllowTcpForwarding).", cause);
    }

    static SshException jumpFailed(Login login, SshException cause) {
        return new SshException(cause.kind(),
                login + ": the jump host cannot be used: " + cause.getMessage(), cause);
    }

    static SshException loginTooSlow(Attempt attempt, String serverVersion, boolean keysExchanged) {
        Login login = attempt.login();
        String where = serverVersion == null
                ? "connected, but no SSH server answered"
                : keysExchanged ? "the login was not through" : "the SSH handshake was not through";
        return new SshException(Kind.UNREACHABLE, login + ": " + where + " within "
                + Address.describe(login.limits().authenticate())
                + ". Check what listens on port " + login.port() + " and how busy the host is.");
    }

    /** The connection was there, the login failed. */
    static SshException notLoggedIn(Attempt attempt, String serverVersion, Throwable failure) {
        if (attempt.refusal() != null) {
            return attempt.refusal();
        }
        Login login = attempt.login();
        int code = failure instanceof org.apache.sshd.common.SshException ssh ? ssh.getDisconnectCode() : 0;
        String text = String.valueOf(failure.getMessage());
        if (code == SshConstants.SSH2_DISCONNECT_NO_MORE_AUTH_METHODS_AVAILABLE
                || text.contains("authentication failures")) {
            return notAuthenticated(attempt, failure);
        }
        if (code == SshConstants.SSH2_DISCONNECT_KEY_EXCHANGE_FAILED
                || code == SshConstants.SSH2_DISCONNECT_PROTOCOL_VERSION_NOT_SUPPORTED
                || text.contains("Unable to negotiate") || text.contains("identification")) {
            return new SshException(Kind.PROTOCOL, login + ": the SSH handshake failed: " + reason(failure)
                    + ". Check that an SSH 2 server listens on port " + login.port() + ".", failure);
        }
        if (serverVersion == null && login.proxyCommand().isPresent()) {
            return new SshException(Kind.UNREACHABLE, login + ": the ProxyCommand of ~/.ssh/config gave no SSH connection ("
                    + (attempt.transportEnded().isEmpty() ? "it said nothing" : attempt.transportEnded())
                    + "). See what it does: ssh -v NAME, where NAME is what ~/.ssh/config calls this host.", failure);
        }
        String reason = serverVersion == null
                ? DROPPED
                : "the connection broke before the login was through: " + reason(failure);
        return dropped(login, reason, failure);
    }

    private static SshException dropped(Login login, String reason, Throwable cause) {
        return new SshException(Kind.UNREACHABLE, login + ": " + reason
                + ". The host may be starting, or busy (sshd's MaxStartups drops connections).", cause);
    }

    /** Whether the host took the connection and closed it before it said anything, as sshd does that has too many logins under way. */
    static boolean isDropped(Throwable failure) {
        return failure instanceof SshException known && known.kind() == Kind.UNREACHABLE && known.getMessage().contains(DROPPED);
    }

    private static SshException notAuthenticated(Attempt attempt, Throwable cause) {
        Login login = attempt.login();
        List<String> methods = attempt.serverMethods();
        String accepts = methods.isEmpty() ? "" : " It takes: " + String.join(", ", methods) + ".";
        String remedy = login.keys().isEmpty() && login.password().isEmpty() && !login.agent()
                ? " Give `privateKey`, `password` or `agent: true` in the spec's ssh section."
                : " Check the user, and that the public key is in that user's ~/.ssh/authorized_keys on the host or"
                        + " the password is right.";
        return new SshException(Kind.AUTHENTICATION, login + ": the host refused the login. Tried: "
                + attempt.tried() + "." + accepts + remedy, cause);
    }

    static SshException connectionLost(Login login, Throwable cause) {
        String reason = cause == null ? "" : " (" + reason(cause) + ")";
        return new SshException(Kind.CONNECTION_LOST, login + ": the connection broke while a command ran" + reason,
                ". Whether the command was carried out is not known: look before running it again.", cause);
    }

    static SshException notToBeSent(Login login) {
        return new SshException(Kind.CONNECTION_LOST, login + ": the command was not sent, or not whole: for seconds the journal has not "
                + "confirmed that its run is still this engine's");
    }

    static SshException closed(Login login) {
        return new SshException(Kind.CLOSED, login + ": the SSH connections of this process are closed.");
    }

    static SshException channelRefused(Login login, String what, Throwable cause) {
        return new SshException(Kind.CHANNEL_REFUSED, login + ": the host " + what
                + (cause == null ? "" : " (" + reason(cause) + ")")
                + ". It was not run. Check the account's shell and restrictions (ForceCommand, MaxSessions).", cause);
    }

    static SshException channelTooSlow(Login login) {
        return new SshException(Kind.UNREACHABLE, login + ": the host opened no channel within "
                + Address.describe(login.limits().openChannel()) + ". The command was not run. Check how busy it is.");
    }

    static SshException timeout(Login login, SshCommand command) {
        return new SshException(Kind.TIMEOUT, login + ": the command took longer than its limit of "
                + Address.describe(command.timeout()) + " and was asked to stop. Look what hangs on the host, or raise"
                + " the limit.");
    }

    static SshException tooMuchOutput(Login login, SshCommand command) {
        return new SshException(Kind.OUTPUT_LIMIT, login + ": the command wrote more than "
                + command.maxOutputBytes() + " bytes and was asked to stop.");
    }

    static String reason(Throwable failure) {
        // MINA puts the name of the JDK's class before the JDK's words.
        String message = failure.getMessage() == null ? "" : CLASS_NAMES.matcher(failure.getMessage()).replaceFirst("");
        return message.isBlank() ? failure.getClass().getSimpleName() : message;
    }
}
