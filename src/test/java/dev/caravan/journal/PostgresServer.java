package dev.caravan.journal;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * A PostgreSQL server of the tests' own, from the distribution's packages: its data in a temporary directory, on loopback only, with a
 * password. It runs for all tests of a class, as a static field with {@code @RegisterExtension}. As root it runs as {@code postgres} or
 * {@code nobody}, as the server refuses to run as root.
 */
public final class PostgresServer implements BeforeAllCallback, AfterAllCallback {
    public static final String PASSWORD = "canary-1618";
    private static final String USER = "caravan";

    /** Why a class of tests that needs it is skipped. */
    public static final String NOT_INSTALLED = "no PostgreSQL server is installed here (Debian: apt-get install postgresql)";

    private Path programs;
    private Path directory;
    private int port;

    public static boolean isInstalled() {
        return programs().isPresent();
    }

    /** Where the server's programs are, if it is installed. */
    public static Optional<Path> programs() {
        List<Path> places = new ArrayList<>();
        try (Stream<Path> versions = Files.list(Path.of("/usr/lib/postgresql"))) {
            versions.map(version -> version.resolve("bin")).sorted(Comparator.reverseOrder()).forEach(places::add);
        } catch (IOException e) {
            // none there
        }
        Stream.of(System.getenv("PATH").split(":")).map(Path::of).forEach(places::add);
        return places.stream().filter(place -> Files.isExecutable(place.resolve("pg_ctl")) && Files.isExecutable(place.resolve("initdb")))
                .findFirst();
    }

    @Override
    public void beforeAll(ExtensionContext context) throws IOException, InterruptedException {
        programs = programs().orElseThrow();
        directory = Files.createTempDirectory("caravan-postgres");
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = free.getLocalPort();
        }
        if (isRoot()) {
            run("chown", servant(), directory.toString());
        }
        Path password = Files.writeString(directory.resolve("password"), PASSWORD + "\n");
        asServant("initdb", "-D", data(), "-U", USER, "-A", "scram-sha-256", "--pwfile=" + password, "-E", "UTF8",
                "--no-locale", "--no-sync");
        Files.writeString(Path.of(data(), "postgresql.conf"),
                "listen_addresses = '127.0.0.1'\nport = " + port + "\nunix_socket_directories = ''\n",
                java.nio.file.StandardOpenOption.APPEND);
        control("start");
    }

    /** Of a new database. */
    public String url() {
        String name = "journal" + System.nanoTime();
        try (Connection connection = DriverManager.getConnection("jdbc:postgresql://127.0.0.1:" + port + "/postgres", USER, PASSWORD);
                Statement statement = connection.createStatement()) {
            statement.execute("create database " + name);
        } catch (SQLException e) {
            throw new UncheckedIOException(new IOException(e));
        }
        return "jdbc:postgresql://127.0.0.1:" + port + "/" + name + "?user=" + USER;
    }

    /** As after a power cut, and it is there again soon after. */
    void crashAndRestart() throws IOException, InterruptedException {
        control("restart", "-m", "immediate");
    }

    void startAgain() throws IOException, InterruptedException {
        control("start");
    }

    void stop() throws IOException, InterruptedException {
        control("stop", "-m", "immediate");
    }

    private void control(String... command) throws IOException, InterruptedException {
        List<String> arguments = new ArrayList<>(List.of(command));
        arguments.addAll(List.of("-D", data(), "-l", directory.resolve("log").toString(), "-w", "-t", "60"));
        asServant("pg_ctl", arguments.toArray(String[]::new));
    }

    private String data() {
        return directory.resolve("data").toString();
    }

    private void asServant(String program, String... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>();
        if (isRoot()) {
            command.addAll(List.of("runuser", "-u", servant(), "--"));
        }
        command.add(programs.resolve(program).toString());
        command.addAll(List.of(arguments));
        run(command.toArray(String[]::new));
    }

    private static void run(String... command) throws IOException, InterruptedException {
        Path output = Files.createTempFile("caravan-postgres", ".output");
        try {
            Process process = new ProcessBuilder(command).directory(Path.of("/").toFile()).redirectErrorStream(true)
                    .redirectOutput(output.toFile()).start();
            if (!process.waitFor(120, TimeUnit.SECONDS) || process.exitValue() != 0) {
                throw new IOException(String.join(" ", command) + " failed: " + Files.readString(output));
            }
        } finally {
            Files.delete(output);
        }
    }

    private static boolean isRoot() {
        return "root".equals(System.getProperty("user.name"));
    }

    private static String servant() throws IOException {
        return Files.readString(Path.of("/etc/passwd")).lines().anyMatch(line -> line.startsWith("postgres:")) ? "postgres" : "nobody";
    }

    @Override
    public void afterAll(ExtensionContext context) throws IOException, InterruptedException {
        stop();
        try (Stream<Path> files = Files.walk(directory)) {
            files.sorted(Comparator.reverseOrder()).forEach(file -> file.toFile().delete());
        }
    }
}
