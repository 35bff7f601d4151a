package dev.caravan.ssh;

import dev.caravan.spec.Secret;
import dev.caravan.spec.SshAccess;
import dev.caravan.spec.SshAccess.HostKeyCheck;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** Builds an {@link SshAccess}: a user and a port, host keys unchecked until a test says otherwise. */
record Access(SshAccess built) {

    static Access to(int port) {
        return new Access(new SshAccess(System.getProperty("user.name"), port, Optional.empty(), Optional.empty(),
                Optional.empty(), Optional.empty(), "/nonexistent/known_hosts", Optional.empty(), HostKeyCheck.OFF,
                false, Optional.empty(), Duration.ofSeconds(20), Duration.ofSeconds(15)));
    }

    private Access with(String user, Optional<String> key, Optional<Secret> passphrase, Optional<Secret> password,
            String knownHosts, Optional<String> hostKey, HostKeyCheck check, boolean agent,
            Optional<SshAccess.Jump> jump, Duration connect, Duration keepAlive) {
        return new Access(new SshAccess(user, built.port(), key, passphrase, password, Optional.empty(), knownHosts,
                hostKey, check, agent, jump, connect, keepAlive));
    }

    Access user(String user) {
        return with(user, built.privateKey(), built.passphrase(), built.password(), built.knownHosts(),
                built.hostKey(), built.hostKeyCheck(), built.agent(), built.proxyJump(), built.connectTimeout(),
                built.keepAlive());
    }

    Access key(Path key) {
        return with(built.user(), Optional.of(key.toString()), built.passphrase(), built.password(),
                built.knownHosts(), built.hostKey(), built.hostKeyCheck(), built.agent(), built.proxyJump(),
                built.connectTimeout(), built.keepAlive());
    }

    Access passphrase(String passphrase) {
        return with(built.user(), built.privateKey(), Optional.of(new Secret(passphrase)), built.password(),
                built.knownHosts(), built.hostKey(), built.hostKeyCheck(), built.agent(), built.proxyJump(),
                built.connectTimeout(), built.keepAlive());
    }

    Access password(String password) {
        return with(built.user(), built.privateKey(), built.passphrase(), Optional.of(new Secret(password)),
                built.knownHosts(), built.hostKey(), built.hostKeyCheck(), built.agent(), built.proxyJump(),
                built.connectTimeout(), built.keepAlive());
    }

    Access knownHosts(Path file, HostKeyCheck check) {
        return with(built.user(), built.privateKey(), built.passphrase(), built.password(), file.toString(),
                built.hostKey(), check, built.agent(), built.proxyJump(), built.connectTimeout(), built.keepAlive());
    }

    Access hostKey(String pin) {
        return with(built.user(), built.privateKey(), built.passphrase(), built.password(), built.knownHosts(),
                Optional.of(pin), HostKeyCheck.STRICT, built.agent(), built.proxyJump(), built.connectTimeout(),
                built.keepAlive());
    }

    Access agent() {
        return with(built.user(), built.privateKey(), built.passphrase(), built.password(), built.knownHosts(),
                built.hostKey(), built.hostKeyCheck(), true, built.proxyJump(), built.connectTimeout(),
                built.keepAlive());
    }

    Access jump(String address, Access access) {
        return with(built.user(), built.privateKey(), built.passphrase(), built.password(), built.knownHosts(),
                built.hostKey(), built.hostKeyCheck(), built.agent(),
                Optional.of(new SshAccess.Jump(address, access.built())), built.connectTimeout(), built.keepAlive());
    }

    Access connectTimeout(Duration limit) {
        return with(built.user(), built.privateKey(), built.passphrase(), built.password(), built.knownHosts(),
                built.hostKey(), built.hostKeyCheck(), built.agent(), built.proxyJump(), limit, built.keepAlive());
    }

    Access keepAlive(Duration interval) {
        return with(built.user(), built.privateKey(), built.passphrase(), built.password(), built.knownHosts(),
                built.hostKey(), built.hostKeyCheck(), built.agent(), built.proxyJump(), built.connectTimeout(),
                interval);
    }

    Access proxyCommand(String command) {
        return new Access(new SshAccess(built.user(), built.port(), built.privateKey(), built.passphrase(), built.password(),
                Optional.empty(), built.knownHosts(), built.hostKey(), built.hostKeyCheck(), built.agent(), Optional.empty(),
                built.connectTimeout(), built.keepAlive(), List.of(), Optional.of(command)));
    }

    SshTarget loopback() {
        return new SshTarget("127.0.0.1", built);
    }
}
