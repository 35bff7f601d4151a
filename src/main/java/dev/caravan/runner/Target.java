package dev.caravan.runner;

import dev.caravan.spec.Secret;
import dev.caravan.spec.SshAccess;
import dev.caravan.ssh.SshTarget;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;

/**
 * How a runner reaches a host: an {@link SshTarget} as plain data, null for what is not set. Paths are those of the runner's machine; one
 * below the engine's home directory is below the runner's, as {@code ~} in a spec means the home of who connects. The generated text is
 * not used.
 */
record Target(
        String host, String user, int port, String privateKey, List<String> furtherKeys, String passphrase, String password,
        String sudoPassword, String knownHosts, String hostKey, String hostKeyCheck, boolean agent, Target proxyJump,
        String proxyCommand, long connectTimeoutMillis, long keepAliveMillis) {
    private static final String HOME = "~/";

    static Target of(SshTarget target) {
        return of(target.host(), target.access());
    }

    private static Target of(String host, SshAccess access) {
        String home = System.getProperty("user.home") + "/";
        UnaryOperator<String> portable = path -> path.startsWith(home) ? HOME + path.substring(home.length()) : path;
        return new Target(host, access.user(), access.port(), access.privateKey().map(portable).orElse(null),
                access.furtherKeys().stream().map(portable).toList(), revealed(access.passphrase()), revealed(access.password()),
                revealed(access.sudoPassword()), portable.apply(access.knownHosts()), access.hostKey().orElse(null),
                access.hostKeyCheck().name(), access.agent(),
                access.proxyJump().map(jump -> of(jump.address(), jump.access())).orElse(null), access.proxyCommand().orElse(null),
                access.connectTimeout().toMillis(), access.keepAlive().toMillis());
    }

    private static String revealed(Optional<Secret> secret) {
        return secret.map(Secret::reveal).orElse(null);
    }

    /** The target on the machine of a runner with that home directory. */
    SshTarget here(String home) {
        return new SshTarget(host, access(path -> path.startsWith(HOME) ? home + "/" + path.substring(HOME.length()) : path));
    }

    private SshAccess access(UnaryOperator<String> local) {
        return new SshAccess(user, port, Optional.ofNullable(privateKey).map(local), secret(passphrase), secret(password),
                secret(sudoPassword), local.apply(knownHosts), Optional.ofNullable(hostKey), SshAccess.HostKeyCheck.valueOf(hostKeyCheck),
                agent, Optional.ofNullable(proxyJump).map(jump -> new SshAccess.Jump(jump.host(), jump.access(local))),
                Duration.ofMillis(connectTimeoutMillis), Duration.ofMillis(keepAliveMillis), furtherKeys.stream().map(local).toList(),
                Optional.ofNullable(proxyCommand));
    }

    private static Optional<Secret> secret(String text) {
        return Optional.ofNullable(text).map(Secret::new);
    }

    /** Whether a command on the runner's machine would carry the connection, of this host or of a jump host. */
    boolean hasProxyCommand() {
        return proxyCommand != null || proxyJump != null && proxyJump.hasProxyCommand();
    }

    @Override
    public String toString() {
        return user + "@" + host + ":" + port;
    }
}
