package dev.caravan.remote;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.caravan.artefacts.Artefact;
import dev.caravan.artefacts.StoredFile;
import dev.caravan.data.PrivateFiles;
import dev.caravan.digest.Sha256;
import dev.caravan.history.Occurrence.StepEnded;
import dev.caravan.journal.MemoryJournal;
import dev.caravan.routes.RouteFiles;
import dev.caravan.run.HostSlots;
import dev.caravan.run.Run;
import dev.caravan.run.TestRuns;
import dev.caravan.spec.Host;
import dev.caravan.spec.Secret;
import dev.caravan.spec.SshAccess;
import dev.caravan.ssh.FaultyLink;
import dev.caravan.ssh.OpenSshServer;
import dev.caravan.ssh.Shell;
import dev.caravan.ssh.SshException;
import dev.caravan.ssh.SshSessions;
import dev.caravan.ssh.SshTarget;
import dev.caravan.step.FailureRules;
import dev.caravan.step.StepFailure;
import dev.caravan.step.StepResult;
import dev.caravan.testkit.TestClusters;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
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
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files that steps save and are sent, over a real OpenSSH server and a link that can be cut; scripts run in this machine's shell. */
class ArtefactsTest {
    private static final Duration LONG = Duration.ofMinutes(5);
    private static final int MEBIBYTE = 1 << 20;

    @TempDir
    private Path directory;
    private final MemoryJournal journal = new MemoryJournal();
    private final ExecutorService executor = Executors.newFixedThreadPool(4);
    private final SshSessions sessions = new SshSessions();
    private OpenSshServer server;
    private FaultyLink link;
    private Run run;
    private Host host;
    private Path root;

    @BeforeEach
    void start() throws Exception {
        Files.createDirectories(directory.resolve("routes/scripts"));
        script("give", "echo ran >> \"$TEST/runs\"; cp \"$TEST/source\" \"$ARTEFACT\"\n");
        root = Files.createDirectories(directory.resolve("host"));
        server = OpenSshServer.start(directory.resolve("sshd"), "SetEnv CARAVAN_ROOT=" + root + " HOME=" + directory);
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
        if (server != null) {
            link.close();
            server.close();
        }
    }

    private SshTarget target(Host any) {
        SshAccess access = any.ssh();
        return new SshTarget("127.0.0.1", new SshAccess(System.getProperty("user.name"), link.port(),
                Optional.of(directory.resolve("id").toString()), Optional.empty(), Optional.empty(), Optional.empty(), access.knownHosts(),
                Optional.empty(), SshAccess.HostKeyCheck.OFF, false, Optional.empty(), Duration.ofSeconds(20), Duration.ofSeconds(15)));
    }

    private StepRunner runner() throws IOException {
        return new StepRunner(new DirectAccess(sessions, this::target), RouteFiles.with(directory.resolve("routes")),
                FailureRules.read("[]"),
                (any, each) -> Map.of("TEST", directory.toString()), new HostSlots(5), directory.resolve("data"), executor);
    }

    private void script(String step, String text) throws IOException {
        Files.writeString(directory.resolve("routes/scripts/" + step + ".sh"), text);
    }

    private StepCall order(String step, StepOrder.Files files) {
        return new StepCall(run, new StepOrder(run.id(), host, host, step, step + ".sh", LONG, run.isPlan(), false, false,
                Map.of(), new byte[0], files));
    }

    private static StepOrder.Files save(StoredFile to, long limit) {
        return new StepOrder.Files(Optional.of(to), Optional.empty(), limit);
    }

    private static StepOrder.Files send(StoredFile from) {
        return new StepOrder.Files(Optional.empty(), Optional.of(from), 0);
    }

    private static StepResult get(CompletableFuture<StepResult> result) throws Exception {
        return result.get(10, TimeUnit.MINUTES);
    }

    private StepResult run(StepRunner runner, StepCall order) throws Exception {
        return get(runner.run(order).toCompletableFuture());
    }

    private static StepFailure failure(CompletableFuture<StepResult> result) throws Exception {
        try {
            throw new AssertionError("it did not fail: " + get(result));
        } catch (ExecutionException e) {
            assertThat(SshException.beneath(e.getCause())).as("%s", e.getCause()).isInstanceOf(StepFailure.class);
            return (StepFailure) SshException.beneath(e.getCause());
        }
    }

