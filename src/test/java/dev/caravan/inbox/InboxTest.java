package dev.caravan.inbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.caravan.Markdown;
import dev.caravan.history.Occurrence.RequestedByFile;
import dev.caravan.journal.RunRecord;
import dev.caravan.run.HostsFailed;
import dev.caravan.run.Run;
import dev.caravan.run.StepRecorder;
import dev.caravan.step.StepFailure;
import dev.caravan.testkit.Serving;
import java.io.IOException;
import java.io.OutputStream;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The inbox of an engine that serves, with a workflow that ends when the test says so. */
class InboxTest {
    private static final Duration LONG = Duration.ofSeconds(60);

    @TempDir
    Path directory;

    private Serving serving;

    @BeforeEach
    void serve() throws Exception {
        serving = Serving.start(directory, Optional.empty());
    }

    @AfterEach
    void stop() {
        serving.close();
    }

    /** Writes elsewhere and moves, as people should. */
    private Path drop(String name, String text) throws IOException {
        Path written = Files.createTempFile(directory, "written", "");
        Files.writeString(written, text);
        return Files.move(written, serving.inbox().resolve(name), StandardCopyOption.ATOMIC_MOVE);
    }

    private String runOf(String cluster) {
        return await().atMost(LONG).until(() -> runsOf(cluster).stream().findFirst(), Optional::isPresent).orElseThrow().id();
    }

    private List<RunRecord> runsOf(String cluster) {
        return serving.engine().journal().runs(100).stream().filter(run -> run.cluster().equals(cluster)).toList();
    }

