package dev.caravan.ssh;

import dev.caravan.spec.SshAccess.HostKeyCheck;
import dev.caravan.ssh.SshException.Kind;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.PublicKey;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import org.apache.sshd.client.config.hosts.KnownHostEntry;
import org.apache.sshd.client.config.hosts.KnownHostHashValue;
import org.apache.sshd.common.NamedFactory;
import org.apache.sshd.common.config.keys.KeyUtils;
import org.apache.sshd.common.config.keys.OpenSshCertificate;
import org.apache.sshd.common.config.keys.PublicKeyEntry;
import org.apache.sshd.common.digest.BuiltinDigests;
import org.apache.sshd.common.signature.Signature;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The host keys accepted from one host, for one connection attempt. Matching is MINA's: hashed names,
 * {@code [host]:port}, wildcards and negation. The name looked up is the one the spec gives, never one that DNS or the
 * host came up with.
 */
final class HostKeys {
    private static final Logger LOG = LoggerFactory.getLogger(HostKeys.class);
    private static final String CERTIFICATE = "-cert-v01@openssh.com";

    private record Known(Marker marker, String type, PublicKey key) {}

    private enum Marker { NONE, REVOKED, CERTIFICATE_AUTHORITY, OTHER }

    private final Login login;
    private final Optional<PublicKey> pinnedKey;
    private final Optional<String> pinnedFingerprint;
    private final List<Known> known;

    private HostKeys(
            Login login, Optional<PublicKey> pinnedKey, Optional<String> pinnedFingerprint, List<Known> known) {
        this.login = login;
        this.pinnedKey = pinnedKey;
        this.pinnedFingerprint = pinnedFingerprint;
        this.known = known;
    }

    /** Reads what is known of the host; touches the disk. */
    static HostKeys of(Login login) throws SshException {
        HostTrust trust = login.trust();
        if (trust.pin().isEmpty()) {
            List<Known> known = trust.check() == HostKeyCheck.OFF ? List.of() : readKnown(login);
            return new HostKeys(login, Optional.empty(), Optional.empty(), known);
        }
        String pin = trust.pin().get().trim();
        return pin.startsWith("SHA256:")
                ? new HostKeys(login, Optional.empty(), Optional.of(pin.replaceAll("=+$", "")), List.of())
                : new HostKeys(login, Optional.of(parsePin(login, pin)), Optional.empty(), List.of());
    }

    private static PublicKey parsePin(Login login, String pin) throws SshException {
        try {
            PublicKeyEntry entry = PublicKeyEntry.parsePublicKeyEntry(pin);
            return entry.resolvePublicKey(null, null, null);
        } catch (IOException | GeneralSecurityException | RuntimeException e) {
            throw new SshException(Kind.CONFIGURATION, login + ": `hostKey` is neither a fingerprint (SHA256:...) nor a"
                    + " public key (ssh-ed25519 AAAA...). `ssh-keygen -lf FILE.pub` prints the fingerprint.", e);
        }
    }

    private static List<Known> readKnown(Login login) throws SshException {
        KnownHosts source = login.trust().knownHosts();
        String name = login.host().toLowerCase(Locale.ROOT);
        List<Known> matches = new ArrayList<>();
        try {
            for (KnownHostEntry entry : source.read(name)) {
                if (entry.isHostMatch(name, login.port())) {
                    known(entry, source).ifPresent(matches::add);
                }
            }
        } catch (IOException e) {
            throw new SshException(Kind.CONFIGURATION, login + ": " + source.describe() + " cannot be read ("
                    + e.getClass().getSimpleName() + "). Check the path and its permissions.", e);
        }
        return matches;
    }

    private static Optional<Known> known(KnownHostEntry entry, KnownHosts source) {
        Marker marker = entry.getMarker() == null
                ? Marker.NONE
                : switch (entry.getMarker()) {
                    case "revoked" -> Marker.REVOKED;
                    case "cert-authority" -> Marker.CERTIFICATE_AUTHORITY;
                    default -> Marker.OTHER;
                };
        try {
            PublicKey key = entry.getKeyEntry().resolvePublicKey(null, null, null);
            return Optional.of(new Known(marker, KeyUtils.getKeyType(key), key));
        } catch (IOException | GeneralSecurityException | RuntimeException e) {
            LOG.warn("{}: a key of type {} cannot be read and is left out", source.describe(),
                    entry.getKeyEntry().getKeyType());
            return Optional.empty();
        }
    }

    /** Whether a pinned fingerprint may belong to a key of another type than the host offered first. */
    boolean acceptsUnknownType() {
        return pinnedFingerprint.isPresent();
    }

    /**
     * Puts the signature algorithms of known keys first, as the host else may offer a key of another type, which would
     * look like an unknown one. Certificates are only asked for where a certificate authority is known.
     *
     * @param without key types not to ask for
     */
    List<NamedFactory<Signature>> order(List<NamedFactory<Signature>> factories, Set<String> without) {
        boolean certificates = known.stream().anyMatch(each -> each.marker() == Marker.CERTIFICATE_AUTHORITY);
        Set<String> preferred = new HashSet<>();
        known.stream()
                .filter(each -> each.marker() == Marker.NONE)
                .forEach(each -> preferred.addAll(KeyUtils.getAllEquivalentKeyTypes(each.type())));
        pinnedKey.ifPresent(key -> preferred.addAll(KeyUtils.getAllEquivalentKeyTypes(KeyUtils.getKeyType(key))));
        Set<String> excluded = new HashSet<>();
        without.forEach(type -> excluded.addAll(KeyUtils.getAllEquivalentKeyTypes(type)));

        List<NamedFactory<Signature>> first = new ArrayList<>();
        List<NamedFactory<Signature>> rest = new ArrayList<>();
        for (NamedFactory<Signature> factory : factories) {
            boolean certificate = factory.getName().endsWith(CERTIFICATE);
            if (excluded.contains(factory.getName()) || certificate && !certificates) {
                continue;
            }
            (certificate || preferred.contains(factory.getName()) ? first : rest).add(factory);
        }
        first.addAll(rest);
        return first;
    }

