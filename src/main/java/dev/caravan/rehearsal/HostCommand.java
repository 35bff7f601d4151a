package dev.caravan.rehearsal;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.sshd.server.Environment;
import org.apache.sshd.server.ExitCallback;
import org.apache.sshd.server.channel.ChannelSession;
import org.apache.sshd.server.command.Command;

/**
 * One command on a simulated host, run by the real shell. As with OpenSSH and no terminal, a channel that closes early
 * takes its pipes away but kills nothing, so what the command started detached goes on.
 */
final class HostCommand implements Command {
    /** How far into standard input a step's announcement is looked for: a password for sudo may come first. */
    private static final int PEEK_BYTES = 1024;

    /** A step's id, its name, and what else its launcher says. */
    private static final Pattern STEP_LINE =
            Pattern.compile("(?m)^[A-Za-z0-9._-]{1,128} ([a-z][a-z0-9-]{0,63})(?: [^\n]*)?\n");

    private final ProcessBuilder builder;
    private final Executor executor;
    private final Consumer<String> stepSeen;
    private InputStream in;
    private OutputStream out;
    private OutputStream err;
    private ExitCallback exit;
    private volatile Process process;

    /** @param stepSeen called with the step's name when standard input announces one */
    HostCommand(ProcessBuilder builder, Executor executor, Consumer<String> stepSeen) {
        this.builder = builder;
        this.executor = executor;
        this.stepSeen = stepSeen;
    }

    @Override
    public void start(ChannelSession channel, Environment environment) throws IOException {
        Process started = builder.start();
        process = started;
        CompletableFuture<Void> output = CompletableFuture.runAsync(() -> pump(started.getInputStream(), out), executor);
        CompletableFuture<Void> errors = CompletableFuture.runAsync(() -> pump(started.getErrorStream(), err), executor);
        executor.execute(() -> feed(started.getOutputStream()));
        CompletableFuture.allOf(output, errors)
                .thenCombine(started.onExit(), (nothing, ended) -> ended.exitValue())
                .thenAccept(exit::onExit);
    }

    @Override
    public void destroy(ChannelSession channel) {
        Process started = process;
        if (started != null) {
            closeQuietly(started.getOutputStream());
            closeQuietly(started.getInputStream());
            closeQuietly(started.getErrorStream());
        }
    }

    private void feed(OutputStream target) {
        byte[] buffer = new byte[8192];
        StringBuilder peeked = new StringBuilder();
        boolean announced = false;
        try (target) {
            for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
                target.write(buffer, 0, count);
                target.flush();
                if (!announced && peeked.length() < PEEK_BYTES) {
                    peeked.append(new String(buffer, 0, Math.min(count, PEEK_BYTES), StandardCharsets.ISO_8859_1));
                    announced = announce(peeked);
                }
            }
        } catch (IOException e) {
            // The command ended without reading all of its input, or the connection is gone: both are its own business.
        }
    }

    private boolean announce(CharSequence peeked) {
        Matcher matcher = STEP_LINE.matcher(peeked);
        boolean found = matcher.find();
        if (found) {
            stepSeen.accept(matcher.group(1));
        }
        return found;
    }

    private static void pump(InputStream source, OutputStream target) {
        byte[] buffer = new byte[8192];
        try (source) {
            for (int count = source.read(buffer); count >= 0; count = source.read(buffer)) {
                target.write(buffer, 0, count);
                target.flush();
            }
        } catch (IOException e) {
            // The connection is gone; the command notices by itself when it writes to the closed pipe.
        }
    }

    private static void closeQuietly(java.io.Closeable stream) {
        try {
            stream.close();
        } catch (IOException e) {
            // A pipe whose other end is gone has nothing left to say.
        }
    }

    @Override
    public void setInputStream(InputStream in) {
        this.in = in;
    }

    @Override
    public void setOutputStream(OutputStream out) {
        this.out = out;
    }

    @Override
    public void setErrorStream(OutputStream err) {
        this.err = err;
    }

    @Override
    public void setExitCallback(ExitCallback exit) {
        this.exit = exit;
    }
}