    private JsonNode result(String folder, String name) {
        Path result = serving.inbox().resolve(folder).resolve(name + ".result.json");
        await().atMost(LONG).until(() -> Files.exists(serving.inbox().resolve(folder).resolve(name), LinkOption.NOFOLLOW_LINKS));
        try {
            JsonNode tree = new ObjectMapper().readTree(result.toFile());
            assertThat(documented()).as("the table in docs/serve.md").containsAll(members(tree));
            return tree;
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    /** The members of results that docs/serve.md has. */
    private static Set<String> documented() {
        Set<String> members = new TreeSet<>();
        Markdown.of("docs/serve.md").table("| member of the result | meaning |").forEach(row -> members.addAll(Markdown.codes(row.get(0))));
        return members;
    }

    private static Set<String> members(JsonNode tree) {
        Set<String> members = new TreeSet<>();
        tree.fieldNames().forEachRemaining(members::add);
        return members;
    }

    @Test
    void resultsHaveTheMembersThatTheDocumentsHave() throws Exception {
        drop("good.yaml", Serving.spec("good", "192.0.2.1"));
        drop("bad.yaml", Serving.spec("bad", "192.0.2.2"));
        drop("ugly.yaml", "no spec");
        String good = runOf("good");
        serving.underWay(good).keepKubeconfig("/data/good/kubeconfig");
        serving.release(good);
        serving.fail(runOf("bad"), "h1 failed");
        Set<String> seen = new TreeSet<>();
        seen.addAll(members(result(".done", "good.yaml")));
        seen.addAll(members(result(".failed", "bad.yaml")));
        seen.addAll(members(result(".failed", "ugly.yaml")));
        assertThat(seen).isEqualTo(documented());
    }

    @Test
    void aSpecIsAppliedAndItsResultLiesBesideIt() throws Exception {
        Path file = drop("demo.yaml", Serving.spec("demo", "192.0.2.1"));
        String id = runOf("demo");
        assertThat(file).exists();
        serving.underWay(id).keepKubeconfig("/data/demo/kubeconfig");
        serving.release(id);
        JsonNode result = result(".done", "demo.yaml");
        assertThat(result.get("run").asText()).isEqualTo(id);
        assertThat(result.get("state").asText()).isEqualTo("succeeded");
        assertThat(result.get("exitStatus").asInt()).isZero();
        assertThat(result.get("cluster").asText()).isEqualTo("demo");
        assertThat(result.get("kubeconfig").asText()).isEqualTo("/data/demo/kubeconfig");
        assertThat(file).doesNotExist();
        assertThat(serving.engine().journal().run(id).orElseThrow().source()).isEqualTo("inbox");
    }

    @Test
    void aRunThatFailsIsReportedWithHostAndStep() throws Exception {
        drop("demo.yaml", Serving.spec("demo", "192.0.2.1"));
        String id = runOf("demo");
        new StepRecorder(serving.underWay(id), "h1", "kubeadm-init", 1).failed(new StepFailure("h1", "kubeadm-init", "port", false,
                "port 6443 is in use", "Stop what listens there.", List.of(), null));
        serving.fail(id, "h1 failed");
        JsonNode result = result(".failed", "demo.yaml");
        assertThat(result.get("state").asText()).isEqualTo("failed");
        assertThat(result.get("exitStatus").asInt()).isEqualTo(5);
        JsonNode failure = result.get("failures").get(0);
        assertThat(List.of(failure.get("host").asText(), failure.get("step").asText(), failure.get("message").asText()))
                .containsExactly("h1", "kubeadm-init", "port 6443 is in use");
    }

    @Test
    void aRunThatSucceededButForSomeHostsNamesThem() throws Exception {
        drop("most.yaml", Serving.spec("most", "192.0.2.1"));
        String id = runOf("most");
        Run run = serving.underWay(id);
        StepFailure failure = new StepFailure("h1", "kubeadm-join", "control-plane", false, "no answer from 192.0.2.1:6443",
                "Is the API server up?", List.of("connection refused"), null);
        new StepRecorder(run, "h1", "kubeadm-join", 1).failed(failure);
        run.hostFailed("h1", failure);
        run.rollback().hostRolledBack("h1");
        run.keepKubeconfig("/data/most/kubeconfig");
        serving.fail(run, HostsFailed.of(run.cluster().hosts(), run.failures()));
        JsonNode result = result(".failed", "most.yaml");
        assertThat(result.get("state").asText()).isEqualTo("partly");
        assertThat(result.get("exitStatus").asInt()).isEqualTo(6);
        assertThat(result.get("message").asText()).isEqualTo("failed: kubeadm-join on h1: no answer from 192.0.2.1:6443. Rolled back: h1");
        assertThat(result.get("kubeconfig").asText()).isEqualTo("/data/most/kubeconfig");
        assertThat(result.get("failures")).singleElement().satisfies(each -> {
            assertThat(each.get("host").asText()).isEqualTo("h1");
            assertThat(each.get("message").asText()).contains("no answer from");
        });
    }

    @Test
    void anInvalidSpecIsExplainedByLineAndColumn() throws Exception {
        drop("demo.yaml", Serving.spec("demo", "192.0.2.1").replace("control-plane", "control-plain"));
        JsonNode problem = result(".failed", "demo.yaml").get("problems").get(0);
        assertThat(problem.get("line").asInt()).isEqualTo(7);
        assertThat(problem.get("column").asInt()).isGreaterThan(1);
        assertThat(problem.get("message").asText()).contains("control-plain");
    }

    @Test
    void oddNamesAreNamesLikeOthers() throws Exception {
        List<String> names = List.of("with spaces.yaml", "-rf", "--help.yaml", "ünïcödé-名前.yaml", "${env:HOME}.yaml",
                "$(touch x).yaml", "a;b|c&d.yaml", "percent%20%2f.yaml",
                "quote'\"`.yaml", "new\nline.yaml", "no-suffix", "{{caravan.inbox}}", "a\\b.yaml", "?query=1&move=x");
        for (int i = 0; i < names.size(); i++) {
            drop(names.get(i), Serving.spec("odd" + i, "192.0.2." + (10 + i)));
        }
        for (int i = 0; i < names.size(); i++) {
            serving.release(runOf("odd" + i));
            assertThat(result(".done", names.get(i)).get("cluster").asText()).as(names.get(i)).isEqualTo("odd" + i);
            assertThat(result(".done", names.get(i)).get("state").asText()).as(names.get(i)).isEqualTo("succeeded");
        }
    }

    @Test
    void aNameAsLongAsNamesMayBeIsTaken() throws Exception {
        String name = "n".repeat(250) + ".yaml";
        drop(name, Serving.spec("demo", "192.0.2.1"));
        serving.release(runOf("demo"));
        Path done = serving.inbox().resolve(".done");
        await().atMost(LONG).until(() -> Files.exists(done.resolve(name)));
        assertThat(names(done)).filteredOn(one -> one.endsWith(".result.json")).singleElement().asString()
                .matches("n{234}-[0-9a-f]{8}\\.result\\.json");
        drop("n".repeat(249) + "m.yaml", "no spec");
        drop("n".repeat(248) + "mm.yaml", "no spec");
        await().atMost(LONG).untilAsserted(() -> assertThat(names(serving.inbox().resolve(".failed"))).hasSize(4));
        // 63 of four bytes each, of which half a one would fit into the result's name.
        drop("\uD83D\uDE9A".repeat(63), Serving.spec("other", "192.0.2.2"));
        serving.release(runOf("other"));
        await().atMost(LONG).until(() -> Files.exists(done.resolve("\uD83D\uDE9A".repeat(63))));
        assertThat(names(done)).anyMatch(one -> one.matches("\uD83D\uDE9A{58}-[0-9a-f]{8}\\.result\\.json"));
    }

    private static List<String> names(Path directory) throws IOException {
        if (!Files.exists(directory)) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(directory)) {
            return files.map(file -> file.getFileName().toString()).toList();
        }
    }

    @Test
    void linksInPlaceOfItsFoldersAreNotFollowed() throws Exception {
        Path elsewhere = Files.createDirectories(directory.resolve("elsewhere"));
        Files.createSymbolicLink(serving.inbox().resolve(".failed"), elsewhere);
        try (LogLines log = LogLines.of(Inbox.class)) {
            Path file = drop("demo.yaml", "no spec");
            await().atMost(LONG)
                    .until(() -> log.text().contains(".failed is not a directory that Caravan can open (a link, perhaps): remove it"));
            assertThat(file).exists();
            assertThat(names(elsewhere)).isEmpty();
            Files.delete(serving.inbox().resolve(".failed"));
            assertThat(result(".failed", "demo.yaml").get("state").asText()).isEqualTo("refused");
        }
        serving.close();
        Path claims = serving.inbox().resolve(".claims");
        Files.delete(claims);
        Files.createSymbolicLink(claims, elsewhere.resolve("claims"));
        try (LogLines log = LogLines.of(Claims.class)) {
            serving = Serving.start(directory, Optional.empty());
            drop("other.yaml", "no spec");
            await().atMost(LONG).until(() -> log.text().contains(".claims must be a file and no link"));
        }
        assertThat(names(elsewhere)).isEmpty();
    }

    @Test
    void whatAnEarlierFileOfTheNameLeftIsNotTakenForItsResult() throws Exception {
        drop("demo.yaml", Serving.spec("demo", "192.0.2.1"));
        serving.release(runOf("demo"));
        assertThat(result(".done", "demo.yaml").get("state").asText()).isEqualTo("succeeded");
        drop("demo.yaml", "no spec");
        assertThat(result(".failed", "demo.yaml").get("state").asText()).isEqualTo("refused");
        assertThat(names(serving.inbox().resolve(".done"))).isEmpty();
    }

    @Test
    void whatIsNoSpecHoldsUpNobody() throws Exception {
        Path secret = Files.writeString(directory.resolve("secret"), "password: canary");
        Files.createSymbolicLink(serving.inbox().resolve("link.yaml"), secret);
        Files.createSymbolicLink(serving.inbox().resolve("dangling.yaml"), directory.resolve("nowhere"));
        assertThat(new ProcessBuilder("mkfifo", serving.inbox().resolve("fifo.yaml").toString()).start().waitFor()).isZero();
        Files.createDirectory(serving.inbox().resolve("directory.yaml"));
        Path outside = Files.writeString(directory.resolve("outside.yaml"), Serving.spec("outside", "192.0.2.8"));
        Files.createSymbolicLink(serving.inbox().resolve("to-a-spec.yaml"), outside);
        try (ServerSocketChannel socket = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            socket.bind(UnixDomainSocketAddress.of(serving.inbox().resolve("socket")));
        }
        drop("good.yaml.result.json", Serving.spec("result", "192.0.2.7"));
        Path unfinished = drop("spec.yaml.part", Serving.spec("unfinished", "192.0.2.6"));
        Path hidden = drop(".hidden.yaml", Serving.spec("hidden", "192.0.2.9"));
        drop("huge.yaml", "#".repeat(1024 * 1024 + 1));
        drop("binary.yaml", "\0\1\2");
        drop("bomb.yaml", "a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n");
        drop("good.yaml", Serving.spec("good", "192.0.2.1"));

        serving.release(runOf("good"));

        assertThat(result(".done", "good.yaml").get("state").asText()).isEqualTo("succeeded");
        assertThat(result(".failed", "link.yaml").toString()).contains("symbolic link").doesNotContain("canary");
        assertThat(result(".failed", "dangling.yaml").toString()).contains("symbolic link");
        assertThat(result(".failed", "fifo.yaml").toString()).contains("no regular file");
        assertThat(result(".failed", "huge.yaml").toString()).contains("larger than 1 MiB");
        assertThat(result(".failed", "binary.yaml").get("exitStatus").asInt()).isEqualTo(2);
        assertThat(result(".failed", "bomb.yaml").get("exitStatus").asInt()).isEqualTo(2);
        assertThat(result(".failed", "to-a-spec.yaml").toString()).contains("symbolic link");
        assertThat(outside).exists();
        assertThat(result(".failed", "socket").toString()).contains("no regular file");
        await().atMost(LONG).until(() -> Files.exists(serving.inbox().resolve(".failed/good.yaml.result.json.refused")));
        assertThat(serving.inbox().resolve(".failed/good.yaml.result.json.result.json")).content().contains("those of results");
        assertThat(runsOf("result")).isEmpty();
        assertThat(runsOf("outside")).isEmpty();
        assertThat(secret).hasContent("password: canary");
        assertThat(hidden).exists();
        assertThat(serving.inbox().resolve("directory.yaml")).isDirectory();
        assertThat(runsOf("hidden")).isEmpty();
        assertThat(unfinished).exists();
        assertThat(runsOf("unfinished")).isEmpty();
    }

    @Test
    void aFileThatIsStillWrittenIsNotTaken() throws Exception {
        String spec = Serving.spec("slow", "192.0.2.1");
        int half = spec.indexOf("hosts:");
        Path file = serving.inbox().resolve("slow.yaml");
        try (OutputStream out = Files.newOutputStream(file)) {
            out.write(spec.substring(0, half).getBytes(StandardCharsets.UTF_8));
            out.flush();
            // Others come and go while the writer pauses, long after a file has otherwise settled.
            for (int i = 0; i < 3; i++) {
                drop("other" + i, Serving.spec("other" + i, "192.0.2.2"));
                serving.release(runOf("other" + i));
                result(".done", "other" + i);
            }
            assertThat(file).exists();
            assertThat(runsOf("slow")).isEmpty();
            out.write(spec.substring(half).getBytes(StandardCharsets.UTF_8));
        }
        serving.release(runOf("slow"));
        assertThat(result(".done", "slow.yaml").get("state").asText()).isEqualTo("succeeded");
    }

    @Test
    void aResultThatCannotBeWrittenIsWrittenLaterAndTheFileIsNotAppliedAgain() throws Exception {
        Path inTheWay = Files.writeString(Files.createDirectories(serving.inbox()).resolve(".done"), "no directory");
        Path file = drop("demo.yaml", Serving.spec("demo", "192.0.2.1"));
        String run = runOf("demo");
        serving.release(run);
        serving.ended(run);
        // It is taken again and again meanwhile, for its result's sake: the files that come after it are refused one by one.
        for (int i = 0; i < 5; i++) {
            drop("refused" + i, "no spec");
            result(".failed", "refused" + i);
        }
        assertThat(file).exists();

        serving.close();
        serving = Serving.start(directory, Optional.empty());
        drop("refused.yaml", "no spec");
        result(".failed", "refused.yaml");
        assertThat(file).exists();
        assertThat(runsOf("demo")).hasSize(1);
        Files.delete(inTheWay);

        assertThat(result(".done", "demo.yaml").get("run").asText()).isEqualTo(run);
        assertThat(runsOf("demo")).hasSize(1);
        assertThat(file).doesNotExist();
    }

    @Test
    void aFileThatWasNotMovedOutBeforeTheEngineDiedGetsItsResultAndNoSecondRun() throws Exception {
        Path file = drop("demo.yaml", Serving.spec("demo", "192.0.2.1"));
        String run = runOf("demo");
        Path kept = directory.resolve("kept");
        Files.createLink(kept, file);
        serving.release(run);
        result(".done", "demo.yaml");
        serving.close();
        Files.delete(serving.inbox().resolve(".done/demo.yaml"));
        Files.delete(serving.inbox().resolve(".done/demo.yaml.result.json"));
        Files.move(kept, file);

        serving = Serving.start(directory, Optional.empty());

        assertThat(result(".done", "demo.yaml").get("run").asText()).isEqualTo(run);
        assertThat(runsOf("demo")).hasSize(1);
    }

    @Test
    void nothingIsTakenWhereFilesCannotBeClaimed() throws Exception {
        serving.close();
        Path claims = serving.inbox().resolve(".claims");
        Files.deleteIfExists(claims);
        Files.createDirectories(claims);
        Path file = drop("demo.yaml", Serving.spec("demo", "192.0.2.1"));
        try (LogLines log = LogLines.of(Claims.class)) {
            serving = Serving.start(directory, Optional.empty());
            await().atMost(LONG).until(() -> log.text().contains("no file is taken from the inbox"));
            assertThat(file).exists();
            assertThat(runsOf("demo")).isEmpty();
            Files.delete(claims);
            serving.release(runOf("demo"));
            result(".done", "demo.yaml");
            assertThat(log.text().split("no file is taken", -1)).as("told once").hasSize(2);
        }
    }

    @Test
    void aNameThatIsNoTextIsReportedAndHoldsUpNobody() throws Exception {
        Path spec = Files.writeString(directory.resolve("spec"), Serving.spec("odd", "192.0.2.1"));
        try (LogLines log = LogLines.of(InboxFiles.class)) {
            assertThat(new ProcessBuilder("sh", "-c", "cp \"$1\" \"$2/$(printf 'caf\\351.yaml')\"", "sh", spec.toString(),
                    serving.inbox().toString()).start().waitFor()).isZero();
            await().atMost(LONG).until(() -> log.text().contains("its name is not text"));
        }
        drop("good.yaml", Serving.spec("good", "192.0.2.1"));
        serving.release(runOf("good"));
        result(".done", "good.yaml");
        assertThat(runsOf("odd")).isEmpty();
    }

    @Test
    void aFullDiskKeepsTheFileUntilThereIsRoomForItsResult() throws Exception {
        Path disk = Files.createDirectories(directory.resolve("disk"));
        Assumptions.assumeTrue(run("mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", disk.toString()),
                "a small file system can be mounted (root)");
        try {
            serving.close();
            Files.deleteIfExists(serving.inbox().resolve(".claims"));
            Files.deleteIfExists(serving.inbox());
            Files.createSymbolicLink(serving.inbox(), disk);
            serving = Serving.start(directory, Optional.empty());
            Path file = disk.resolve("demo.yaml");
            Files.writeString(file, Serving.spec("demo", "192.0.2.1"));
            String run = runOf("demo");
            Path filling = disk.resolve(".filling");
            run("dd", "if=/dev/zero", "of=" + filling, "bs=1k", "count=64");
            assertThat(Files.getFileStore(disk).getUsableSpace()).isZero();
            try (LogLines log = LogLines.of(Inbox.class)) {
                serving.release(run);
                await().atMost(LONG).until(() -> log.text().contains("its result cannot be written"));
            }
            assertThat(file).hasContent(Serving.spec("demo", "192.0.2.1"));
            Files.delete(filling);

            assertThat(result(".done", "demo.yaml").get("run").asText()).isEqualTo(run);
            assertThat(runsOf("demo")).hasSize(1);
        } finally {
            serving.close();
            run("umount", "-l", disk.toString());
        }
    }

    private static boolean run(String... command) throws Exception {
        return new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(ProcessBuilder.Redirect.DISCARD).start().waitFor() == 0;
    }

    @Test
    void twoClustersAreWorkedOnSideBySide() throws Exception {
        drop("one.yaml", Serving.spec("one", "192.0.2.1"));
        drop("two.yaml", Serving.spec("two", "192.0.2.2"));
        String one = runOf("one");
        String two = runOf("two");
        assertThat(serving.engine().runs().underWay()).extracting(run -> run.id()).contains(one, two);
        serving.release(two);
        result(".done", "two.yaml");
        serving.release(one);
        result(".done", "one.yaml");
    }

    @Test
    void aFileWhoseClusterIsBusyWaitsForItsTurn() throws Exception {
        drop("first.yaml", Serving.spec("demo", "192.0.2.1"));
        String first = runOf("demo");
        Path waiting = drop("second.yaml", Serving.spec("demo", "192.0.2.1") + "# other text\n");
        drop("third.yaml", Serving.spec("other", "192.0.2.3"));
        serving.release(runOf("other"));
        result(".done", "third.yaml");
        assertThat(waiting).exists();
        assertThat(runsOf("demo")).hasSize(1);
        serving.release(first);
        String second = await().atMost(LONG).until(() -> runsOf("demo"), runs -> runs.size() == 2).stream()
                .map(RunRecord::id).filter(id -> !id.equals(first)).findFirst().orElseThrow();
        serving.release(second);
        assertThat(result(".done", "second.yaml").get("run").asText()).isEqualTo(second);
    }

    @Test
    void theSameContentTwiceSharesOneRunAndIsAppliedAgainAfterwards() throws Exception {
        String spec = Serving.spec("demo", "192.0.2.1");
        drop("one.yaml", spec);
        String run = runOf("demo");
        drop("same.yaml", spec);
        drop("other.yaml", Serving.spec("other", "192.0.2.3"));
        serving.release(runOf("other"));
        result(".done", "other.yaml");
        serving.release(run);
        assertThat(result(".done", "one.yaml").get("run").asText()).isEqualTo(run);
        assertThat(result(".done", "same.yaml").get("run").asText()).isEqualTo(run);
        assertThat(runsOf("demo")).hasSize(1);
        drop("one.yaml", spec);
        await().atMost(LONG).until(() -> runsOf("demo").size() == 2);
    }

    @Test
    void aFileOfTheSameNameThatComesMeanwhileIsTakenNext() throws Exception {
        drop("demo.yaml", Serving.spec("one", "192.0.2.1"));
        String one = runOf("one");
        drop("demo.yaml", Serving.spec("two", "192.0.2.2"));
        serving.release(one);
        String two = runOf("two");
        serving.release(two);
        assertThat(result(".done", "demo.yaml").get("run").asText()).isEqualTo(two);
    }

    @Test
    void theRunOfAFileThatIsUnderWayWhenTheEngineStopsIsPausedAndResumed() throws Exception {
        serving.close();
        serving = Serving.start(directory, Optional.empty(), Map.of("camel.main.shutdown-timeout", "3600"));
        Path file = drop("demo.yaml", Serving.spec("demo", "192.0.2.1"));
        String run = runOf("demo");
        await().atMost(LONG).until(() -> serving.engine().journal().events(run, 0).stream()
                .anyMatch(event -> event.is(RequestedByFile.class)));
        CompletableFuture.runAsync(serving::close).get(LONG.toSeconds(), TimeUnit.SECONDS);
        assertThat(file).exists();
        serving = Serving.start(directory, Optional.empty());
        await().atMost(LONG).until(() -> !serving.engine().runs().underWay().isEmpty());
        serving.release(run);
        assertThat(result(".done", "demo.yaml").get("run").asText()).isEqualTo(run);
        assertThat(file).doesNotExist();
        assertThat(runsOf("demo")).hasSize(1);
    }
}
