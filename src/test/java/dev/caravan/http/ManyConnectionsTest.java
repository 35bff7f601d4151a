package dev.caravan.http;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.caravan.access.Tokens;
import dev.caravan.testkit.Serving;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A real server with the usual number of connections, which may be idle for long. Clients are addresses of loopback. */
class ManyConnectionsTest {
    private static final int MANY = 2_000;
    private static final int OF_CLIENT = 1_000;

    @RegisterExtension
    static final Serving serving = Serving.forClass(Tokens.none(), Map.of("caravan.http.request-seconds", "3600"));

    @Test
    void twoThousandIdleConnectionsOfOneClientLockNoOtherOneOut() throws Exception {
        List<Socket> idle = new ArrayList<>();
        try {
            for (int i = 0; i < MANY; i++) {
                idle.add(connect("127.0.0.2"));
            }
            assertThat(health("127.0.0.3")).as("another client, meanwhile").startsWith("HTTP/1.1 200");
            await().atMost(Duration.ofSeconds(30)).until(() -> idle.stream().filter(ManyConnectionsTest::isOpen).count() <= OF_CLIENT);
            assertThat(health("127.0.0.3")).as("another client, then").startsWith("HTTP/1.1 200");
            assertThat(health("127.0.0.2")).as("the same client, once more").startsWith("HTTP/1.1 200");
        } finally {
            for (Socket socket : idle) {
                socket.close();
            }
        }
    }

    private static Socket connect(String from) throws IOException {
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), serving.port(), InetAddress.getByName(from), 0);
        socket.setSoTimeout(60_000);
        return socket;
    }

    private static String health(String from) throws IOException {
        try (Socket socket = connect(from)) {
            socket.getOutputStream().write("GET /observe/health HTTP/1.1\r\nHost: localhost\r\n\r\n".getBytes(US_ASCII));
            return new String(socket.getInputStream().readNBytes(12), US_ASCII);
        }
    }

    private static boolean isOpen(Socket socket) {
        try {
            socket.setSoTimeout(1);
            return socket.getInputStream().read() != -1;
        } catch (SocketTimeoutException open) {
            return true;
        } catch (IOException reset) {
            return false;
        }
    }
}
