package dev.caravan.testkit;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.caravan.data.Trees;
import dev.caravan.ssh.Shell;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * A real sshd of this machine on a free loopback port, for the user who runs the tests: a field with {@code @RegisterExtension}. It starts
 * when a test first asks something of it, in a directory of its own, and JUnit stops it. If no OpenSSH server is installed, a test that
 * asks is skipped. Tests that JUnit's own engine does not run close it themselves.
 */
public final class OpenSshServer implements AutoCloseable, AfterEachCallback, AfterAllCallback {
    /** Why tests are skipped. */
    public static final String MISSING = "no /usr/sbin/sshd here: install openssh-server to run the tests against it";

    private static final Path SSHD = Path.of("/usr/sbin/sshd");

    private final boolean ofClass;
    private final Supplier<List<String>> settings;
    private Path directory;
    private Process process;
    private int port;

    private OpenSshServer(boolean ofClass, Supplier<List<String>> settings) {
        this.ofClass = ofClass;
        this.settings = settings;
    }

    /**
     * One for all tests of a class, as a static field.
     *
     * @param settings lines of sshd_config, before those that every server has
     */
    public static OpenSshServer forClass(String... settings) {
        return forClass(() -> List.of(settings));
    }

    /** The same with settings that are asked for when the server starts: they may name files of the test. */
    public static OpenSshServer forClass(Supplier<List<String>> settings) {
        return new OpenSshServer(true, settings);
    }

    /** One for each test that asks. */
    public static OpenSshServer forTest(String... settings) {
        return forTest(() -> List.of(settings));
    }

    /** The same with settings that are asked for when the server starts: they may name files of the test. */
    public static OpenSshServer forTest(Supplier<List<String>> settings) {
        return new OpenSshServer(false, settings);
    }

    public static boolean isInstalled() {
        return Files.isExecutable(SSHD);
    }

    @Override
    public void afterEach(ExtensionContext context) throws IOException {
        if (!ofClass) {
            close();
        }
    }

    @Override
    public void afterAll(ExtensionContext context) throws IOException {
        close();
    }

    private OpenSshServer started() {
        if (process == null) {
            assumeTrue(isInstalled(), MISSING);
            try {
                start();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        return this;
    }

    private void start() throws IOException {
        if (directory == null) {
            directory = Files.createTempDirectory("caravan-sshd").toRealPath();
        }
        List<String> config = new ArrayList<>(settings.get());
        config.addAll(List.of(
                "PidFile none", "StrictModes no", "UsePAM no", "PermitRootLogin yes", "PrintMotd no",
                "PasswordAuthentication no", "MaxStartups 200:30:300",
                // Start-up files of the user who runs the tests are none of theirs.
                "SetEnv HOME=" + directory,
                "AuthorizedKeysFile " + directory.resolve("authorized_keys")));
        for (String type : List.of("ed25519", "rsa", "ecdsa")) {
            config.add("HostKey " + Shell.keygen(directory.resolve("host_" + type), type, ""));
        }
        Path file = Files.write(directory.resolve("sshd_config"), config);
        if ("root".equals(System.getProperty("user.name"))) {
            Files.createDirectories(Path.of("/run/sshd")); // sshd wants it where it can drop privileges
        }
        for (int attempt = 1; process == null; attempt++) {
            int free = Serving.freePort();
            Process begun = new ProcessBuilder(
                    SSHD.toString(), "-D", "-e", "-f", file.toString(), "-o", "ListenAddress=127.0.0.1", "-p", "" + free)
                    .redirectErrorStream(true)
                    .start();
            String said = waitUntilListening(begun);
            if (said == null) {
                process = begun;
                port = free;
            } else {
                begun.destroy();
                if (attempt == 3) {
                    throw new IOException("sshd did not start: " + said);
                }
            }
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
        return started().port;
    }

    /** @param type ed25519, rsa or ecdsa */
    public Path hostKey(String type) {
        return started().directory.resolve("host_" + type + ".pub");
    }

    /** Lets those log in who have that key; the public one is in the file of the same name with {@code .pub}. */
    public void authorize(Path key) throws IOException {
        authorize(Files.readString(Path.of(key + ".pub")));
    }

    /** Lets those log in who have the key of that line. */
    public void authorize(String line) throws IOException {
        Files.writeString(started().directory.resolve("authorized_keys"), line.strip() + "\n",
                StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    }

    /** Kills the connections, and goes on listening. */
    public void dropConnections() {
        started().process.children().toList().forEach(ProcessHandle::destroyForcibly);
    }

    /** Kills the listener and every connection, and deletes the server's files; nothing if it did not start. */
    @Override
    public void close() throws IOException {
        if (process != null) {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly();
            process.onExit().join();
            process = null;
        }
        if (directory != null) {
            Trees.delete(directory);
            directory = null;
        }
    }
}
