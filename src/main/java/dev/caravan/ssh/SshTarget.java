package dev.caravan.ssh;

import dev.caravan.spec.Host;
import dev.caravan.spec.SshAccess;
import java.util.Objects;

/**
 * Whom to talk to. Two equal targets share one connection. Immutable.
 *
 * @param host   IP address or DNS name; the host key is looked up under exactly this name
 * @param access user, port, credentials, host-key policy, jump host and limits
 */
public record SshTarget(String host, SshAccess access) {

    public SshTarget {
        Objects.requireNonNull(access, "access");
        if (host.isBlank()) {
            throw new IllegalArgumentException("an SSH target needs an address");
        }
    }

    /** The target that a host of a spec stands for. */
    public static SshTarget of(Host host) {
        return new SshTarget(host.address(), host.ssh());
    }

    public int port() {
        return access.port();
    }

    /** {@code user@host:port}, as messages name it. */
    @Override
    public String toString() {
        return Address.describe(access.user(), host, port());
    }
}
