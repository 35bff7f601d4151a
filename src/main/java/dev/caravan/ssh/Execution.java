package dev.caravan.ssh;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.apache.sshd.client.session.ClientSession;
import org.apache.sshd.common.channel.exception.SshChannelOpenException;
import org.apache.sshd.common.session.ConnectionService;

/** One command on its way: waiting, running in a channel, done. Thread-safe. */
final class Execution implements ExecChannel.Listener {
    private final Login login;
    private final SshCommand command;
    private final ScheduledExecutorService timer;
    private final Executor callbacks;
    private final CompletableFuture<SshResult> future = new CompletableFuture<>();
    private final ByteArrayOutputStream stdout = new ByteArrayOutputStream();
    private final ByteArrayOutputStream stderr = new ByteArrayOutputStream();
    private volatile ExecChannel channel;
    private volatile Future<?> limit;
    private volatile boolean sent;
    private volatile CompletableFuture<Void> taken = CompletableFuture.completedFuture(null); // set on the session's thread alone
    private volatile Exception notTaken;
    private volatile boolean failed;
    private boolean secondTry;
    private int refusals;
    private boolean done;

    Execution(Login login, SshCommand command, ScheduledExecutorService timer, Executor callbacks) {
        this.login = login;
        this.command = command;
        this.timer = timer;
        this.callbacks = callbacks;
    }

    Login login() {
        return login;
    }

    CompletableFuture<SshResult> future() {
        return future;
    }

    /** Whether the host may have begun to run the command. */
    boolean sent() {
        return sent;
    }

    /** Readies a command that was not sent for another channel. @return false if it had that chance before */
    synchronized boolean again() {
        cancelLimit();
        boolean first = !secondTry;
        secondTry = true;
        return first;
    }

    /** Whether it may be tried once more after a refusal with nothing else running: 50 times, which is 5 s. */
    synchronized boolean mayWait() {
        return refusals++ < 50;
    }

    /** What the connection that lends the channel is told; each at most once for a start. */
    interface Lender {
        /** The host opens no channel. @return whether the command waits for another one */
        boolean refused(Execution execution);

        /** The command is done, and its channel free again. */
        void returned(Execution execution);

        /** The session takes no channel any more. */
        void broken(Throwable failure);
    }

    void start(ClientSession session, Lender lender) {
        ExecChannel exec = new ExecChannel(command, this);
        channel = exec;
        try {
            session.getService(ConnectionService.class).registerChannel(exec);
            limitTo(login.limits().openChannel(), () -> fail(Failures.channelTooSlow(login)));
            exec.open().addListener(opened -> {
                Throwable cause = opened.getException();
                if (cause instanceof SshChannelOpenException) {
                    if (!lender.refused(this)) {
                        fail(Failures.channelRefused(login, "opened no channel for a command", cause));
                    }
                } else if (cause != null) {
                    lender.broken(cause);
                }
            });
            exec.addCloseFutureListener(closed -> {
                if (isDone()) {
                    lender.returned(this);
                } // else the session closes, or the command waits for another channel
            });
        } catch (IOException | RuntimeException e) {
            exec.close(true);
            lender.broken(e);
        }
    }

    @Override
    public boolean maySend() {
        if (!command.condition().getAsBoolean()) {
            fail(Failures.notToBeSent(login));
            return false;
        }
        return true;
    }

    @Override
    public void sending() {
        sent = true;
        limitTo(command.timeout(), () -> fail(Failures.timeout(login, command)));
    }

    private void limitTo(Duration time, Runnable onTimeout) {
        cancelLimit();
        if (!time.isZero()) {
            limit = timer.schedule(onTimeout, time.toMillis(), TimeUnit.MILLISECONDS);
            if (isDone()) {
                cancelLimit();
            }
        }
    }

    private void cancelLimit() {
        Future<?> running = limit;
        if (running != null) {
            running.cancel(false);
        }
    }

    /* The listener may block, on the journal's disk for one: the session's thread, which other hosts share, must not. */
    @Override
    public CompletionStage<Void> stdout(byte[] data, int offset, int length) {
        if (command.onStdout() == null) {
            collect(stdout, data, offset, length);
        } else {
            byte[] piece = Arrays.copyOfRange(data, offset, offset + length);
            taken = taken.thenRunAsync(() -> take(piece), callbacks);
        }
        return taken;
    }

    private void take(byte[] piece) {
        if (failed || notTaken != null) {
            return;
        }
        try {
            command.onStdout().accept(piece);
        } catch (RuntimeException e) {
            notTaken = e;
            fail(e);
        }
    }

    @Override
    public void stderr(byte[] data, int offset, int length) {
        collect(stderr, data, offset, length);
    }

    private void collect(ByteArrayOutputStream stream, byte[] data, int offset, int length) {
        if (stream.size() + (long) length > command.maxOutputBytes()) {
            fail(Failures.tooMuchOutput(login, command));
        } else {
            stream.write(data, offset, length);
        }
    }

    @Override
    public void refused() {
        fail(Failures.channelRefused(login, "would not run a command", null));
    }

    @Override
    public void ended(Integer exitStatus, String signal) {
        SshResult result = new SshResult(exitStatus == null ? -1 : exitStatus,
                stdout.toByteArray(), stderr.toByteArray(), Optional.ofNullable(signal));
        if (finish()) {
            taken.thenRunAsync(() -> {
                if (notTaken == null) {
                    future.complete(result);
                } else {
                    future.completeExceptionally(notTaken);
                }
            }, callbacks);
        }
    }

    /** Ends the command with an error, and its channel if it has one. */
    void fail(Exception failure) {
        if (finish()) {
            failed = true;
            taken.thenRunAsync(() -> future.completeExceptionally(failure), callbacks);
            ExecChannel running = channel;
            if (running != null) {
                running.abandon();
            }
        }
    }

    synchronized boolean isDone() {
        return done;
    }

    private boolean finish() {
        synchronized (this) {
            if (done) {
                return false;
            }
            done = true;
        }
        cancelLimit();
        return true;
    }
}
