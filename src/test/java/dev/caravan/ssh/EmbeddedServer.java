package dev.caravan.ssh;

import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.PublicKey;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import org.apache.sshd.common.channel.Channel;
import org.apache.sshd.common.channel.ChannelListener;
import org.apache.sshd.common.config.keys.KeyUtils;
import org.apache.sshd.common.keyprovider.KeyPairProvider;
import org.apache.sshd.common.session.Session;
import org.apache.sshd.common.session.SessionListener;
import org.apache.sshd.server.Signal;
import org.apache.sshd.server.SshServer;
import org.apache.sshd.server.auth.password.PasswordAuthenticator;
import org.apache.sshd.server.channel.ChannelSession;
import org.apache.sshd.server.forward.AcceptAllForwardingFilter;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * MINA's server in this process, on a free loopback port: runs commands with {@code sh -c}, takes the password
 * {@value #PASSWORD} from anyone, and counts what happens to it. It is there for each test of a class, as a field with
 * {@code @RegisterExtension}.
 */
final class EmbeddedServer implements BeforeEachCallback, AfterEachCallback {
    static final String PASSWORD = "correct horse";

    final AtomicInteger connections = new AtomicInteger();
    final AtomicInteger commands = new AtomicInteger();
    final Set<Signal> signals = ConcurrentHashMap.newKeySet();
    final Peak channels = new Peak();
    final Peak logins = new Peak();
    private final Set<Session> loggingIn = ConcurrentHashMap.newKeySet();
    private final KeyPair hostKey = newKey();
    private final SshServer server = SshServer.setUpDefaultServer();

    /** The most there were at a time. */
    static final class Peak {
        private int now;
        private int most;

        synchronized void enter() {
            most = Math.max(most, ++now);
        }

        synchronized void leave() {
            now--;
        }

        synchronized int most() {
            return most;
        }
    }

    private EmbeddedServer() {}

    /** One that JUnit starts before each test and closes after it. */
    static EmbeddedServer forTest() {
        return new EmbeddedServer();
    }

    private static KeyPair newKey() {
        try {
            return KeyUtils.generateKeyPair("ecdsa-sha2-nistp256", 256);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java has this curve", e);
        }
    }

    @Override
    public void beforeEach(ExtensionContext context) throws IOException {
        configure();
        server.start();
    }

    @Override
    public void afterEach(ExtensionContext context) throws IOException {
        server.stop(true);
    }

    private void configure() {
        server.setHost("127.0.0.1");
        server.setPort(0);
        server.setKeyPairProvider(KeyPairProvider.wrap(hostKey));
        server.setPasswordAuthenticator((user, password, session) -> PASSWORD.equals(password));
        server.setForwardingFilter(AcceptAllForwardingFilter.INSTANCE);
        answer(command -> command);
        server.addSessionListener(new Sessions());
        server.addChannelListener(new Channels());
    }

    SshServer mina() {
        return server;
    }

    int port() {
        return server.getPort();
    }

    /** Access with the password, host keys unchecked. */
    Access access() {
        return Access.to(port()).user("tester").password(PASSWORD);
    }

    SshTarget target() {
        return access().loopback();
    }

    PublicKey hostKey() {
        return hostKey.getPublic();
    }

    void accept(PasswordAuthenticator authenticator) {
        server.setPasswordAuthenticator(authenticator);
    }

    void acceptKey(PublicKey authorized) {
        server.setPublickeyAuthenticator((user, key, session) -> KeyUtils.compareKeys(key, authorized));
    }

    /** Runs, in place of a command, what this makes of it. */
    void answer(UnaryOperator<String> inPlace) {
        server.setCommandFactory((channel, command) -> {
            commands.incrementAndGet();
            channel.getEnvironment().addSignalListener((from, signal) -> signals.add(signal), Signal.TERM);
            return new ProcessCommand(inPlace.apply(command));
        });
    }

    /** Cuts every connection, without a word. */
    void dropConnections() {
        server.getActiveSessions().forEach(session -> session.getIoSession().close(true));
    }

    private final class Sessions implements SessionListener {
        @Override
        public void sessionCreated(Session session) {
            connections.incrementAndGet();
            loggingIn.add(session);
            logins.enter();
        }

        @Override
        public void sessionEvent(Session session, Event event) {
            if (event == Event.Authenticated) {
                left(session);
            }
        }

        @Override
        public void sessionClosed(Session session) {
            left(session);
        }

        private void left(Session session) {
            if (loggingIn.remove(session)) {
                logins.leave();
            }
        }
    }

    private final class Channels implements ChannelListener {
        private final Map<Channel, Boolean> open = new ConcurrentHashMap<>();

        @Override
        public void channelOpenSuccess(Channel channel) {
            if (channel instanceof ChannelSession && open.put(channel, true) == null) {
                channels.enter();
            }
        }

        @Override
        public void channelClosed(Channel channel, Throwable reason) {
            if (open.remove(channel) != null) {
                channels.leave();
            }
        }
    }
}
