package dev.caravan.ssh;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.apache.sshd.common.io.AbstractIoWriteFuture;
import org.apache.sshd.common.io.IoHandler;
import org.apache.sshd.common.io.IoWriteFuture;
import org.apache.sshd.common.util.buffer.Buffer;
import org.apache.sshd.common.util.buffer.ByteArrayBuffer;

/**
 * What MINA takes for a socket: the bytes go through a {@code ProxyCommand}. The command has the connection as its input and output;
 * it and three threads exist as long as the connection does.
 */
final class CommandIoSession extends CarriedIoSession {
    private static final int CHUNK = 32 * 1024;
    private static final int LONGEST_WORDS = 500;
    private static final long LAST_WORDS_SECONDS = 2;

    private final Attempt attempt;
    private final Process process;
    private final ExecutorService writer;
    private final StringBuffer words = new StringBuffer();
    private final CompletableFuture<Void> wordsEnded = new CompletableFuture<>();
    private final CompletableFuture<Void> ended = new CompletableFuture<>();

    /** @throws IOException if there is no shell to run the command */
    CommandIoSession(IoHandler handler, Attempt attempt) throws IOException {
        super(handler, attempt.login());
        this.attempt = attempt;
        String command = attempt.login().proxyCommand().orElseThrow();
        // "exec", as OpenSSH does: no shell stays between this process and the command, and ending it ends the command.
        this.process = new ProcessBuilder("/bin/sh", "-c", "exec " + command).start();
        this.writer = Executors.newSingleThreadExecutor(task -> thread(task, "write"));
    }

    /** Begins to read; only once MINA has its session. */
    void start() {
        thread(this::readWords, "words").start();
        thread(this::read, "read").start();
    }

    private Thread thread(Runnable task, String what) {
        Thread thread = new Thread(task, "caravan-ssh-command-" + what + "-" + getId());
        thread.setDaemon(true);
        return thread;
    }

    private void read() {
        byte[] chunk = new byte[CHUNK];
        try (InputStream in = process.getInputStream()) {
            for (int count = in.read(chunk); count >= 0 && !isClosing(); count = in.read(chunk)) {
                received(new ByteArrayBuffer(chunk.clone(), 0, count));
            }
            if (process.waitFor(LAST_WORDS_SECONDS, TimeUnit.SECONDS)) {
                wordsEnded.completeOnTimeout(null, LAST_WORDS_SECONDS, TimeUnit.SECONDS).join();
                attempt.transportEnded("exit status " + process.exitValue() + (words.isEmpty() ? "" : ": " + words));
            }
        } catch (IOException e) {
            log.debug("read({}) {}", this, e.toString());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            ended.complete(null);
            close(true);
        }
    }

    private void readWords() {
        byte[] chunk = new byte[LONGEST_WORDS];
        try (InputStream in = process.getErrorStream()) {
            for (int count = in.read(chunk); count >= 0; count = in.read(chunk)) {
                if (words.length() < LONGEST_WORDS) {
                    words.append(new String(chunk, 0, count, StandardCharsets.UTF_8).replaceAll("[\\p{Cntrl}\\s]+", " "));
                    words.setLength(Math.min(words.length(), LONGEST_WORDS));
                }
            }
        } catch (IOException e) {
            log.debug("readWords({}) {}", this, e.toString());
        } finally {
            wordsEnded.complete(null);
        }
    }

    @Override
    IoWriteFuture write(Buffer bytes) {
        Written written = new Written();
        try {
            writer.execute(() -> {
                try {
                    process.getOutputStream().write(bytes.array(), bytes.rpos(), bytes.available());
                    process.getOutputStream().flush();
                    written.setValue(true);
                } catch (IOException e) {
                    // The command has ended, or soon does: how it did is to be known before the login fails.
                    ended.thenRun(() -> written.setValue(e));
                }
            });
        } catch (RejectedExecutionException e) {
            written.setValue(new IOException("the connection is closed", e));
        }
        return written;
    }

    @Override
    void closeCarrier() {
        writer.shutdownNow();
        process.destroy();
    }

    @Override
    public SocketAddress getLocalAddress() {
        return InetSocketAddress.createUnresolved("localhost", 0);
    }

    @Override
    public void shutdownOutputStream() throws IOException {
        process.getOutputStream().close();
    }

    private static final class Written extends AbstractIoWriteFuture {
        Written() {
            super("ProxyCommand", null);
        }
    }
}
