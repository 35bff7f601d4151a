package dev.caravan.ssh;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A port of an embedded server that leads back to this machine. */
class RemoteForwardTest {
    @RegisterExtension
    final EmbeddedServer server = EmbeddedServer.forTest();

    private SshSessions sessions;
    private HttpServer here;

    @BeforeEach
    void start() throws Exception {
        sessions = new SshSessions();
        here = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        here.createContext("/", exchange -> {
            byte[] body = "from here".getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(200, body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
        });
        here.start();
    }

    @AfterEach
    void stop() throws Exception {
        sessions.close();
        here.stop(0);
    }

    private static int free() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    private static String get(int port) throws IOException {
        URL url = URI.create("http://127.0.0.1:" + port + "/").toURL();
        return new String(url.openStream().readAllBytes(), StandardCharsets.UTF_8);
    }

    private int port(RemoteForward forward) throws Exception {
        return forward.port().toCompletableFuture().get(60, TimeUnit.SECONDS);
    }

    @Test
    void itLeadsToThisMachineAtTheSamePortInTheNextConnection() throws Exception {
        int wanted = free();
        int port = port(sessions.forward(server.target(), wanted, here.getAddress().getPort()));
        assertThat(port).isEqualTo(wanted);
        assertThat(get(port)).isEqualTo("from here");

        server.dropConnections();
        await().until(() -> sessions.openConnections() == 0);
        sessions.execute(server.target(), SshCommand.of("true")).toCompletableFuture().get(60, TimeUnit.SECONDS);
        await().atMost(Duration.ofSeconds(60)).ignoreExceptions().untilAsserted(() -> assertThat(get(port)).isEqualTo("from here"));
    }

    @Test
    void aPortThatIsTakenIsPassedOver() throws Exception {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            int port = port(sessions.forward(server.target(), taken.getLocalPort(), here.getAddress().getPort()));
            assertThat(port).isGreaterThan(taken.getLocalPort());
            assertThat(get(port)).isEqualTo("from here");
        }
    }

    @Test
    void itEndsWhenItIsEnded() throws Exception {
        int port = port(sessions.forward(server.target(), free(), here.getAddress().getPort()));
        sessions.endForward(server.target());
        await().atMost(Duration.ofSeconds(60)).until(() -> {
            try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
                return false;
            } catch (ConnectException refused) {
                return true;
            }
        });
    }
}
