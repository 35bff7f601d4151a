package dev.caravan.ssh;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** A TCP relay on a loopback port with the faults that links have. Thread-safe. */
public final class FaultyLink implements AutoCloseable {
    private final ServerSocket listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
    private final Set<Socket> silent = ConcurrentHashMap.newKeySet();
    private final InetAddress address;
    private final int target;
    private volatile Duration delay = Duration.ZERO;
    private long left = Long.MAX_VALUE;
    private boolean cut;
    private volatile int refusals;

    FaultyLink(int target) throws IOException {
        this(InetAddress.getLoopbackAddress().getHostAddress(), target);
    }

    public FaultyLink(String address, int target) throws IOException {
        this.address = InetAddress.getByName(address);
        this.target = target;
        start(this::accept);
    }

    public int port() {
        return listener.getLocalPort();
    }

    /** From now on nothing gets through the connections that there are, in either direction, and nobody is told; new ones work. */
    public void goSilent() {
        silent.addAll(sockets);
    }

    /** Resets the connections that there are. */
    public void reset() throws IOException {
        for (Socket socket : sockets) {
            socket.setSoLinger(true, 0);
            socket.close();
        }
        sockets.clear();
    }

    /** From now on nothing gets through, new connections included, until it is healed; what was sent until then is not lost. */
    public synchronized void cut() {
        cut = true;
    }

    /** The same once that many bytes more have got through, both directions together. */
    public synchronized void cutAfter(long bytes) {
        left = bytes;
    }

    public synchronized boolean isCut() {
        return cut;
    }

    /** Undoes {@link #cut} and {@link #cutAfter}. */
    public synchronized void heal() {
        left = Long.MAX_VALUE;
        cut = false;
        notifyAll();
    }

    /** Takes that many connections, and closes each before a byte has got through. */
    public void refuse(int connections) {
        refusals = connections;
    }

    /** How many are still to be closed like that. */
    int refusals() {
        return refusals;
    }

    /** From now on everything arrives that much later. */
    public void delay(Duration time) {
        delay = time;
    }

    private void accept() throws IOException {
        while (!listener.isClosed()) {
            Socket from = listener.accept();
            if (refusals > 0) {
                refusals--;
                from.close();
                continue;
            }
            Socket to = new Socket(address, target);
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
            count(length);
            pass();
            if (!silent.contains(from)) {
                output.write(buffer, 0, length);
            }
        }
        pass();
        if (!silent.contains(from)) {
            to.shutdownOutput();
        }
    }

    private synchronized void count(int bytes) {
        left -= bytes;
        cut |= left < 0;
    }

    private void pass() throws IOException {
        try {
            Thread.sleep(delay.toMillis());
            synchronized (this) {
                while (cut) {
                    wait();
                }
            }
        } catch (InterruptedException e) {
            throw new IOException(e);
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
        heal();
    }
}
