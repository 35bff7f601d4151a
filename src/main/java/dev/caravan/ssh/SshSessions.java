package dev.caravan.ssh;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.sshd.client.session.ClientSession;

/**
 * Runs commands on hosts over SSH. Thread-safe; one for a process is enough.
 *
 * <p>How a command travels:
 * <ol>
 * <li>Commands for equal targets share one connection. The first opens it, those that come meanwhile wait for it.
 * <li>The connection to a host behind a jump host goes through the pooled connection of the jump host.
 * <li>The host's key is checked before anything is sent; an unknown or changed one means that no command runs.
 * <li>Up to eight commands run in a connection at a time, fewer where the host allows fewer; the rest wait in order.
 * <li>A connection that breaks fails what ran in it ({@link SshException.Kind#CONNECTION_LOST}); what it had not sent
 * yet and the next command get a new one. A half-open link is found by three keepalives without an answer.
 * </ol>
 *
 * <p>No thread waits for a host. Results are delivered on threads kept for that, so that what follows may block.
 */
public final class SshSessions implements AutoCloseable {

    /**
     * @param handshakes  connections that are being opened at a time; their cryptography is what costs CPU here
     * @param idleTime    after which a connection without commands is closed
     * @param agentSocket the ssh-agent's socket, for logins that ask for the agent
     */
    public record Options(int handshakes, Duration idleTime, Optional<Path> agentSocket) {

        /** 50 handshakes, 10 minutes, and the agent that {@code SSH_AUTH_SOCK} names. */
        public static Options defaults() {
            Optional<Path> agent = Optional.ofNullable(System.getenv("SSH_AUTH_SOCK"))
                    .filter(path -> !path.isBlank())
                    .map(Path::of);
            return new Options(50, Duration.ofMinutes(10), agent);
        }
    }

    private static final int DISK_THREADS = 8;

    private final Options options;
    private final Client client;
    private final Connector connector;
    private final ScheduledThreadPoolExecutor timer;
    private final ThreadPoolExecutor disk;
    private final Callbacks callbacks;
    private final Map<Login, Connection> connections = new ConcurrentHashMap<>();
    private final Map<Login, RemoteForward> forwards = new ConcurrentHashMap<>();
    private final Connection.Pool pool = new OwnPool();
    private final Tally tally = new Tally();
    private volatile boolean closed;

    public SshSessions() {
        this(Options.defaults());
    }

    public SshSessions(Options options) {
        this.options = options;
        timer = new ScheduledThreadPoolExecutor(1, threads("caravan-ssh-timer"));
        timer.setRemoveOnCancelPolicy(true);
        disk = new ThreadPoolExecutor(DISK_THREADS, DISK_THREADS, 10, TimeUnit.SECONDS, new LinkedBlockingQueue<>(),
                threads("caravan-ssh-disk"));
        disk.allowCoreThreadTimeOut(true);
        callbacks = new Callbacks(threads("caravan-ssh-callback"), timer);
        client = Client.start(options.agentSocket());
        connector = new Connector(client, disk, timer, options.handshakes());
    }

    private static ThreadFactory threads(String name) {
        AtomicInteger number = new AtomicInteger();
        return task -> {
            Thread thread = new Thread(task, name + "-" + number.incrementAndGet());
            thread.setDaemon(true);
            return thread;
        };
    }

    /**
     * Runs a command. A command that ends by itself gives a result, whatever its exit status.
     *
     * @return fails with an {@link SshException}, or with what the command's own output listener threw
     */
    public CompletionStage<SshResult> execute(SshTarget target, SshCommand command) {
        return execute(Login.of(target), command);
    }

    CompletionStage<SshResult> execute(Login login, SshCommand command) {
        Execution execution = new Execution(login, command, timer, callbacks);
        execution.future().whenComplete((result, failure) -> tally.command(failure));
        submit(execution, login);
        return execution.future().minimalCompletionStage();
    }

    private void submit(Execution execution, Login login) {
        while (!closed) {
            Connection connection = connection(login);
            if (connection.submit(execution)) {
                return;
            }
            connections.remove(login, connection);
        }
        execution.fail(Failures.closed(login));
    }

    private Connection connection(Login login) {
        return connections.computeIfAbsent(
                login, absent -> new Connection(absent, pool, timer, options.idleTime()));
    }

