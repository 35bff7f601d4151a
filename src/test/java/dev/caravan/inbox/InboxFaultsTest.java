package dev.caravan.inbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.caravan.history.Occurrence.RequestedByFile;
import dev.caravan.testkit.Serving;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

/** Results that cannot be written, files that cannot be claimed, a full disk, and engines that end meanwhile. */
class InboxFaultsTest extends ServedInbox {
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
            assertThat(log.text().split("no file is taken", -1)).as("said once").hasSize(2);
        }
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
