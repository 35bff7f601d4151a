package dev.caravan.ssh;

import dev.caravan.ssh.SshException.Kind;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.apache.sshd.client.session.ClientSession;
import org.apache.sshd.common.session.Session;
import org.apache.sshd.common.session.SessionListener;

/**
 * One connection of the pool, from its first command until it breaks, falls idle or is closed; it is never opened
 * twice. Commands wait here for the login and for a free channel. Thread-safe; nothing foreign is called with the lock
 * held.
 */
final class Connection implements Execution.Lender {
    /** OpenSSH allows 10 sessions in a connection (MaxSessions); the rest is for a person's own use of it. */
    private static final int CHANNELS = 8;
    /** A server counts a session until its process is gone, which is after the channel was closed. */
    private static final long PAUSE_MILLIS = 100;

    /** What the pool gives a connection. */
    interface Pool {
        CompletableFuture<ClientSession> open(Login login);

        /** Runs a command that never reached its host, over another connection. */
        void again(Execution execution);

        void closed(Connection connection);
    }

    private enum State { NEW, CONNECTING, OPEN, CLOSED }

    private final Login login;
    private final Pool pool;
    private final ScheduledExecutorService timer;
    private final Duration idleTime;
    private final Deque<Execution> waiting = new ArrayDeque<>();
    private final Set<Execution> running = new HashSet<>();
    private final CompletableFuture<ClientSession> opened = new CompletableFuture<>();
    private final CompletableFuture<Void> closed = new CompletableFuture<>();
    private State state = State.NEW;
    private ClientSession session;
    private int channels = CHANNELS;
    private boolean served;
    private int tunnels;
    private Future<?> idle;
    private volatile Throwable lostBecause;

    Connection(Login login, Pool pool, ScheduledExecutorService timer, Duration idleTime) {
        this.login = login;
        this.pool = pool;
        this.timer = timer;
        this.idleTime = idleTime;
    }

    Login login() {
        return login;
    }

    synchronized boolean isOpen() {
        return state == State.OPEN;
    }

    /** Takes a command, to run it now or as soon as that is possible. @return false if this connection is closed */
    boolean submit(Execution execution) {
        synchronized (this) {
            if (state == State.CLOSED) {
                return false;
            }
            waiting.add(execution);
            cancelIdle();
        }
        connect();
        startWaiting();
        return true;
    }

    /**
     * Lends the session to something that goes on until {@link #release()}.
     *
     * @return null if this connection is closed
     */
    CompletableFuture<ClientSession> borrow() {
        synchronized (this) {
            if (state == State.CLOSED) {
                return null;
            }
            tunnels++;
            cancelIdle();
        }
        connect();
        return opened;
    }

    void release() {
        synchronized (this) {
            tunnels--;
            waitIfIdle();
        }
    }

    private void connect() {
        synchronized (this) {
            if (state != State.NEW) {
                return;
            }
            state = State.CONNECTING;
        }
        CompletableFuture<ClientSession> opening;
        try {
            opening = pool.open(login);
        } catch (RuntimeException e) {
            close(e); // the pool is being closed
            return;
        }
        opening.whenComplete((connected, failure) -> {
            if (failure == null) {
                opened(connected);
            } else {
                close(SshException.beneath(failure));
            }
        });
    }

    private void opened(ClientSession connected) {
        synchronized (this) {
            if (state == State.CONNECTING) {
                session = connected;
                state = State.OPEN;
            }
        }
        if (!isOpen()) {
            connected.close(true); // closed meanwhile
            return;
        }
        connected.addSessionListener(new LossReason());
        // Called at once where the connection is gone already.
        connected.addCloseFutureListener(gone -> close(Failures.connectionLost(login, lostBecause)));
        opened.complete(connected);
        startWaiting();
    }

    private void startWaiting() {
        List<Execution> starting = new ArrayList<>();
        ClientSession over;
        synchronized (this) {
            over = session;
            while (state == State.OPEN && running.size() < channels && !waiting.isEmpty()) {
                Execution next = waiting.poll();
                running.add(next);
                starting.add(next);
            }
        }
        starting.forEach(each -> each.start(over, this));
    }

    /**
     * The host allows fewer channels than thought: the command waits for one of the others. If there is none, the server may still count
     * one that has ended, so the command waits for a moment.
     */
    @Override
    public boolean refused(Execution execution) {
        synchronized (this) {
            boolean alone = running.size() <= 1;
            if (state != State.OPEN || alone && !(served && execution.mayWait())) {
                return false;
            }
            running.remove(execution);
            execution.again();
            waiting.addFirst(execution);
            channels = Math.max(1, running.size());
            if (alone) {
                timer.schedule(this::startWaiting, PAUSE_MILLIS, TimeUnit.MILLISECONDS);
            }
            return true;
        }
    }

    @Override
    public void returned(Execution execution) {
        synchronized (this) {
            if (state != State.OPEN) {
                return; // close has the commands
            }
            running.remove(execution);
            served |= execution.sent();
            waitIfIdle();
        }
        startWaiting();
    }

    @Override
    public void broken(Throwable failure) {
        close(Failures.connectionLost(login, failure));
    }

    /** Closes the connection and fails its commands; done when it is closed. */
    CompletableFuture<Void> close(Throwable reason) {
        return close(reason, false);
    }

    private CompletableFuture<Void> close(Throwable reason, boolean onlyIfIdle) {
        List<Execution> left;
        ClientSession over;
        boolean wasOpen;
        synchronized (this) {
            if (state == State.CLOSED || onlyIfIdle && !isIdle()) {
                return closed;
            }
            wasOpen = state == State.OPEN;
            state = State.CLOSED;
            over = session;
            left = new ArrayList<>(running);
            left.addAll(waiting);
            running.clear();
            waiting.clear();
            cancelIdle();
        }
        pool.closed(this);
        Exception failure = reason instanceof Exception exception ? exception : new IllegalStateException(reason);
        opened.completeExceptionally(failure);
        boolean lost = wasOpen && failure instanceof SshException ssh && ssh.kind() == Kind.CONNECTION_LOST;
        for (Execution each : left) {
            if (lost && !each.sent() && each.again()) {
                pool.again(each);
            } else {
                each.fail(failure);
            }
        }
        if (over == null) {
            closed.complete(null);
        } else {
            over.close(true).addListener(gone -> closed.complete(null));
        }
        return closed;
    }

    private boolean isIdle() {
        return running.isEmpty() && waiting.isEmpty() && tunnels == 0;
    }

    private void waitIfIdle() {
        if (state == State.OPEN && isIdle()) {
            cancelIdle();
            idle = timer.schedule(
                    () -> close(Failures.closed(login), true), idleTime.toMillis(), TimeUnit.MILLISECONDS);
        }
    }

    private void cancelIdle() {
        if (idle != null) {
            idle.cancel(false);
            idle = null;
        }
    }

    /** Keeps why the connection broke: the first that is told is the cause of the rest. */
    private final class LossReason implements SessionListener {
        @Override
        public void sessionException(Session broken, Throwable failure) {
            if (lostBecause == null) {
                lostBecause = failure;
            }
        }

        @Override
        public void sessionDisconnect(Session broken, int code, String message, String language, boolean initiator) {
            if (lostBecause == null) {
                lostBecause = new IOException(
                        (initiator ? "disconnected: " : "the host disconnected: ") + message);
            }
        }
    }
}
