package dev.caravan.rehearsal;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumSet;
import java.util.Set;
import org.apache.sshd.client.SshClient;
import org.apache.sshd.client.channel.ChannelExec;
import org.apache.sshd.client.channel.ClientChannelEvent;
import org.apache.sshd.client.session.ClientSession;
import org.apache.sshd.common.config.keys.PublicKeyEntry;
import org.apache.sshd.common.keyprovider.FileKeyPairProvider;

/** A plain SSH connection to a simulated host. */
final class Connection implements AutoCloseable {
    private static final Duration LIMIT = Duration.ofSeconds(30);

    private final SshClient client = SshClient.setUpDefaultClient();
    private final ClientSession session;

    /** @param status empty signals that none came because the connection was cut */
    record Answer(Integer status, String out, String err) {}

    Connection(SimulatedHost host) throws IOException {
        this(host, "root");
    }

    Connection(SimulatedHost host, String user) throws IOException {
        this(host.address(), user, host.clientKey());
    }

    Connection(InetSocketAddress address, String user, Path key) throws IOException {
        client.setServerKeyVerifier((connecting, remote, presented) -> true);
        client.setKeyIdentityProvider(new FileKeyPairProvider(key));
        client.start();
        session = client.connect(user, address).verify(LIMIT).getSession();
        session.auth().verify(LIMIT);
    }

    String hostKey() {
        return PublicKeyEntry.toString(session.getServerKey());
    }

    boolean isOpen() {
        return session.isOpen();
    }

    Answer run(String command) throws IOException {
        return run(command, "");
    }

    Answer run(String command, String input) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        try (ChannelExec channel = session.createExecChannel(command)) {
            channel.setIn(new ByteArrayInputStream(input.getBytes(StandardCharsets.UTF_8)));
            channel.setOut(out);
            channel.setErr(err);
            channel.open().verify(LIMIT);
            Set<ClientChannelEvent> events = channel.waitFor(EnumSet.of(ClientChannelEvent.CLOSED), LIMIT);
            if (events.contains(ClientChannelEvent.TIMEOUT)) {
                throw new IOException("no end of '" + command + "' within " + LIMIT.toSeconds() + " s: " + out + err);
            }
            return new Answer(channel.getExitStatus(), out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
        }
    }

    @Override
    public void close() {
        client.stop();
    }
}
