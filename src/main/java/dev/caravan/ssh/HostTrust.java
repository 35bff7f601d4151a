package dev.caravan.ssh;

import dev.caravan.spec.SshAccess.HostKeyCheck;
import java.util.Optional;

/**
 * Which host keys a connection accepts.
 *
 * @param check      what happens to a key that {@code knownHosts} does not hold
 * @param pin        the only key accepted, {@code SHA256:...} or {@code TYPE BASE64}, whatever {@code check} says;
 *                   known_hosts is then not looked at
 * @param knownHosts what is known
 */
record HostTrust(HostKeyCheck check, Optional<String> pin, KnownHosts knownHosts) {}
