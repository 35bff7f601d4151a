package dev.caravan.ssh;

import java.io.IOException;
import java.net.SocketAddress;
import java.time.Duration;
import org.apache.sshd.common.channel.BufferedIoOutputStream;
import org.apache.sshd.common.io.IoHandler;
import org.apache.sshd.common.io.IoOutputStream;
import org.apache.sshd.common.io.IoWriteFuture;
import org.apache.sshd.common.util.buffer.Buffer;

/** What MINA takes for a socket: the bytes go through a {@link TunnelChannel}. */
final class TunnelIoSession extends CarriedIoSession {
    private final TunnelChannel channel;
    private final IoOutputStream out;

    TunnelIoSession(IoHandler handler, TunnelChannel channel, Login login) {
        super(handler, login);
        this.channel = channel;
        // The channel takes one write at a time. What waits here is bounded by the inner session's windows, and
        // waiting for room would block the thread that makes room.
        this.out = new BufferedIoOutputStream(
                "tunnel", channel.getChannelId(), channel.getAsyncIn(), Integer.MAX_VALUE, Duration.ofDays(1));
    }

    @Override
    IoWriteFuture write(Buffer bytes) throws IOException {
        return out.writeBuffer(bytes);
    }

    /** The jump host's connection goes on. */
    @Override
    void closeCarrier() {
        channel.getAsyncIn().close(true);
        channel.close(false);
    }

    @Override
    public SocketAddress getLocalAddress() {
        return channel.getLocalSocketAddress().toInetSocketAddress();
    }

    @Override
    public void shutdownOutputStream() {
        channel.getAsyncIn().close(false);
    }
}
