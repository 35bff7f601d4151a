package dev.caravan.ssh;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.sshd.common.io.IoHandler;
import org.apache.sshd.common.io.IoService;
import org.apache.sshd.common.io.IoSession;
import org.apache.sshd.common.io.IoWriteFuture;
import org.apache.sshd.common.util.buffer.Buffer;
import org.apache.sshd.common.util.buffer.ByteArrayBuffer;
import org.apache.sshd.common.util.closeable.AbstractCloseable;
import org.apache.sshd.common.util.threads.ThreadUtils;

/** What MINA takes for a socket: the bytes go another way than over a socket of this process. */
abstract class CarriedIoSession extends AbstractCloseable implements IoSession {
    private static final AtomicLong IDS = new AtomicLong();

    private final long id = IDS.incrementAndGet();
    private final IoHandler handler;
    private final SocketAddress remote;
    private final Map<Object, Object> attributes = new ConcurrentHashMap<>();

    CarriedIoSession(IoHandler handler, Login login) {
        this.handler = handler;
        this.remote = InetSocketAddress.createUnresolved(login.host(), login.port());
    }

    /** Writes bytes that nobody else holds. */
    abstract IoWriteFuture write(Buffer bytes) throws IOException;

    /** Ends what carries the bytes. */
    abstract void closeCarrier();

    void received(Buffer data) throws IOException {
        try {
            handler.messageReceived(this, data);
        } catch (Exception e) {
            // As a socket's session does: this connection ends, the jump host's goes on.
            failed(e);
        }
    }

    private void failed(Exception cause) {
        try {
            handler.exceptionCaught(this, cause);
        } catch (Exception e) {
            log.debug("failed({}) {} while handling {}", this, e.toString(), cause.toString());
        }
        close(true);
    }

    @Override
    public IoWriteFuture writeBuffer(Buffer buffer) throws IOException {
        // A copy of another class: a channel would take MINA's own packet buffer for one that it may overwrite.
        byte[] bytes = Arrays.copyOfRange(buffer.array(), buffer.rpos(), buffer.rpos() + buffer.available());
        // Not to be held up, as MINA holds up writers that it takes for strangers while it exchanges keys.
        return ThreadUtils.runAsInternal(new ByteArrayBuffer(bytes), this::write);
    }

    @Override
    protected void doCloseImmediately() {
        super.doCloseImmediately();
        closeCarrier();
        try {
            handler.sessionClosed(this);
        } catch (Exception e) {
            log.debug("doCloseImmediately({}) {}", this, e.toString());
        }
    }

    @Override
    public long getId() {
        return id;
    }

    @Override
    public Object getAttribute(Object key) {
        return attributes.get(key);
    }

    @Override
    public Object setAttribute(Object key, Object value) {
        return attributes.put(key, value);
    }

    @Override
    public Object setAttributeIfAbsent(Object key, Object value) {
        return attributes.putIfAbsent(key, value);
    }

    @Override
    public Object removeAttribute(Object key) {
        return attributes.remove(key);
    }

    @Override
    public SocketAddress getRemoteAddress() {
        return remote;
    }

    @Override
    public SocketAddress getAcceptanceAddress() {
        return null;
    }

    @Override
    public IoService getService() {
        return null; // a service owns sockets
    }

    @Override
    public void suspendRead() {
        // Asked of sockets that forward ports; no session of ours does.
    }

    @Override
    public void resumeRead() {
        // see suspendRead
    }

    @Override
    public String toString() {
        return getClass().getSimpleName() + "[" + remote + "]";
    }
}
