package dev.caravan.ssh;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** A TCP relay on a loopback port that can go silent, as a link does whose other end has lost power. */
final class FaultyLink implements AutoCloseable {
    private final ServerSocket listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
    private final int target;
    private volatile boolean silent;

    FaultyLink(int target) throws IOException {
        this.target = target;
        start(this::accept);
    }

    int port() {
        return listener.getLocalPort();
    }

    /** From now on nothing gets through in either direction, and nobody is told. */
    void goSilent() {
        silent = true;
    }

    private void accept() throws IOException {
        while (!listener.isClosed()) {
            Socket from = listener.accept();
            Socket to = new Socket(InetAddress.getLoopbackAddress(), target);
            sockets.add(from);
            sockets.add(to);
            start(() -> pump(from, to));
            start(() -> pump(to, from));
        }
    }

    private void pump(Socket from, Socket to) throws IOException {
        InputStream input = from.getInputStream();
        OutputStream output = to.getOutputStream();
        byte[] buffer = new byte[8192];
        for (int length = input.read(buffer); length >= 0; length = input.read(buffer)) {
            if (!silent) {
                output.write(buffer, 0, length);
            }
        }
        if (!silent) {
            to.shutdownOutput();
        }
    }

    private interface Work {
        void run() throws IOException;
    }

    private static void start(Work work) {
        Thread thread = new Thread(() -> {
            try {
                work.run();
            } catch (IOException e) {
                // closed under it, which is how it ends
            }
        }, "faulty-link");
        thread.setDaemon(true);
        thread.start();
    }

    @Override
    public void close() throws IOException {
        listener.close();
        for (Socket socket : sockets) {
            socket.close();
        }
    }
}
