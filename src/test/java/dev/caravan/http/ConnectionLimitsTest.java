package dev.caravan.http;

import static dev.caravan.http.Client.json;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.caravan.access.Tokens;
import dev.caravan.testkit.Serving;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A real server with room for few connections, which may be idle for longer than a test takes. Clients are addresses of loopback. */
class ConnectionLimitsTest {
    private static final Duration LONG = Duration.ofSeconds(60);
    private static final int OF_CLIENT = 4;
    private static final int CONNECTIONS = 6;

    @RegisterExtension
    static final Serving serving = Serving.forClass(Tokens.none(), Map.of("caravan.http.request-seconds", "3600",
            "caravan.http.connections", Integer.toString(CONNECTIONS),
            "caravan.http.connections-per-client", Integer.toString(OF_CLIENT)));

    private final List<Socket> sockets = new ArrayList<>();

    @AfterEach
    void closeAll() throws IOException {
        for (Socket socket : sockets) {
            socket.close();
        }
    }

    @Test
    void idleConnectionsLockNobodyOutAndTheLongestIdleIsClosedFirst() throws Exception {
        List<Socket> idle = new ArrayList<>();
        for (int i = 0; i < 3 * OF_CLIENT; i++) {
            idle.add(connect("127.0.0.2"));
            assertThat(answer(idle.get(i), "/observe/health")).startsWith("HTTP/1.1 200");
        }
        assertThat(answer(connect("127.0.0.3"), "/observe/health")).as("another client").startsWith("HTTP/1.1 200");
        for (Socket first : idle.subList(0, 2 * OF_CLIENT)) {
            await().atMost(LONG).until(() -> isClosed(first));
        }
        for (Socket last : idle.subList(2 * OF_CLIENT, 3 * OF_CLIENT)) {
            assertThat(answer(last, "/observe/health")).startsWith("HTTP/1.1 200");
        }
    }

    @Test
    void connectionsThatAreServedStayAndAClientHasSoManyOfThem() throws Exception {
        String id = json(new Client(serving).postSpec("/api/v1/runs", Serving.spec())).get("id").asText();
        String events = "/api/v1/runs/" + id + "/events";
        for (int i = 0; i < OF_CLIENT; i++) {
            assertThat(answer(connect("127.0.0.4"), events)).startsWith("HTTP/1.1 200");
        }
        await().atMost(LONG).until(() -> isRefused("127.0.0.4", events));
        for (int i = OF_CLIENT; i < CONNECTIONS; i++) {
            Socket other = connect("127.0.0.5");
            assertThat(answer(other, events)).as("another client").startsWith("HTTP/1.1 200");
        }
        await().atMost(LONG).until(() -> isRefused("127.0.0.5", events));
        closeAll();
        await().atMost(LONG).until(() -> !isRefused("127.0.0.5", "/observe/health"));
        serving.release(id);
    }

    private Socket connect(String from) throws IOException {
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), serving.port(), InetAddress.getByName(from), 0);
        socket.setSoTimeout((int) LONG.toMillis());
        sockets.add(socket);
        return socket;
    }

    /** The head of the answer; empty where the connection is closed. */
    private static String answer(Socket socket, String path) throws IOException {
        socket.getOutputStream().write(("GET " + path + " HTTP/1.1\r\nHost: localhost\r\n\r\n").getBytes(StandardCharsets.UTF_8));
        String status = new String(socket.getInputStream().readNBytes(12), StandardCharsets.UTF_8);
        socket.setSoTimeout(50);
        try {
            while (socket.getInputStream().read(new byte[4096]) > 0) {
                continue;
            }
        } catch (SocketTimeoutException whole) {
            socket.setSoTimeout((int) LONG.toMillis());
        }
        return status;
    }

    private boolean isRefused(String from, String path) {
        try (Socket socket = connect(from)) {
            return answer(socket, path).isEmpty();
        } catch (IOException reset) {
            return true;
        }
    }

    private static boolean isClosed(Socket socket) throws IOException {
        socket.setSoTimeout(50);
        try {
            return socket.getInputStream().read() == -1;
        } catch (SocketTimeoutException open) {
            return false;
        } catch (IOException reset) {
            return true;
        }
    }
}
