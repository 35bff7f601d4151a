package dev.caravan.http;

import static dev.caravan.http.Client.json;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.caravan.access.Tokens;
import dev.caravan.testkit.Serving;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A real server with narrow limits. */
class LimitsTest {
    private static final Duration LONG = Duration.ofSeconds(60);
    private static final String POST = "POST /api/v1/runs HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/yaml\r\n";

    @RegisterExtension
    static final Serving serving = Serving.forClass(Tokens.none(),
            Map.of("caravan.http.request-seconds", "1", "caravan.http.requests-per-second", "2", "caravan.http.streams", "2"));

    private static final Client client = new Client(serving);

    /** Also one that sends another byte again and again. */
    @ParameterizedTest
    @ValueSource(strings = {"", "GET /api/v1/runs HTTP/1.1\r\nHost: localh", POST + "Content-Length: 1000\r\n\r\nkind: ",
            POST + "Transfer-Encoding: chunked\r\n\r\n3e8\r\nkind: "})
    void whoSendsHalfARequestIsCutOff(String half) throws Exception {
        try (Socket socket = connect()) {
            socket.getOutputStream().write(half.getBytes(StandardCharsets.UTF_8));
            await().atMost(LONG).until(() -> isCutOff(socket, !half.isEmpty()));
        }
    }

    @Test
    void aConnectionThatIsKeptWaitsNotForEver() throws Exception {
        try (Socket socket = connect()) {
            socket.setSoTimeout((int) LONG.toMillis());
            socket.getOutputStream().write("GET /observe/health HTTP/1.1\r\nHost: localhost\r\n\r\n".getBytes(StandardCharsets.UTF_8));
            assertThat(new String(socket.getInputStream().readNBytes(12), StandardCharsets.UTF_8)).isEqualTo("HTTP/1.1 200");
            socket.setSoTimeout(100);
            await().atMost(LONG).until(() -> isCutOff(socket, false));
        }
    }

    @Test
    void whoAsksTooOftenMustWait() throws Exception {
        HttpResponse<String> refused = await().atMost(LONG).until(() -> client.get("/api/v1/runs"), answer -> answer.statusCode() == 429);
        assertThat(refused.headers().firstValue("Retry-After")).contains("1");
        assertThat(refused.headers().firstValue("Content-Type")).contains("application/problem+json");
        assertThat(json(refused).get("type").asText()).isEqualTo("urn:caravan:problem:too-many-requests");
        await().atMost(LONG).until(() -> client.get("/api/v1/runs").statusCode() == 200);
    }

    @ParameterizedTest
    @ValueSource(strings = {"/", "/api/v1/runs/none/events", "/nothing", "/%zz"})
    void noPathMayBeAskedForTooOften(String path) {
        await().atMost(LONG).until(() -> client.raw("GET " + path + " HTTP/1.1\nHost: localhost\nConnection: close\n\n")
                .startsWith("HTTP/1.1 429"));
    }

    /** A Host that is not answered for is refused as a wrong token is. */
    @Test
    void whoIsRefusedTooOftenMustWaitAndWhoWatchesNeedNot() throws Exception {
        for (String path : List.of("/api/v1/runs", "/observe/health")) {
            await().atMost(LONG).until(() -> client.raw("GET " + path + " HTTP/1.1\nHost: example.com\nConnection: close\n\n")
                    .startsWith("HTTP/1.1 429"));
        }
        for (int i = 0; i < 20; i++) {
            assertThat(client.get("/observe/health").statusCode()).isEqualTo(200);
        }
    }

    @Test
    void onlySoManyFollowEvents() throws Exception {
        HttpResponse<String> begun = await().atMost(LONG).until(() -> client.postSpec("/api/v1/runs", Serving.spec()),
                answer -> answer.statusCode() == 202);
        String id = json(begun).get("id").asText();
        List<InputStream> streams = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            streams.add(await().atMost(LONG).until(
                    () -> client.http().send(HttpRequest.newBuilder(serving.uri("/api/v1/runs/" + id + "/events")).build(),
                            HttpResponse.BodyHandlers.ofInputStream()),
                    stream -> stream.statusCode() == 200).body());
        }
        HttpResponse<String> refused = await().atMost(LONG)
                .until(() -> client.get("/api/v1/runs/" + id + "/events"), answer -> answer.statusCode() != 429);
        assertThat(refused.statusCode()).isEqualTo(503);
        assertThat(refused.headers().firstValue("Retry-After")).isPresent();
        streams.get(0).close();
        serving.release(id);
        await().atMost(LONG).until(() -> client.get("/api/v1/runs/" + id + "/events").statusCode() == 200);
        streams.get(1).close();
    }

    private static Socket connect() throws IOException {
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), serving.port());
        socket.setSoTimeout(100);
        return socket;
    }

    private static boolean isCutOff(Socket socket, boolean sending) throws IOException {
        try {
            if (sending) {
                socket.getOutputStream().write('x');
            }
            return socket.getInputStream().read(new byte[4096]) == -1;
        } catch (SocketTimeoutException e) {
            return false;
        } catch (IOException reset) {
            return true;
        }
    }
}