    /** Returns if the key is accepted; an unknown one may be written to known_hosts for that. */
    void verify(PublicKey offered) throws SshException {
        if (login.trust().pin().isPresent()) {
            verifyPinned(offered);
        } else if (login.trust().check() != HostKeyCheck.OFF) {
            verifyKnown(offered);
        }
    }

    private void verifyPinned(PublicKey offered) throws SshException {
        boolean same = pinnedKey.map(key -> KeyUtils.compareKeys(key, offered))
                .orElseGet(() -> fingerprint(offered).equals(pinnedFingerprint.orElseThrow()));
        if (!same) {
            String expected = pinnedKey.map(HostKeys::fingerprint).orElseGet(pinnedFingerprint::orElseThrow);
            throw new SshException(Kind.CHANGED_HOST_KEY, login + ": the host offers the key " + describe(offered)
                    + ", but `hostKey` pins " + expected + ". Nothing was run. Ask the administrator of the host: if its key"
                    + " was changed on purpose, correct `hostKey`.");
        }
    }

    private void verifyKnown(PublicKey offered) throws SshException {
        PublicKey key = offered instanceof OpenSshCertificate certificate ? certificate.getCertPubKey() : offered;
        boolean revoked = holds(Marker.REVOKED, key)
                || offered instanceof OpenSshCertificate certificate
                        && holds(Marker.REVOKED, certificate.getCaPubKey());
        if (revoked) {
            throw new SshException(Kind.CHANGED_HOST_KEY, login + ": the host offers the key " + describe(key)
                    + ", which " + source() + " marks as @revoked. Nothing was run.");
        }
        if (offered instanceof OpenSshCertificate certificate
                ? holds(Marker.CERTIFICATE_AUTHORITY, certificate.getCaPubKey())
                : holds(Marker.NONE, offered)) {
            return;
        }
        List<Known> others = known.stream().filter(each -> each.marker() == Marker.NONE).toList();
        if (!others.isEmpty()) {
            throw changed(key, others);
        }
        if (login.trust().check() == HostKeyCheck.ACCEPT_NEW && !(offered instanceof OpenSshCertificate)) {
            remember(offered);
        } else {
            throw unknown(key);
        }
    }

    private boolean holds(Marker marker, PublicKey key) {
        return known.stream().anyMatch(each -> each.marker() == marker && KeyUtils.compareKeys(each.key(), key));
    }

    private SshException changed(PublicKey offered, List<Known> others) {
        String expected = String.join(", ", others.stream().map(each -> describe(each.key())).toList());
        return new SshException(Kind.CHANGED_HOST_KEY, login + ": the host offers the key " + describe(offered)
                + ", but " + source() + " holds " + expected + " for it. Nothing was run. Somebody may be in between,"
                + " or the host was reinstalled. Compare with `ssh-keygen -lf /etc/ssh/ssh_host_*_key.pub` on the"
                + " host's own console; if it is right, remove the old one with `ssh-keygen -f " + source() + " -R '"
                + KnownHostHashValue.createHostPattern(login.host(), login.port()) + "'` and add the line: "
                + line(offered));
    }

    private SshException unknown(PublicKey offered) {
        return new SshException(Kind.UNKNOWN_HOST_KEY, login + ": the host offers the key " + describe(offered)
                + ", which is not known. Nothing was run. Compare with `ssh-keygen -lf /etc/ssh/ssh_host_*_key.pub` on"
                + " the host's own console; if it is right, pin it in the spec with `hostKey: " + fingerprint(offered)
                + "`, or add this line to " + source() + ": " + line(offered));
    }

    private void remember(PublicKey offered) throws SshException {
        try {
            boolean added = login.trust().knownHosts().add(line(offered));
            LOG.info("{}: accepted the new host key {}{}", login, describe(offered),
                    added ? " and added it to " + source() : "");
        } catch (IOException | RuntimeException e) {
            throw new SshException(Kind.CONFIGURATION, login + ": the new host key " + describe(offered)
                    + " could not be added to " + source() + " (" + e.getClass().getSimpleName()
                    + "). Nothing was run. Check the path, its permissions and the disk.", e);
        }
    }

    private String line(PublicKey key) {
        return KnownHostHashValue.createHostPattern(login.host(), login.port()) + " " + PublicKeyEntry.toString(key);
    }

    private String source() {
        return login.trust().knownHosts().describe();
    }

    private static String describe(PublicKey key) {
        return KeyUtils.getKeyType(key) + " " + fingerprint(key);
    }

    /** As ssh-keygen prints it: {@code SHA256:} and base64 without padding. */
    static String fingerprint(PublicKey key) {
        return KeyUtils.getFingerPrint(BuiltinDigests.sha256, key);
    }
}
