package dev.caravan.ssh;

import dev.caravan.spec.Secret;
import java.security.KeyPair;
import java.security.PublicKey;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.apache.sshd.client.auth.password.PasswordAuthenticationReporter;
import org.apache.sshd.client.auth.pubkey.PublicKeyAuthenticationReporter;
import org.apache.sshd.client.session.ClientSession;
import org.apache.sshd.common.AttributeRepository.AttributeKey;
import org.apache.sshd.common.config.keys.KeyUtils;

/**
 * One try at a connection: what it may use, and what happened so far. The session's own thread writes, the thread that builds
 * the message reads.
 */
final class Attempt {
    /** Private keys of the session, for {@link OrderedPublicKeys}. */
    static final AttributeKey<Attempt> KEY = new AttributeKey<>();

    private final Login login;
    private final List<KeyPair> keys;
    private final HostKeys hostKeys;
    private final Set<String> refusedTypes;
    private final Set<String> tried = new LinkedHashSet<>();
    private List<String> serverMethods = List.of();
    private volatile SshException refusal;
    private volatile PublicKey offered;
    private volatile String transportEnded = "";

    Attempt(Login login, List<KeyPair> keys, HostKeys hostKeys, Set<String> refusedTypes) {
        this.login = login;
        this.keys = keys;
        this.hostKeys = hostKeys;
        this.refusedTypes = refusedTypes;
    }

    Login login() {
        return login;
    }

    List<KeyPair> keys() {
        return keys;
    }

    /** Why the host key was refused, or null. */
    SshException refusal() {
        return refusal;
    }

    /** Keeps how the command that carried the connection ended. */
    void transportEnded(String how) {
        transportEnded = how;
    }

    /** How the command that carried the connection ended; empty where there was none, or it has not. */
    String transportEnded() {
        return transportEnded;
    }

    /** A further try that asks for host keys of another type, where that may help; else null. */
    Attempt withAnotherKeyType() {
        if (refusal == null || offered == null || !hostKeys.acceptsUnknownType()) {
            return null;
        }
        Set<String> types = new LinkedHashSet<>(refusedTypes);
        return types.add(KeyUtils.getKeyType(offered)) ? new Attempt(login, keys, hostKeys, types) : null;
    }

    /** Whether the host had no key of the types that were asked for, or the connection broke before it showed one. */
    boolean gotNoKey() {
        return offered == null;
    }

    /** Called before the session's first packet. */
    void prepare(ClientSession session) {
        session.setAttribute(KEY, this);
        session.setSignatureFactories(hostKeys.order(session.getSignatureFactories(), refusedTypes));
        session.setServerKeyVerifier((verified, address, key) -> verify(key));
        // Not addPasswordIdentity: that writes a digest of the password to the debug log.
        session.setPasswordIdentityProvider(
                context -> login.password().map(Secret::reveal).map(List::of).orElse(List.of()));
        session.setPublicKeyAuthenticationReporter(new Keys());
        session.setPasswordAuthenticationReporter(new Passwords());
    }

    private boolean verify(PublicKey key) {
        offered = key;
        try {
            hostKeys.verify(key);
            return true;
        } catch (SshException e) {
            refusal = e;
            return false;
        }
    }

    /** What was offered and refused: {@code key ssh-ed25519 SHA256:..., password}. */
    synchronized String tried() {
        return tried.isEmpty() ? "nothing" : String.join(", ", tried);
    }

    /** What the host says it takes, as far as it said. */
    synchronized List<String> serverMethods() {
        return serverMethods;
    }

    private synchronized void tried(String what) {
        tried.add(what);
    }

    private synchronized void refused(List<String> methods) {
        serverMethods = new ArrayList<>(methods);
    }

    private final class Keys implements PublicKeyAuthenticationReporter {
        @Override
        public void signalAuthenticationAttempt(
                ClientSession session, String service, KeyPair identity, String signature) {
            PublicKey key = identity.getPublic();
            String from = identity.getPrivate() == null ? "agent key " : "key ";
            tried(from + KeyUtils.getKeyType(key) + " " + HostKeys.fingerprint(key));
        }

        @Override
        public void signalAuthenticationFailure(ClientSession session, String service, KeyPair identity,
                boolean partial, List<String> methods) {
            refused(methods);
        }
    }

    private final class Passwords implements PasswordAuthenticationReporter {
        @Override
        public void signalAuthenticationAttempt(
                ClientSession session, String service, String oldPassword, boolean modified, String newPassword) {
            tried("password");
        }

        @Override
        public void signalAuthenticationFailure(ClientSession session, String service, String password,
                boolean partial, List<String> methods) {
            refused(methods);
        }
    }
}
