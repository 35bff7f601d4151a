package dev.caravan.spec;

import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * How a host is reached over SSH: the spec's {@code ssh} section with the host's own values merged over the defaults.
 *
 * @param user           the account to log in as; everything but {@code root} goes through sudo
 * @param port           1 to 65535
 * @param privateKey     path of a private key, {@code ~} expanded; empty where only a password or an agent is used
 * @param passphrase     of the private key
 * @param password       for password authentication
 * @param sudoPassword   what sudo asks for; empty where sudo asks for nothing
 * @param knownHosts     path of the known_hosts file
 * @param hostKey        pins the host's key: {@code SHA256:...} or {@code TYPE BASE64}; known_hosts is then not looked at
 * @param hostKeyCheck   what happens to a key that known_hosts does not hold
 * @param agent          whether keys of a running ssh-agent are offered
 * @param proxyJump      the host to go through, with its own access
 * @param connectTimeout bounds connecting and authenticating, each
 * @param keepAlive      interval of keepalives that want a reply
 * @param furtherKeys    paths of private keys that are offered after {@code privateKey}
 * @param proxyCommand   a command for {@code /bin/sh} whose input and output are the connection; never together with {@code proxyJump}
 */
public record SshAccess(
        String user,
        int port,
        Optional<String> privateKey,
        Optional<Secret> passphrase,
        Optional<Secret> password,
        Optional<Secret> sudoPassword,
        String knownHosts,
        Optional<String> hostKey,
        HostKeyCheck hostKeyCheck,
        boolean agent,
        Optional<Jump> proxyJump,
        Duration connectTimeout,
        Duration keepAlive,
        List<String> furtherKeys,
        Optional<String> proxyCommand) {

    /** One with a single key at most, and without a command. */
    public SshAccess(
            String user, int port, Optional<String> privateKey, Optional<Secret> passphrase, Optional<Secret> password,
            Optional<Secret> sudoPassword, String knownHosts, Optional<String> hostKey, HostKeyCheck hostKeyCheck, boolean agent,
            Optional<Jump> proxyJump, Duration connectTimeout, Duration keepAlive) {
        this(user, port, privateKey, passphrase, password, sudoPassword, knownHosts, hostKey, hostKeyCheck, agent, proxyJump,
                connectTimeout, keepAlive, List.of(), Optional.empty());
    }

    /** The same through that jump host. */
    SshAccess through(Jump jump) {
        return new SshAccess(user, port, privateKey, passphrase, password, sudoPassword, knownHosts, hostKey, hostKeyCheck, agent,
                Optional.of(jump), connectTimeout, keepAlive, furtherKeys, Optional.empty());
    }

    /** What to do with a host key that known_hosts does not hold. A changed key is refused by all but {@link #OFF}. */
    public enum HostKeyCheck {
        /** Refuse it. */
        STRICT,
        /** Accept it the first time and write it to known_hosts. */
        ACCEPT_NEW,
        /** Accept every key; the run says so in its log. */
        OFF
    }

    /** A jump host: {@code address} reached with {@code access}, whose own {@code proxyJump} may lead further. */
    public record Jump(String address, SshAccess access) {}
}
