package dev.caravan.ssh;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A real sshd of this machine on a free loopback port, for the user who runs the tests. */
public final class OpenSshServer implements AutoCloseable {
    private static final String SSHD = "/usr/sbin/sshd";
    static final String MISSING = "no " + SSHD + " here: install openssh-server to run the tests against it";

    private final Path directory;
    private final Process process;
    private final int port;

    private OpenSshServer(Path directory, Process process, int port) {
        this.directory = directory;
        this.process = process;
        this.port = port;
    }

    /** Skips the test, visibly, where no OpenSSH server is installed. */
    static void assumeInstalled() {
        assumeTrue(isInstalled(), MISSING);
    }

    static boolean isInstalled() {
        return Shell.has(SSHD);
    }

    /** @param settings lines of sshd_config, beside the host keys and authorized_keys of {@code directory} */
    public static OpenSshServer start(Path directory, String... settings) throws IOException {
        assumeInstalled();
        Files.createDirectories(directory);
        List<String> config = new ArrayList<>(List.of(
                "PidFile none", "StrictModes no", "UsePAM no", "PermitRootLogin yes", "PrintMotd no",
                "PasswordAuthentication no", "MaxStartups 200:30:300",
                // Start-up files of the user who runs the tests are none of theirs.
                "SetEnv HOME=" + directory,
                "AuthorizedKeysFile " + directory.resolve("authorized_keys")));
        for (String type : List.of("ed25519", "rsa", "ecdsa")) {
            config.add("HostKey " + Shell.keygen(directory.resolve("host_" + type), type, ""));
        }
        config.addAll(0, List.of(settings));
        Path file = Files.write(directory.resolve("sshd_config"), config);
        if ("root".equals(System.getProperty("user.name"))) {
            Files.createDirectories(Path.of("/run/sshd")); // sshd wants it where it can drop privileges
        }
        for (int attempt = 1; ; attempt++) {
            int port = freePort();
            Process process = new ProcessBuilder(
                    SSHD, "-D", "-e", "-f", file.toString(), "-o", "ListenAddress=127.0.0.1", "-p", "" + port)
                    .redirectErrorStream(true)
                    .start();
            String said = waitUntilListening(process);
            if (said == null) {
                return new OpenSshServer(directory, process, port);
            }
            process.destroy();
            if (attempt == 3) {
                throw new IOException("sshd did not start: " + said);
            }
        }
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    private static String waitUntilListening(Process process) throws IOException {
        BufferedReader log = new BufferedReader(
                new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
        StringBuilder said = new StringBuilder();
        for (String line = log.readLine(); line != null; line = log.readLine()) {
            said.append(line).append('\n');
            if (line.contains("Server listening")) {
                Thread drain = new Thread(() -> log.lines().forEach(more -> { }), "sshd-log");
                drain.setDaemon(true);
                drain.start();
                return null;
            }
        }
        return said.toString();
    }

    public int port() {
        return port;
    }

    /** @param type ed25519, rsa or ecdsa */
    Path hostKey(String type) {
        return directory.resolve("host_" + type + ".pub");
    }

    public void authorize(Path key) throws IOException {
        Files.writeString(directory.resolve("authorized_keys"), Files.readString(Path.of(key + ".pub")),
                java.nio.file.StandardOpenOption.CREATE, java.nio.file.StandardOpenOption.APPEND);
    }

    /** Kills the listener and every connection. */
    @Override
    public void close() {
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly();
        process.onExit().join();
    }

    /** Kills the connections, and goes on listening. */
    public void dropConnections() {
        process.children().toList().forEach(ProcessHandle::destroyForcibly);
    }
}
