package dev.caravan.remote;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.caravan.artefacts.StoredFile;
import dev.caravan.data.PrivateFiles;
import dev.caravan.digest.Sha256;
import dev.caravan.journal.MemoryJournal;
import dev.caravan.routes.RouteFiles;
import dev.caravan.run.HostSlots;
import dev.caravan.run.Run;
import dev.caravan.run.TestRuns;
import dev.caravan.spec.Host;
import dev.caravan.spec.Secret;
import dev.caravan.spec.SshAccess;
import dev.caravan.ssh.FaultyLink;
import dev.caravan.ssh.Shell;
import dev.caravan.ssh.SshException;
import dev.caravan.ssh.SshSessions;
import dev.caravan.ssh.SshTarget;
import dev.caravan.step.FailureRules;
import dev.caravan.step.StepFailure;
import dev.caravan.step.StepResult;
import dev.caravan.testkit.OpenSshServer;
import dev.caravan.testkit.TestClusters;
import java.io.IOException;
import java.io.InputStream;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/**
 * Steps that save a file of their host or are sent one, over a real OpenSSH server and a link that can be cut; scripts run in this
 * machine's shell.
 */
abstract class ArtefactSteps {
    private static final Duration LONG = Duration.ofMinutes(5);
    static final int MEBIBYTE = 1 << 20;

    @TempDir
    Path directory;

    @RegisterExtension
    final OpenSshServer server = OpenSshServer.forTest(
            () -> List.of("SetEnv CARAVAN_ROOT=" + directory.resolve("host") + " HOME=" + directory));

    final MemoryJournal journal = new MemoryJournal();
    private final ExecutorService executor = Executors.newFixedThreadPool(4);
    private final SshSessions sessions = new SshSessions();
    FaultyLink link;
    Run run;
    private Host host;
    Path root;

    @BeforeEach
    void start() throws Exception {
        Files.createDirectories(directory.resolve("routes/scripts"));
        script("give", "echo ran >> \"$TEST/runs\"; cp \"$TEST/source\" \"$ARTEFACT\"\n");
        root = Files.createDirectories(directory.resolve("host"));
        Path key = Shell.keygen(directory.resolve("id"), "ed25519", "");
        server.authorize(key);
        link = new FaultyLink("127.0.0.1", server.port());
        run = TestRuns.apply(TestClusters.of("demo", 1, 0, "127.0.0.", link.port(), ""), journal);
        host = run.cluster().hosts().get(0);
    }

    @AfterEach
    void stop() throws Exception {
        sessions.close();
        executor.shutdownNow();
        if (link != null) {
            link.close();
        }
    }

    private SshTarget target(Host any) {
        SshAccess access = any.ssh();
        return new SshTarget("127.0.0.1", new SshAccess(System.getProperty("user.name"), link.port(),
                Optional.of(directory.resolve("id").toString()), Optional.empty(), Optional.empty(), Optional.empty(), access.knownHosts(),
                Optional.empty(), SshAccess.HostKeyCheck.OFF, false, Optional.empty(), Duration.ofSeconds(20), Duration.ofSeconds(15)));
    }

    StepRunner runner() throws IOException {
        return new StepRunner(new DirectAccess(sessions, this::target), RouteFiles.with(directory.resolve("routes")),
                FailureRules.read("[]"),
                (any, each) -> Map.of("TEST", directory.toString()), new HostSlots(5), directory.resolve("data"), executor);
    }

    void script(String step, String text) throws IOException {
        Files.writeString(directory.resolve("routes/scripts/" + step + ".sh"), text);
    }

    StepCall order(String step, StepOrder.Files files) {
        return new StepCall(run, new StepOrder(run.id(), host, host, step, step + ".sh", LONG, run.isPlan(), false, false, false,
                Map.of(), new byte[0], files));
    }

    static StepOrder.Files save(StoredFile to, long limit) {
        return new StepOrder.Files(Optional.of(to), Optional.empty(), limit);
    }

    static StepOrder.Files send(StoredFile from) {
        return new StepOrder.Files(Optional.empty(), Optional.of(from), 0);
    }

    private static StepResult get(CompletableFuture<StepResult> result) throws Exception {
        return result.get(10, TimeUnit.MINUTES);
    }

    StepResult run(StepRunner runner, StepCall order) throws Exception {
        return get(runner.run(order).toCompletableFuture());
    }

    static StepFailure failure(CompletableFuture<StepResult> result) throws Exception {
        try {
            throw new AssertionError("it did not fail: " + get(result));
        } catch (ExecutionException e) {
            assertThat(SshException.beneath(e.getCause())).as("%s", e.getCause()).isInstanceOf(StepFailure.class);
            return (StepFailure) SshException.beneath(e.getCause());
        }
    }

    Path random(String name, int mebibytes) throws IOException {
        byte[] content = new byte[mebibytes * MEBIBYTE + 12345];
        new Random(7).nextBytes(content);
        Path file = directory.resolve(name);
        PrivateFiles.makeDirectories(file.getParent());
        return Files.write(file, content);
    }

    static String digest(Path file) throws IOException {
        MessageDigest digest = Sha256.begin();
        byte[] buffer = new byte[1 << 16];
        try (InputStream in = Files.newInputStream(file)) {
            for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
                digest.update(buffer, 0, count);
            }
        }
        return HexFormat.of().formatHex(digest.digest());
    }

    StoredFile stored(String passphrase) {
        return new StoredFile(directory.resolve("data/saved/file"),
                Optional.of(passphrase).filter(word -> !word.isEmpty()).map(Secret::new));
    }

    List<String> names(Path parent) throws IOException {
        try (Stream<Path> all = Files.list(parent)) {
            return all.map(each -> each.getFileName().toString()).sorted().toList();
        }
    }

    void resetOnceCut(CompletableFuture<StepResult> attempt) throws Exception {
        await().atMost(LONG).until(() -> attempt.isDone() || link.isCut());
        link.reset();
        link.heal();
        assertThat(failure(attempt).getKind()).isEqualTo(StepFailure.CONNECTION);
    }

    static void flip(Path file, long at) throws IOException {
        try (RandomAccessFile content = new RandomAccessFile(file.toFile(), "rw")) {
            content.seek(at);
            int old = content.read();
            content.seek(at);
            content.write(old ^ 1);
        }
    }
}