    private Path random(String name, int mebibytes) throws IOException {
        byte[] content = new byte[mebibytes * MEBIBYTE + 12345];
        new Random(7).nextBytes(content);
        Path file = directory.resolve(name);
        PrivateFiles.makeDirectories(file.getParent());
        return Files.write(file, content);
    }

    private static String digest(Path file) throws IOException {
        MessageDigest digest = Sha256.begin();
        byte[] buffer = new byte[1 << 16];
        try (InputStream in = Files.newInputStream(file)) {
            for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
                digest.update(buffer, 0, count);
            }
        }
        return HexFormat.of().formatHex(digest.digest());
    }

    private StoredFile stored(String passphrase) {
        return new StoredFile(directory.resolve("data/saved/file"),
                Optional.of(passphrase).filter(word -> !word.isEmpty()).map(Secret::new));
    }

    private List<String> names(Path parent) throws IOException {
        try (Stream<Path> all = Files.list(parent)) {
            return all.map(each -> each.getFileName().toString()).sorted().toList();
        }
    }

    @Test
    void whatAScriptLeavesIsSavedForTheOwnerAloneAndItsDigestIsInTheJournal() throws Exception {
        Path source = random("source", 9);
        script("give", "cp \"$TEST/source\" \"$ARTEFACT\"; stat -c %a \"$(dirname \"$ARTEFACT\")\"\n");
        StepRunner runner = runner();
        StepResult result = run(runner, order("give", save(stored(""), 1L << 30)));

        Artefact expected = new Artefact(Files.size(source), digest(source));
        assertThat(result.artefact()).contains(expected);
        assertThat(stored("").path()).hasSameBinaryContentAs(source);
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(stored("").path()))).isEqualTo("rw-------");
        assertThat(names(stored("").path().getParent())).containsExactly("file");
        StepEnded ended = journal.events(run.id(), 0).stream().flatMap(event -> event.as(StepEnded.class).stream())
                .findFirst().orElseThrow();
        assertThat(ended.artefact()).contains(expected);
        assertThat(directory.resolve("data/logs/7f3a/h1/give.log")).content().isEqualTo("700\n");
        runner.finish(run, true).toCompletableFuture().get(30, TimeUnit.SECONDS);
        assertThat(root.resolve("var/lib/caravan")).doesNotExist();
    }

    /** The link is cut in the second piece; the first one is not asked for again. */
    private Path cutInTheMiddle(StepRunner runner, StoredFile to) throws Exception {
        random("source", 18);
        link.cutAfter(6 * MEBIBYTE);
        CompletableFuture<StepResult> first = runner.run(order("give", save(to, 1L << 30))).toCompletableFuture();
        resetOnceCut(first);
        assertThat(to.path()).doesNotExist();
        Path saved = to.path().getParent();
        return saved.resolve(names(saved).get(0));
    }

    private void resetOnceCut(CompletableFuture<StepResult> attempt) throws Exception {
        await().atMost(LONG).until(() -> attempt.isDone() || link.isCut());
        link.reset();
        link.heal();
        assertThat(failure(attempt).getKind()).isEqualTo(StepFailure.CONNECTION);
    }

    private Path onTheHost() throws IOException {
        Path all = root.resolve("var/lib/caravan");
        return all.resolve(names(all).get(0)).resolve("artefact");
    }

    private static void flip(Path file, long at) throws IOException {
        try (RandomAccessFile content = new RandomAccessFile(file.toFile(), "rw")) {
            content.seek(at);
            int old = content.read();
            content.seek(at);
            content.write(old ^ 1);
        }
    }

    @Test
    void aCutTransferContinuesWithWhatIsThereAndTheScriptRunsOnce() throws Exception {
        StepRunner runner = runner();
        cutInTheMiddle(runner, stored(""));
        flip(onTheHost(), 17); // nobody reads that again
        run(runner, order("give", save(stored(""), 1L << 30)));

        assertThat(stored("").path()).hasSameBinaryContentAs(directory.resolve("source"));
        assertThat(directory.resolve("runs")).content().isEqualTo("ran\n");
    }

    @Test
    void anEncryptedTransferContinuesTooAndOpensslOpensIt() throws Exception {
        StepRunner runner = runner();
        Path part = cutInTheMiddle(runner, stored("correct horse"));
        assertThat(Files.readAllBytes(part)).startsWith("Salted__".getBytes(StandardCharsets.US_ASCII));
        flip(onTheHost(), 17);
        StepResult result = run(runner, order("give", save(stored("correct horse"), 1L << 30)));

        Process openssl = new ProcessBuilder("openssl", "enc", "-d", "-aes-256-cbc", "-pbkdf2", "-pass", "stdin",
                "-in", stored("").path().toString(), "-out", directory.resolve("opened").toString()).start();
        openssl.getOutputStream().write("correct horse\n".getBytes(StandardCharsets.UTF_8));
        openssl.getOutputStream().close();
        assertThat(openssl.waitFor()).isZero();
        assertThat(directory.resolve("opened")).hasSameBinaryContentAs(directory.resolve("source"));
        assertThat(result.artefact().orElseThrow().sha256()).isEqualTo(digest(directory.resolve("source")));
        assertThat(journal.all().toString()).doesNotContain("horse");
    }

    @Test
    void aByteThatFlippedInThePartIsFoundAndAllIsFetchedAgain() throws Exception {
        StepRunner runner = runner();
        flip(cutInTheMiddle(runner, stored("")), MEBIBYTE);
        run(runner, order("give", save(stored(""), 1L << 30)));

        assertThat(stored("").path()).hasSameBinaryContentAs(directory.resolve("source"));
    }

    @Test
    void aByteThatFlippedOnTheHostFailsTheAttemptAndNothingIsKept() throws Exception {
        StepRunner runner = runner();
        cutInTheMiddle(runner, stored(""));
        flip(onTheHost(), 17 * MEBIBYTE);
        StepFailure failure = failure(runner.run(order("give", save(stored(""), 1L << 30))).toCompletableFuture());

        assertThat(failure.getKind()).isEqualTo("artefact-digest");
        assertThat(failure.isTransient()).isTrue();
        assertThat(stored("").path()).doesNotExist();
    }

    @Test
    void whatIsTooLargeOrMissingIsRefusedBeforeItIsRead() throws Exception {
        random("source", 1);
        script("give", "cp \"$TEST/source\" \"$ARTEFACT\"\n");
        script("forget", ":\n");
        StepFailure large = failure(runner().run(order("give", save(stored(""), MEBIBYTE))).toCompletableFuture());
        StepFailure missing = failure(runner().run(order("forget", save(stored(""), MEBIBYTE))).toCompletableFuture());

        assertThat(large.getMessage()).isEqualTo("the file has 1060921 bytes, and at most 1048576 are saved");
        assertThat(large.isTransient()).isFalse();
        assertThat(missing.getMessage()).contains("left no file at $ARTEFACT");
        assertThat(directory.resolve("data/saved")).doesNotExist();
    }

    @Test
    void aPlanSavesAndSendsNothing() throws Exception {
        run = TestRuns.plan(run.cluster(), journal);
        script("give", "echo \"${ARTEFACT:-nowhere}\"\n");

        assertThat(run(runner(), order("give", save(stored(""), 1))).artefact()).isEmpty();
        assertThat(directory.resolve("data/logs/7f3a/h1/give.log")).content().isEqualTo("nowhere\n");
    }

    @Test
    void aFileIsThereBeforeTheScriptStartsAndIsGoneAfterwards() throws Exception {
        Path source = random("data/saved/file", 9);
        script("take", "sha256sum < \"$ARTEFACT\"; stat -c %a \"$ARTEFACT\"\n");
        StepRunner runner = runner();
        StepResult result = run(runner, order("take", send(stored(""))));

        assertThat(directory.resolve("data/logs/7f3a/h1/take.log")).content().isEqualTo(digest(source) + "  -\n600\n");
        assertThat(result.artefact()).contains(new Artefact(Files.size(source), digest(source)));
        runner.finish(run, true).toCompletableFuture().get(30, TimeUnit.SECONDS);
        assertThat(root.resolve("var/lib/caravan")).doesNotExist();
    }

    @Test
    void sendingContinuesAfterACutAndAFlippedByteOnTheHostIsFound() throws Exception {
        Path source = random("data/saved/file", 18);
        script("take", "sha256sum < \"$ARTEFACT\"\n");
        StepRunner runner = runner();
        link.cutAfter(6 * MEBIBYTE);
        CompletableFuture<StepResult> first = runner.run(order("take", send(stored("")))).toCompletableFuture();
        Path all = root.resolve("var/lib/caravan");
        resetOnceCut(first);
        flip(all.resolve(names(all).get(0)).resolve("part"), MEBIBYTE);
        run(runner, order("take", send(stored(""))));

        assertThat(directory.resolve("data/logs/7f3a/h1/take.log")).content().isEqualTo(digest(source) + "  -\n");
    }

    @Test
    void aWrongPassphraseIsSaidAsSuch() throws Exception {
        random("source", 1);
        script("give", "cp \"$TEST/source\" \"$ARTEFACT\"\n");
        script("take", "touch \"$TEST/taken\"\n");
        run(runner(), order("give", save(stored("correct horse"), 1L << 30)));
        StepFailure failure = failure(runner().run(order("take", send(stored("battery staple")))).toCompletableFuture());

        assertThat(failure.getMessage()).startsWith("the file in the data directory: ")
                .contains("the passphrase is another one, or the file is damaged");
        assertThat(directory.resolve("taken")).doesNotExist();
    }

    /** 2 GiB, there and back, each cut in its midst, by a process with 256 MiB of heap. */
    @Tag("long")
    @Test
    void aFileThatIsLargerThanTheHeapContinuesBothWays() throws Exception {
        Path output = directory.resolve("output");
        Path large = Files.createDirectories(directory.resolve("large"));
        Process process = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-Xmx256m",
                "-cp", System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")), Large.class.getName(),
                large.toString()).redirectErrorStream(true).redirectOutput(output.toFile()).start();
        assertThat(process.waitFor()).as(Files.readString(output)).isZero();
        assertThat(output).content().contains("saved 2048 MiB in 2 attempts").contains("sent 2048 MiB in 2 attempts");
    }

    /** Saves a file, and sends it back. */
    static final class Large {
        private static final int MEBIBYTES = 2048;

        private Large() {}

        public static void main(String[] arguments) throws Exception {
            ArtefactsTest test = new ArtefactsTest();
            test.directory = Path.of(arguments[0]);
            test.start();
            try {
                test.saveAndSend();
            } finally {
                test.stop();
            }
            System.exit(0);
        }
    }

    private void saveAndSend() throws Exception {
        Path source = directory.resolve("source");
        try (OutputStream out = Files.newOutputStream(source)) {
            byte[] block = new byte[MEBIBYTE];
            Random random = new Random(7);
            for (int written = 0; written < Large.MEBIBYTES; written++) {
                random.nextBytes(block);
                out.write(block);
            }
        }
        String digest = digest(source);
        script("take", "sha256sum < \"$ARTEFACT\"\n");
        StepRunner runner = runner();
        for (boolean saves : new boolean[] {true, false}) {
            StepCall order = saves ? order("give", save(stored(""), 4L << 30)) : order("take", send(stored("")));
            link.cutAfter((long) Large.MEBIBYTES / 2 * MEBIBYTE);
            resetOnceCut(runner.run(order).toCompletableFuture());
            link.cutAfter((long) Large.MEBIBYTES * 3 / 4 * MEBIBYTE); // half of it is left: all of it would be cut again
            run(runner, order);
            link.heal();
            System.out.println((saves ? "saved " : "sent ") + Large.MEBIBYTES + " MiB in 2 attempts");
        }
        assertThat(digest(stored("").path())).isEqualTo(digest);
        assertThat(directory.resolve("runs")).content().isEqualTo("ran\n");
        assertThat(directory.resolve("data/logs/7f3a/h1/take.log")).content().isEqualTo(digest + "  -\n");
    }
}
