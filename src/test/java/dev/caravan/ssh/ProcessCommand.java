package dev.caravan.ssh;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.apache.sshd.server.Environment;
import org.apache.sshd.server.ExitCallback;
import org.apache.sshd.server.channel.ChannelSession;
import org.apache.sshd.server.command.Command;

/**
 * A command of the embedded server, run with {@code sh -c}. MINA's own wrapper of processes pumps all streams in one
 * thread, stops for good where a pipe is full both ways, and loses the output of a command that does not read its
 * input.
 */
final class ProcessCommand implements Command {
    private final String command;
    private InputStream input;
    private OutputStream output;
    private OutputStream error;
    private ExitCallback exit;
    private Process process;

    ProcessCommand(String command) {
        this.command = command;
    }

    @Override
    public void start(ChannelSession channel, Environment environment) throws IOException {
        process = new ProcessBuilder(List.of("/bin/sh", "-c", command)).start();
        CountDownLatch written = new CountDownLatch(2);
        start(() -> {
            try (OutputStream stdin = process.getOutputStream()) {
                copy(input, stdin);
            }
        });
        start(() -> {
            try {
                copy(process.getInputStream(), output);
            } finally {
                written.countDown();
            }
        });
        start(() -> {
            try {
                copy(process.getErrorStream(), error);
            } finally {
                written.countDown();
            }
        });
        start(() -> {
            written.await();
            exit.onExit(process.waitFor());
        });
    }

    private static void copy(InputStream from, OutputStream to) throws IOException {
        byte[] buffer = new byte[8192];
        for (int length = from.read(buffer); length >= 0; length = from.read(buffer)) {
            to.write(buffer, 0, length);
            to.flush();
        }
    }

    private interface Work {
        void run() throws IOException, InterruptedException;
    }

    private static void start(Work work) {
        Thread thread = new Thread(() -> {
            try {
                work.run();
            } catch (IOException | InterruptedException e) {
                // one of the two ends is gone: nothing is left to copy
            }
        }, "process-command");
        thread.setDaemon(true);
        thread.start();
    }

    @Override
    public void destroy(ChannelSession channel) {
        if (process != null) {
            process.destroyForcibly();
        }
    }

    @Override
    public void setInputStream(InputStream in) {
        input = in;
    }

    @Override
    public void setOutputStream(OutputStream out) {
        output = out;
    }

    @Override
    public void setErrorStream(OutputStream err) {
        error = err;
    }

    @Override
    public void setExitCallback(ExitCallback callback) {
        exit = callback;
    }
}
