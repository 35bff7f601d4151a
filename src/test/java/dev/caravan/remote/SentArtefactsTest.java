package dev.caravan.remote;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.artefacts.Artefact;
import dev.caravan.step.StepFailure;
import dev.caravan.step.StepResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Files that steps are sent. */
class SentArtefactsTest extends ArtefactSteps {
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
}
