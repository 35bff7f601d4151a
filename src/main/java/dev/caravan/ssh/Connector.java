package dev.caravan.ssh;

import dev.caravan.slots.Slots;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.security.KeyPair;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.apache.sshd.client.future.AuthFuture;
import org.apache.sshd.client.future.ConnectFuture;
import org.apache.sshd.client.session.ClientSession;
import org.apache.sshd.common.kex.KexState;
import org.apache.sshd.common.session.ConnectionService;

/**
 * Opens connections: name, keys and known hosts, TCP or a tunnel, handshake with the check of the host key, login.
 * Every future it gives fails with an {@link SshException}. Thread-safe.
 */
final class Connector {
    /** Six tries, in 4 to 8 seconds. */
    private static final int MOST_DROPPED = 5;
    private static final long FIRST_PAUSE_MILLIS = 250;

    private final Client client;
    private final KeyRing keyRing = new KeyRing();
    private final Executor disk;
    private final ScheduledExecutorService timer;
    private final Slots handshakes;

    /**
     * @param disk runs what waits for files, name servers and slow passphrases
     */
    Connector(Client client, Executor disk, ScheduledExecutorService timer, int handshakesAtATime) {
        this.client = client;
        this.disk = disk;
        this.timer = timer;
        this.handshakes = new Slots(handshakesAtATime);
    }

    private record Prepared(Attempt attempt, List<InetSocketAddress> addresses) {}

    /** Opens a connection straight to the host, or through the command that carries it. */
    CompletableFuture<ClientSession> connect(Login login) {
        return prepare(login).thenCompose(prepared -> tryKeyTypes(prepared.attempt(),
                attempt -> login.proxyCommand().isPresent() ? command(attempt) : tcp(attempt, prepared.addresses(), 0)));
    }

    /** Opens a connection through one to the jump host. */
    CompletableFuture<ClientSession> connect(Login login, ClientSession jump) {
        return prepare(login).thenCompose(prepared ->
                tryKeyTypes(prepared.attempt(), attempt -> tunnel(attempt, jump)));
    }

    private CompletableFuture<Prepared> prepare(Login login) {
        CompletableFuture<Prepared> result = new CompletableFuture<>();
        disk.execute(() -> {
            try {
                List<KeyPair> keys = new ArrayList<>();
                for (KeySource source : login.keys()) {
                    keys.addAll(load(login, source));
                }
                Attempt attempt = new Attempt(login, keys, HostKeys.of(login), Set.of());
                result.complete(new Prepared(attempt, 
                        login.jump().isPresent() || login.proxyCommand().isPresent() ? List.of() : resolve(login)));
            } catch (IOException | RuntimeException e) {
                result.completeExceptionally(e);
            }
        });
        return result;
    }

    private List<KeyPair> load(Login login, KeySource source) throws SshException {
        try {
            return keyRing.load(source);
        } catch (SshException e) {
            throw new SshException(e.kind(), login + ": " + e.getMessage(), e.getCause());
        }
    }

    private static List<InetSocketAddress> resolve(Login login) throws SshException {
        try {
            List<InetSocketAddress> addresses = new ArrayList<>();
            for (InetAddress each : InetAddress.getAllByName(login.host())) {
                // Keeps the spec's name beside the address: host certificates are checked against it.
                InetAddress named = InetAddress.getByAddress(login.host(), each.getAddress());
                addresses.add(new InetSocketAddress(named, login.port()));
            }
            return addresses;
        } catch (UnknownHostException e) {
            throw Failures.nameNotFound(login, e);
        }
    }

    private interface Transport {
        CompletableFuture<ClientSession> open(Attempt attempt);
    }

    /** A fingerprint does not tell its key's type: asks for another type where the host offered a wrong key. */
    private CompletableFuture<ClientSession> tryKeyTypes(Attempt attempt, Transport transport) {
        return handshake(attempt, transport, 0)
                .exceptionallyCompose(failure -> {
                    Attempt next = attempt.withAnotherKeyType();
                    if (next == null) {
                        return CompletableFuture.failedFuture(SshException.beneath(failure));
                    }
                    return tryKeyTypes(next, transport).exceptionallyCompose(second ->
                            CompletableFuture.failedFuture(next.refusal() != null || next.gotNoKey()
                                    ? attempt.refusal()
                                    : SshException.beneath(second)));
                });
    }

    /** Tries again where the host drops connections, after pauses that grow and differ: many hosts may have one sshd in front of them. */
    private CompletableFuture<ClientSession> handshake(Attempt attempt, Transport transport, int dropped) {
        return handshakes.with(() -> transport.open(attempt).thenCompose(session -> login(attempt, session))).toCompletableFuture()
                .exceptionallyCompose(failure -> {
                    Throwable cause = SshException.beneath(failure);
                    if (dropped == MOST_DROPPED || !Failures.isDropped(cause)) {
                        return CompletableFuture.failedFuture(cause);
                    }
                    long longest = FIRST_PAUSE_MILLIS << dropped;
                    return after(ThreadLocalRandom.current().nextLong(longest / 2, longest))
                            .thenCompose(now -> handshake(attempt, transport, dropped + 1));
                });
    }

