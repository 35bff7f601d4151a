package dev.caravan.rehearsal;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;

/** A real S3 server (Adobe S3Mock) on loopback, in a process of its own. It takes any credentials. */
final class S3Server implements AutoCloseable {
    private static final Duration LIMIT = Duration.ofMinutes(3);

    private final Process process;
    private final String address;

    private S3Server(Process process, String address) {
        this.process = process;
        this.address = address;
    }

    /** With one empty bucket of that name. @param directory where it keeps its objects and its log */
    static S3Server start(Path directory, String bucket) throws Exception {
        int port;
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = free.getLocalPort();
        }
        ProcessBuilder server = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-Xmx192m",
                "-Djava.io.tmpdir=" + directory, "-jar", jar().toString(), "--com.adobe.testing.s3mock.httpPort=" + port, "--server.port=0")
                .redirectErrorStream(true).redirectOutput(directory.resolve("log").toFile());
        server.environment().put("initialBuckets", bucket);
        S3Server started = new S3Server(server.start(), "http://127.0.0.1:" + port);
        Awaitility.await().atMost(LIMIT).pollInterval(Duration.ofMillis(200)).ignoreExceptions()
                .until(() -> started.get("/" + bucket).statusCode() == 200);
        return started;
    }

    /* The build has it on the class path, for that alone. */
    private static Path jar() throws Exception {
        String inside = S3Server.class.getClassLoader().getResource("BOOT-INF/classes/com/adobe/testing/s3mock").toString();
        return Path.of(URI.create(inside.substring("jar:".length(), inside.indexOf("!/"))));
    }

    String address() {
        return address;
    }

    /** The object of that path, or the list of a bucket. */
    HttpResponse<byte[]> get(String path) throws IOException, InterruptedException {
        return HttpClient.newHttpClient().send(HttpRequest.newBuilder(URI.create(address + path)).build(), BodyHandlers.ofByteArray());
    }

    @Override
    public void close() throws InterruptedException {
        process.destroy();
        if (!process.waitFor(30, TimeUnit.SECONDS)) {
            process.destroyForcibly();
        }
    }
}
