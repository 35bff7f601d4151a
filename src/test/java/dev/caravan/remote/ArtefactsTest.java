package dev.caravan.remote;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.artefacts.Artefact;
import dev.caravan.artefacts.StoredFile;
import dev.caravan.history.Occurrence.StepEnded;
import dev.caravan.run.TestRuns;
import dev.caravan.step.StepFailure;
import dev.caravan.step.StepResult;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Files of the host that steps save. */
class ArtefactsTest extends ArtefactSteps {
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

    private Path onTheHost() throws IOException {
        Path all = root.resolve("var/lib/caravan");
        return all.resolve(names(all).get(0)).resolve("artefact");
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
}