    private CompletableFuture<Void> after(long millis) {
        CompletableFuture<Void> pause = new CompletableFuture<>();
        timer.schedule(() -> pause.complete(null), millis, TimeUnit.MILLISECONDS);
        return pause;
    }

    private CompletableFuture<ClientSession> tcp(Attempt attempt, List<InetSocketAddress> addresses, int index) {
        Login login = attempt.login();
        CompletableFuture<ClientSession> result = new CompletableFuture<>();
        try {
            ConnectFuture connecting = client.connect(attempt, addresses.get(index));
            limit(result, login.limits().connect(), () -> {
                result.completeExceptionally(Failures.noAnswer(login));
                connecting.cancel();
            });
            connecting.addListener(done -> connected(done, result, login));
        } catch (IOException | RuntimeException e) {
            result.completeExceptionally(Failures.notConnected(login, e));
        }
        if (index + 1 >= addresses.size()) {
            return result;
        }
        return result.exceptionallyCompose(failure -> tcp(attempt, addresses, index + 1));
    }

    private static void connected(ConnectFuture done, CompletableFuture<ClientSession> result, Login login) {
        if (done.isConnected()) {
            if (!result.complete(done.getClientSession())) {
                done.getClientSession().close(true);
            }
        } else if (done.getException() != null) {
            result.completeExceptionally(Failures.notConnected(login, done.getException()));
        }
    }

    private CompletableFuture<ClientSession> tunnel(Attempt attempt, ClientSession jump) {
        Login login = attempt.login();
        Login jumpLogin = login.jump().orElseThrow();
        CompletableFuture<ClientSession> result = new CompletableFuture<>();
        TunnelChannel channel = new TunnelChannel(client, attempt);
        limit(result, login.limits().connect(), () -> {
            result.completeExceptionally(Failures.noAnswer(login));
            channel.close(true);
        });
        try {
            jump.getService(ConnectionService.class).registerChannel(channel);
            channel.inner().thenAccept(inner -> inner.addListener(done -> connected(done, result, login)));
            channel.open().addListener(opened -> {
                if (!opened.isOpened()) {
                    result.completeExceptionally(Failures.behindJump(login, jumpLogin, opened.getException()));
                }
            });
            channel.addCloseFutureListener(closed -> result.completeExceptionally(
                    Failures.behindJump(login, jumpLogin, new IOException("the tunnel was closed"))));
        } catch (IOException | RuntimeException e) {
            result.completeExceptionally(Failures.behindJump(login, jumpLogin, e));
        }
        return result;
    }

    private CompletableFuture<ClientSession> command(Attempt attempt) {
        CompletableFuture<ClientSession> result = new CompletableFuture<>();
        try {
            CommandIoSession io = new CommandIoSession(client.getSessionFactory(), attempt);
            client.connect(attempt, io).addListener(done -> connected(done, result, attempt.login()));
            io.start();
        } catch (Exception e) {
            result.completeExceptionally(Failures.notConnected(attempt.login(), e));
        }
        return result;
    }

    private CompletableFuture<ClientSession> login(Attempt attempt, ClientSession session) {
        CompletableFuture<ClientSession> result = new CompletableFuture<>();
        limit(result, attempt.login().limits().authenticate(), () -> result.completeExceptionally(Failures.loginTooSlow(
                attempt, session.getServerVersion(), session.getKexState() == KexState.DONE)));
        try {
            session.auth().addListener(done -> loggedIn(done, attempt, session, result));
        } catch (IOException | RuntimeException e) {
            result.completeExceptionally(Failures.notLoggedIn(attempt, session.getServerVersion(), e));
        }
        result.whenComplete((done, failure) -> {
            if (failure != null) {
                session.close(true);
            }
        });
        return result;
    }

    private static void loggedIn(
            AuthFuture done, Attempt attempt, ClientSession session, CompletableFuture<ClientSession> result) {
        if (done.isSuccess()) {
            result.complete(session);
        } else {
            Throwable failure = done.getException() == null
                    ? new IOException("the login was cancelled")
                    : done.getException();
            result.completeExceptionally(Failures.notLoggedIn(attempt, session.getServerVersion(), failure));
        }
    }

    private void limit(CompletableFuture<?> future, Duration limit, Runnable onTimeout) {
        if (limit.isZero()) {
            return;
        }
        Future<?> timeout = timer.schedule(onTimeout, limit.toMillis(), TimeUnit.MILLISECONDS);
        future.whenComplete((done, failure) -> timeout.cancel(false));
    }
}
