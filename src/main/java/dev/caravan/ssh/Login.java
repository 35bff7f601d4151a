package dev.caravan.ssh;

import dev.caravan.spec.Secret;
import dev.caravan.spec.SshAccess;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Everything that makes one connection what it is, and so the key of the pool: what an {@link SshTarget} or an {@code ssh:}
 * endpoint comes down to.
 *
 * @param keys  private keys in the order they are offered
 * @param agent whether keys of the running ssh-agent are offered, after {@code keys}
 * @param jump  the connection that this one is tunnelled through
 * @param proxyCommand a command for {@code /bin/sh} that carries the connection; never together with {@code jump}
 */
record Login(
        String user,
        String host,
        int port,
        List<KeySource> keys,
        Optional<Secret> password,
        boolean agent,
        HostTrust trust,
        Optional<Login> jump,
        Optional<String> proxyCommand,
        Limits limits) {

    /**
     * @param connect      until TCP is connected
     * @param authenticate from there until the login is through
     * @param openChannel  until the host has opened a channel
     * @param keepAlive    interval of keepalives that want a reply; zero for none
     */
    record Limits(Duration connect, Duration authenticate, Duration openChannel, Duration keepAlive) {}

    static Login of(SshTarget target) {
        return of(target.host(), target.access());
    }

    private static Login of(String host, SshAccess access) {
        Limits limits = new Limits(
                access.connectTimeout(), access.connectTimeout(), access.connectTimeout(), access.keepAlive());
        List<KeySource> keys = Stream.concat(access.privateKey().stream(), access.furtherKeys().stream())
                .<KeySource>map(path -> new KeySource.File(Path.of(path), access.passphrase()))
                .toList();
        HostTrust trust = new HostTrust(
                access.hostKeyCheck(), access.hostKey(), new KnownHosts.InFile(Path.of(access.knownHosts())));
        return new Login(
                access.user(), host, access.port(), keys, access.password(), access.agent(), trust,
                access.proxyJump().map(jump -> of(jump.address(), jump.access())), access.proxyCommand(), limits);
    }

    /** {@code user@host:port}. */
    @Override
    public String toString() {
        return Address.describe(user, host, port);
    }
}
