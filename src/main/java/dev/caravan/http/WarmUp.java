package dev.caravan.http;

import dev.caravan.access.Caller;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks an engine that has just begun to serve for what the page needs first, so that who opens it then does not wait for classes to be
 * loaded. What is answered is read and dropped. An engine with tokens refuses the request that comes over the network, as it has none; the
 * answers are still made. Not for TLS.
 */
final class WarmUp {
    private static final Logger LOG = LoggerFactory.getLogger(WarmUp.class);
    private static final int MILLIS = 5_000;
    /** What the page asks for as it is opened. */
    private static final List<String> PATHS = List.of("/", "/api/v1/caller", "/api/v1/runs", "/api/v1/engine", "/api/v1/actions");

    private WarmUp() {}

    /** Makes the answers without a request. */
    static void answers(Resources resources) {
        for (String path : PATHS) {
            try {
                resources.answer(new Request("GET", path, Map.of(), Map.of("accept-encoding", "gzip"), new byte[0], Caller.LOCAL));
            } catch (Refused | IOException | RuntimeException e) {
                LOG.debug("{} could not be answered at the start", path, e);
            }
        }
    }

    /** Asks over the network, at the address that the engine listens on. */
    static void requests(InetAddress listening, int port) {
        InetAddress address = listening.isAnyLocalAddress() ? InetAddress.getLoopbackAddress() : listening;
        for (String path : PATHS) {
            try (Socket socket = new Socket()) {
                socket.connect(new InetSocketAddress(address, port), MILLIS);
                socket.setSoTimeout(MILLIS);
                socket.getOutputStream().write(("GET " + path + " HTTP/1.1\r\nHost: localhost\r\nAccept-Encoding: gzip\r\n"
                        + "Connection: close\r\n\r\n").getBytes(StandardCharsets.US_ASCII));
                try (InputStream in = socket.getInputStream()) {
                    in.transferTo(OutputStream.nullOutputStream());
                }
            } catch (IOException e) {
                LOG.debug("{} could not be asked for at the start", path, e);
            }
        }
    }
}