    /**
     * Forwards a port of the target's loopback address to a port of this machine's, in each connection until that is closed. There is one
     * for each target: another replaces it.
     *
     * @param wanted the target's port; if it is taken, one after it
     */
    public RemoteForward forward(SshTarget target, int wanted, int localPort) {
        Login login = Login.of(target);
        RemoteForward forward = new RemoteForward(login, wanted, localPort, disk, timer);
        RemoteForward before = forwards.put(login, forward);
        if (before != null) {
            before.close();
        }
        while (!closed) {
            Connection connection = connection(login);
            CompletableFuture<ClientSession> session = connection.borrow();
            if (session != null) {
                session.thenCompose(forward::establish).whenComplete((done, failure) -> {
                    connection.release();
                    if (failure != null) {
                        forward.failed(SshException.beneath(failure));
                    }
                });
                return forward;
            }
            connections.remove(login, connection);
        }
        forward.failed(Failures.closed(login));
        return forward;
    }

    /** Ends the target's forward, if it has one. */
    public void endForward(SshTarget target) {
        RemoteForward forward = forwards.remove(Login.of(target));
        if (forward != null) {
            forward.close();
        }
    }

    /** Closes the target's connection, if it has one; commands in it fail with kind CLOSED. Done when it is closed. */
    public CompletionStage<Void> close(SshTarget target) {
        Login login = Login.of(target);
        Connection connection = connections.get(login);
        return connection == null
                ? CompletableFuture.completedStage(null)
                : connection.close(Failures.closed(login)).minimalCompletionStage();
    }

    /** How many connections are open and logged in, those to jump hosts included. */
    public int openConnections() {
        return (int) connections.values().stream().filter(Connection::isOpen).count();
    }

    /** What happened so far. */
    public Tally tally() {
        return tally;
    }

    /** Closes every connection; commands under way fail with kind CLOSED. Waits some seconds at most. */
    @Override
    public void close() {
        closed = true;
        connections.values().forEach(each -> each.close(Failures.closed(each.login())));
        client.stop();
        disk.shutdownNow();
        timer.shutdownNow();
        callbacks.close();
    }

    private final class OwnPool implements Connection.Pool {

        @Override
        public CompletableFuture<ClientSession> open(Login login) {
            CompletableFuture<ClientSession> opening = opening(login);
            opening.whenComplete((session, failure) -> tally.connection(failure));
            // What runs in a new connection may need its forward.
            return opening.thenCompose(session -> {
                RemoteForward forward = forwards.get(login);
                return forward == null ? CompletableFuture.completedFuture(session)
                        : forward.establish(session).thenApply(done -> session);
            });
        }

        private CompletableFuture<ClientSession> opening(Login login) {
            if (login.jump().isEmpty()) {
                return connector.connect(login);
            }
            Login jump = login.jump().get();
            Connection first = null;
            CompletableFuture<ClientSession> borrowed = null;
            while (borrowed == null && !closed) {
                first = connection(jump);
                borrowed = first.borrow();
                if (borrowed == null) {
                    connections.remove(jump, first);
                }
            }
            if (borrowed == null) {
                return CompletableFuture.failedFuture(Failures.closed(login));
            }
            return through(login, jump, first, borrowed);
        }

        private CompletableFuture<ClientSession> through(
                Login login, Login jump, Connection first, CompletableFuture<ClientSession> borrowed) {
            CompletableFuture<ClientSession> inner = borrowed
                    .exceptionallyCompose(failure -> CompletableFuture.failedFuture(
                            SshException.beneath(failure) instanceof SshException known
                                    ? Failures.jumpFailed(login, known)
                                    : SshException.beneath(failure)))
                    .thenCompose(session -> connector.connect(login, session));
            inner.whenComplete((session, failure) -> {
                if (failure == null) {
                    session.addCloseFutureListener(gone -> first.release());
                } else {
                    first.release();
                }
            });
            return inner;
        }

        @Override
        public void again(Execution execution) {
            submitAgain(execution);
        }

        @Override
        public void closed(Connection connection) {
            connections.remove(connection.login(), connection);
        }
    }

    private void submitAgain(Execution execution) {
        submit(execution, execution.login());
    }
}
