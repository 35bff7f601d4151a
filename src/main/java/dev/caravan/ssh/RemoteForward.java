package dev.caravan.ssh;

import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.apache.sshd.client.session.ClientSession;
import org.apache.sshd.common.util.net.SshdSocketAddress;

/**
 * A port of a host's loopback address that leads through the host's SSH connection to a port of this machine's loopback address. It is
 * there in each connection to the host from now on, at the same port, until it is closed. Thread-safe.
 *
 * <p>The port is the one asked for, or one of those after it; that is decided once. When a connection is lost, the host may hold the port
 * for the old one until it finds out; so it is asked for again until it is given.
 */
public final class RemoteForward implements AutoCloseable {
    private static final int PORTS_TO_TRY = 8;
    private static final long PAUSE_MILLIS = 2000;
    private static final String LOOPBACK = "127.0.0.1";

    private final Login login;
    private final int wanted;
    private final int localPort;
    private final Executor blocking;
    private final ScheduledExecutorService timer;
    private final CompletableFuture<Integer> port = new CompletableFuture<>();
    private ClientSession in;
    private volatile boolean closed;

    /** @param blocking runs what waits for the host's answer */
    RemoteForward(Login login, int wanted, int localPort, Executor blocking, ScheduledExecutorService timer) {
        this.login = login;
        this.wanted = wanted;
        this.localPort = localPort;
        this.blocking = blocking;
        this.timer = timer;
    }

    /** The host's port; fails with an {@link IOException} if the host gives none. */
    public CompletionStage<Integer> port() {
        return port.minimalCompletionStage();
    }

    /** No connection came about that could have it. */
    void failed(Throwable why) {
        port.completeExceptionally(why);
    }

    /** Ends with the forward in that connection; done also if the host refuses it for now. */
    CompletableFuture<Void> establish(ClientSession session) {
        CompletableFuture<Void> done = new CompletableFuture<>();
        try {
            blocking.execute(() -> {
                ask(session);
                done.complete(null);
            });
        } catch (RejectedExecutionException e) {
            done.complete(null); // this is being closed
        }
        return done;
    }

    private synchronized void ask(ClientSession session) {
        if (closed || session == in || !session.isOpen()) {
            return;
        }
        boolean first = !port.isDone();
        if (port.isCompletedExceptionally()) {
            return;
        }
        int from = first ? wanted : port.join();
        IOException refused = null;
        for (int candidate = from; candidate < from + (first ? PORTS_TO_TRY : 1); candidate++) {
            try {
                session.startRemotePortForwarding(new SshdSocketAddress(LOOPBACK, candidate), new SshdSocketAddress(LOOPBACK, localPort));
                in = session;
                port.complete(candidate);
                return;
            } catch (IOException | RuntimeException e) {
                refused = new IOException(login + " forwards no port of its loopback address: " + e.getMessage(), e);
            }
            if (!session.isOpen()) {
                return; // the next connection asks again
            }
        }
        if (first) {
            port.completeExceptionally(refused);
        } else {
            timer.schedule(() -> establish(session), PAUSE_MILLIS, TimeUnit.MILLISECONDS);
        }
    }

    /** Gives the host's port back, as far as the connection allows. */
    @Override
    public void close() {
        closed = true;
        try {
            blocking.execute(this::stop);
        } catch (RejectedExecutionException e) {
            // the connections are being closed, and their forwards with them
        }
    }

    private synchronized void stop() {
        if (in != null && in.isOpen() && port.isDone() && !port.isCompletedExceptionally()) {
            try {
                in.stopRemotePortForwarding(new SshdSocketAddress(LOOPBACK, port.join()));
            } catch (IOException | RuntimeException e) {
                // It ends with the connection.
            }
        }
        in = null;
    }
}
