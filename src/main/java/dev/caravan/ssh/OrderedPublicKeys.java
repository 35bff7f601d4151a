package dev.caravan.ssh;

import java.io.IOException;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.PublicKey;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.sshd.agent.SshAgent;
import org.apache.sshd.client.auth.pubkey.KeyAgentIdentity;
import org.apache.sshd.client.auth.pubkey.KeyPairIdentity;
import org.apache.sshd.client.auth.pubkey.PublicKeyIdentity;
import org.apache.sshd.client.auth.pubkey.UserAuthPublicKey;
import org.apache.sshd.client.auth.pubkey.UserAuthPublicKeyFactory;
import org.apache.sshd.client.session.ClientSession;
import org.apache.sshd.common.NamedFactory;
import org.apache.sshd.common.signature.Signature;
import org.apache.sshd.common.signature.SignatureFactoriesManager;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Public-key authentication that offers the login's own keys first and the agent's after them. MINA's own order is the
 * reverse, and a host takes only a few tries (OpenSSH: MaxAuthTries 6), which a full agent uses up.
 */
final class OrderedPublicKeys extends UserAuthPublicKey {
    private static final Logger LOG = LoggerFactory.getLogger(OrderedPublicKeys.class);

    private final Optional<Path> agentSocket;
    private SshAgent agent;

    private OrderedPublicKeys(List<NamedFactory<Signature>> factories, Optional<Path> agentSocket) {
        super(factories);
        this.agentSocket = agentSocket;
    }

    @Override
    protected Iterator<PublicKeyIdentity> createPublicKeyIterator(
            ClientSession session, SignatureFactoriesManager manager) {
        Attempt attempt = session.getAttribute(Attempt.KEY);
        List<PublicKeyIdentity> identities = new ArrayList<>();
        for (KeyPair key : attempt.keys()) {
            identities.add(new KeyPairIdentity(manager, session, key));
        }
        if (attempt.login().agent()) {
            addAgentKeys(attempt, identities);
        }
        return identities.iterator();
    }

    private void addAgentKeys(Attempt attempt, List<PublicKeyIdentity> identities) {
        try {
            agent = UnixAgent.connect(agentSocket.orElseThrow(() -> new IOException("SSH_AUTH_SOCK is not set")));
            for (Map.Entry<PublicKey, String> each : agent.getIdentities()) {
                identities.add(new KeyAgentIdentity(agent, each.getKey(), each.getValue()));
            }
        } catch (IOException e) {
            // Other credentials may do; the message of a failed login says what was tried.
            LOG.warn("{}: no keys from ssh-agent: {}", attempt.login(), e.getMessage());
        }
    }

    @Override
    protected void releaseKeys() throws IOException {
        super.releaseKeys();
        if (agent != null) {
            agent.close();
            agent = null;
        }
    }

    /** Signs with any of MINA's default algorithms, whatever host keys the session asks for. */
    static final class Factory extends UserAuthPublicKeyFactory {
        private final Optional<Path> agentSocket;

        Factory(List<NamedFactory<Signature>> factories, Optional<Path> agentSocket) {
            super(List.copyOf(factories));
            this.agentSocket = agentSocket;
        }

        @Override
        public UserAuthPublicKey createUserAuth(ClientSession session) {
            return new OrderedPublicKeys(getSignatureFactories(), agentSocket);
        }
    }
}
