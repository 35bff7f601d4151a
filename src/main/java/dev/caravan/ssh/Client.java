package dev.caravan.ssh;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.sshd.client.ClientBuilder;
import org.apache.sshd.client.ClientFactoryManager;
import org.apache.sshd.client.SshClient;
import org.apache.sshd.client.auth.UserAuthFactory;
import org.apache.sshd.client.auth.keyboard.UserAuthKeyboardInteractiveFactory;
import org.apache.sshd.client.auth.password.UserAuthPasswordFactory;
import org.apache.sshd.client.config.hosts.HostConfigEntry;
import org.apache.sshd.client.config.hosts.HostConfigEntryResolver;
import org.apache.sshd.client.future.ConnectFuture;
import org.apache.sshd.client.future.DefaultConnectFuture;
import org.apache.sshd.client.keyverifier.RejectAllServerKeyVerifier;
import org.apache.sshd.client.session.ClientConnectionServiceFactory;
import org.apache.sshd.client.session.ClientSession;
import org.apache.sshd.client.session.ClientSessionImpl;
import org.apache.sshd.client.session.ClientUserAuthServiceFactory;
import org.apache.sshd.client.session.SessionFactory;
import org.apache.sshd.common.AttributeRepository;
import org.apache.sshd.common.AttributeRepository.AttributeKey;
import org.apache.sshd.common.NamedFactory;
import org.apache.sshd.common.Service;
import org.apache.sshd.common.io.IoSession;
import org.apache.sshd.common.kex.BuiltinDHFactories;
import org.apache.sshd.common.kex.DHFactory;
import org.apache.sshd.common.keyprovider.KeyIdentityProvider;
import org.apache.sshd.common.session.Session;
import org.apache.sshd.common.util.net.SshdSocketAddress;
import org.apache.sshd.core.CoreModuleProperties;
import org.apache.sshd.server.forward.ForwardingFilter;
import org.apache.sshd.server.forward.TcpForwardingFilter;

/**
 * MINA's client with our defaults: nothing is taken from {@code ~/.ssh} or the environment unless a login says so, and
 * every session is set up by its {@link Attempt} before its first packet goes out.
 */
final class Client extends SshClient {
    private static final AttributeKey<Attempt> ATTEMPT = new AttributeKey<>();

    private Client() {}

    static Client start(Optional<Path> agentSocket) {
        ClientBuilder builder = ClientBuilder.builder();
        builder.factory(Client::new)
                .hostConfigEntryResolver(HostConfigEntryResolver.EMPTY)
                .serverKeyVerifier(RejectAllServerKeyVerifier.INSTANCE)
                .keyExchangeFactories(NamedFactory.setUpTransformedFactories(
                        true, keyExchanges(), ClientBuilder.DH2KEX));
        Client client = (Client) builder.build(true);
        client.setKeyIdentityProvider(KeyIdentityProvider.EMPTY_KEYS_PROVIDER);
        client.setUserAuthFactories(List.<UserAuthFactory>of(
                new OrderedPublicKeys.Factory(client.getSignatureFactories(), agentSocket),
                UserAuthPasswordFactory.INSTANCE,
                UserAuthKeyboardInteractiveFactory.INSTANCE));
        client.setSessionFactory(new PreparedSessions(client));
        client.setForwardingFilter(ForwardingFilter.asForwardingFilter(null, null, new OnlyAskedFor()));
        client.setServiceFactories(List.of(ClientUserAuthServiceFactory.INSTANCE, new KeptAlive()));
        // Connections without work are closed by the pool; a long silent command is no reason to drop one.
        CoreModuleProperties.IDLE_TIMEOUT.set(client, Duration.ZERO);
        // Limits of each login apply instead; these only end what was forgotten.
        CoreModuleProperties.AUTH_TIMEOUT.set(client, Duration.ofMinutes(10));
        CoreModuleProperties.HEARTBEAT_NO_REPLY_MAX.set(client, 3);
        // A command is a handful of small packets: collected by Nagle, each waits for the answer to the one before.
        CoreModuleProperties.TCP_NODELAY.set(client, true);
        CoreModuleProperties.PASSWORD_PROMPTS.set(client, 1);
        CoreModuleProperties.STOP_WAIT_TIME.set(client, Duration.ofSeconds(5));
        client.start();
        return client;
    }

    /**
     * MINA's default key exchanges, the cheap ones first: post-quantum ones cost the client several times the CPU of
     * curve25519, for one handshake with each of many hosts, and what goes over these connections is of no use to
     * somebody who records it for decades.
     */
    private static List<DHFactory> keyExchanges() {
        List<DHFactory> classical = new ArrayList<>();
        List<DHFactory> postQuantum = new ArrayList<>();
        for (BuiltinDHFactories each : ClientBuilder.DEFAULT_KEX_PREFERENCE) {
            boolean quantum = each.getName().startsWith("sntrup") || each.getName().startsWith("mlkem");
            (quantum ? postQuantum : classical).add(each);
        }
        classical.addAll(postQuantum);
        return classical;
    }

    /** Connects over TCP. */
    ConnectFuture connect(Attempt attempt, InetSocketAddress address) throws IOException {
        AttributeRepository context = AttributeRepository.ofKeyValuePair(ATTEMPT, attempt);
        Login login = attempt.login();
        return doConnect(login.user(), address, context, null, null, hostConfig(login));
    }

    /** Takes a connection that something else has set up. Its session exists from the moment this returns. */
    ConnectFuture connect(Attempt attempt, IoSession io) throws Exception {
        io.setAttribute(AttributeRepository.class, AttributeRepository.ofKeyValuePair(ATTEMPT, attempt));
        getSessionFactory().sessionCreated(io);
        Login login = attempt.login();
        ConnectFuture future = new DefaultConnectFuture(login.toString(), null);
        onConnectOperationComplete(io, future, login.user(),
                InetSocketAddress.createUnresolved(login.host(), login.port()), null, hostConfig(login));
        return future;
    }

    private static HostConfigEntry hostConfig(Login login) {
        HostConfigEntry entry = new HostConfigEntry("", login.host(), login.port(), login.user(), null);
        entry.setIdentitiesOnly(true);
        return entry;
    }

    private static Attempt attempt(ClientSession session) {
        return session.getConnectionContext().getAttribute(ATTEMPT);
    }

    /** A host reaches what a {@link RemoteForward} leads to, and nothing else of this machine. */
    private static final class OnlyAskedFor implements TcpForwardingFilter {
        @Override
        public boolean canListen(SshdSocketAddress address, Session session) {
            return false;
        }

        @Override
        public boolean canConnect(Type type, SshdSocketAddress address, Session session) {
            return type == Type.Forwarded;
        }
    }

    /** MINA reads the interval as it makes the service, which is before a session can be set up. */
    private static final class KeptAlive extends ClientConnectionServiceFactory {
        @Override
        public Service create(Session session) throws IOException {
            Duration interval = attempt((ClientSession) session).login().limits().keepAlive();
            CoreModuleProperties.HEARTBEAT_INTERVAL.set(session, interval);
            return super.create(session);
        }
    }

    private static final class PreparedSessions extends SessionFactory {
        PreparedSessions(ClientFactoryManager client) {
            super(client);
        }

        @Override
        protected ClientSessionImpl doCreateSession(IoSession io) throws Exception {
            ClientSessionImpl session = super.doCreateSession(io);
            attempt(session).prepare(session);
            return session;
        }
    }
}
