package dev.caravan.remote;

import dev.caravan.spec.Host;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.sshd.common.config.keys.KeyUtils;
import org.apache.sshd.common.keyprovider.KeyPairProvider;
import org.apache.sshd.common.session.Session;
import org.apache.sshd.common.session.SessionListener;
import org.apache.sshd.core.CoreModuleProperties;
import org.apache.sshd.server.SshServer;
import org.apache.sshd.server.channel.ChannelSession;
import org.apache.sshd.server.shell.ProcessShellFactory;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Hosts h1, h2 and so on, at {@value #ADDRESSES}1 and up: MINA's server runs commands in this machine's shell, each host with a
 * directory of its own as {@code CARAVAN_ROOT}. Programs in its {@code bin} replace those of this machine. A test starts them, and they
 * are closed after it: a field with {@code @RegisterExtension}.
 */
final class ShellHosts implements AutoCloseable, AfterEachCallback {
    static final String ADDRESSES = "127.0.2.";

    final AtomicInteger connections = new AtomicInteger();
    private final SshServer server = SshServer.setUpDefaultServer();
    private int count;
    private Path directory;

    private ShellHosts() {}

    static ShellHosts forTest() {
        return new ShellHosts();
    }

    /** Starts that many hosts, whose files are below that directory. */
    void start(int hosts, Path below) throws Exception {
        count = hosts;
        directory = below;
        server.setHost(IntStream.rangeClosed(1, hosts).mapToObj(number -> ADDRESSES + number).collect(Collectors.joining(",")));
        server.setKeyPairProvider(KeyPairProvider.wrap(KeyUtils.generateKeyPair("ecdsa-sha2-nistp256", 256)));
        CoreModuleProperties.TCP_NODELAY.set(server, true);
        server.setPasswordAuthenticator((user, password, session) -> true);
        server.setCommandFactory((channel, command) -> {
            Path root = Files.createDirectories(below.resolve(hostOf(channel)));
            channel.getEnvironment().set("CARAVAN_ROOT", root.toString());
            channel.getEnvironment().set("PATH", root.resolve("bin") + ":" + System.getenv("PATH"));
            return new ProcessShellFactory(command, "/bin/sh", "-c", command).createShell(channel);
        });
        server.addSessionListener(new SessionListener() {
            @Override
            public void sessionCreated(Session session) {
                connections.incrementAndGet();
            }
        });
        server.start();
    }

    @Override
    public void afterEach(ExtensionContext context) throws IOException {
        close();
    }

    private static String hostOf(ChannelSession channel) {
        String address = ((InetSocketAddress) channel.getSession().getIoSession().getLocalAddress()).getAddress().getHostAddress();
        return "h" + address.substring(address.lastIndexOf('.') + 1);
    }

    int count() {
        return count;
    }

    int port() {
        return server.getPort();
    }

    /** What stands for that host's root directory. */
    Path root(Host host) {
        return directory.resolve(host.name());
    }

    /** Cuts every connection, without a word. */
    void breakConnections() {
        server.getActiveSessions().forEach(session -> session.getIoSession().close(true));
    }

    @Override
    public void close() throws IOException {
        server.stop(true);
    }
}
