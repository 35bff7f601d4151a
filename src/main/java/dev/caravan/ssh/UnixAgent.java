package dev.caravan.ssh;

import java.io.EOFException;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.security.PublicKey;
import java.util.Map;
import org.apache.sshd.agent.common.AbstractAgentProxy;
import org.apache.sshd.common.config.keys.OpenSshCertificate;
import org.apache.sshd.common.session.SessionContext;
import org.apache.sshd.common.util.buffer.Buffer;
import org.apache.sshd.common.util.buffer.ByteArrayBuffer;

/**
 * A connection to an ssh-agent over the JDK's own UNIX domain sockets (MINA's agent
 * needs native libraries). Requests wait for the agent; one that asks its user for confirmation holds up a network
 * thread meanwhile.
 */
final class UnixAgent extends AbstractAgentProxy {
    private static final int LARGEST_ANSWER = 256 * 1024; // as OpenSSH limits it

    private final SocketChannel socket;
    private boolean open = true;

    private UnixAgent(SocketChannel socket) {
        super(null);
        this.socket = socket;
    }

    static UnixAgent connect(Path path) throws IOException {
        SocketChannel socket = SocketChannel.open(StandardProtocolFamily.UNIX);
        try {
            socket.connect(UnixDomainSocketAddress.of(path));
        } catch (IOException e) {
            socket.close();
            throw new IOException("cannot connect to the agent at " + path + ": " + e.getMessage(), e);
        }
        return new UnixAgent(socket);
    }

    /**
     * With a certificate the agent signs as with the key in it, and names the plain algorithm (OpenSSH, PROTOCOL.certkeys: the
     * signature is the plain key's). MINA expects the name that it asked for.
     */
    @Override
    public Map.Entry<String, byte[]> sign(SessionContext session, PublicKey key, String algorithm, byte[] data) throws IOException {
        Map.Entry<String, byte[]> signed = super.sign(session, key, algorithm, data);
        return key instanceof OpenSshCertificate && algorithm != null ? Map.entry(algorithm, signed.getValue()) : signed;
    }

    @Override
    protected synchronized Buffer request(Buffer request) throws IOException {
        ByteBuffer bytes = ByteBuffer.wrap(request.array(), request.rpos(), request.available());
        while (bytes.hasRemaining()) {
            socket.write(bytes);
        }
        int length = read(Integer.BYTES).getInt();
        if (length < 1 || length > LARGEST_ANSWER) {
            throw new IOException("the agent answered with a length of " + length);
        }
        return new ByteArrayBuffer(read(length).array());
    }

    private ByteBuffer read(int length) throws IOException {
        ByteBuffer answer = ByteBuffer.allocate(length);
        while (answer.hasRemaining()) {
            if (socket.read(answer) < 0) {
                throw new EOFException("the agent closed the connection");
            }
        }
        return answer.flip();
    }

    @Override
    public boolean isOpen() {
        return open;
    }

    @Override
    public void close() throws IOException {
        open = false;
        super.close();
        socket.close();
    }
}
