package dev.caravan.ssh;

import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import org.apache.sshd.client.channel.ChannelDirectTcpip;
import org.apache.sshd.client.future.ConnectFuture;
import org.apache.sshd.common.util.buffer.ByteArrayBuffer;
import org.apache.sshd.common.util.net.SshdSocketAddress;

/**
 * A direct-tcpip channel of a jump host's connection that carries the SSH connection to a host behind it. No local
 * port is opened for it, which others on this machine could use.
 */
final class TunnelChannel extends ChannelDirectTcpip {
    private final Client client;
    private final Attempt attempt;
    private final CompletableFuture<ConnectFuture> inner = new CompletableFuture<>();
    private TunnelIoSession io;

    TunnelChannel(Client client, Attempt attempt) {
        super(new SshdSocketAddress("127.0.0.1", 0),
                new SshdSocketAddress(attempt.login().host(), attempt.login().port()));
        this.client = client;
        this.attempt = attempt;
        setStreaming(Streaming.Async);
    }

    /** The connection inside, there as soon as the channel is open. */
    CompletableFuture<ConnectFuture> inner() {
        return inner;
    }

    @Override
    protected void doOpen() throws IOException {
        super.doOpen();
        io = new TunnelIoSession(client.getSessionFactory(), this, attempt.login());
        addCloseFutureListener(closed -> io.close(true));
        try {
            inner.complete(client.connect(attempt, io));
        } catch (Exception e) {
            inner.completeExceptionally(e);
            throw new IOException("no session could be set up in the tunnel to " + attempt.login(), e);
        }
    }

    @Override
    protected void doWriteData(byte[] data, int offset, long length) throws IOException {
        if (isClosing()) {
            return;
        }
        try {
            io.received(new ByteArrayBuffer(data, offset, (int) length));
        } finally {
            getLocalWindow().release(length);
        }
    }

    @Override
    public void handleEof() throws IOException {
        super.handleEof();
        io.close(true);
    }
}
