package dev.caravan.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.history.ExitStatus;
import dev.caravan.history.RunState;
import dev.caravan.journal.RunRecord;
import dev.caravan.run.Submissions;
import dev.caravan.run.TestActions;
import dev.caravan.spec.Expansion;
import dev.caravan.testkit.Serving;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** {@code caravan runs --prune} beside an engine that serves. */
class PruneTest {
    @TempDir
    Path directory;

    @RegisterExtension
    final Console console = new Console();

    private String runs(Serving serving, String... words) {
        console.forget();
        List<String> arguments = new ArrayList<>(List.of("runs", "--data", serving.data().toString()));
        arguments.addAll(List.of(words));
        assertThat(CaravanCommand.execute(arguments.toArray(String[]::new))).as(console.err()).isZero();
        return console.out();
    }

    private static String begin(Serving serving) throws Exception {
        String id = serving.engine().submissions()
                .begin(Submissions.read(Serving.spec("demo", "192.0.2.1"), "spec", Expansion.in(Path.of("")),
                        TestActions.APPLY.call(Map.of()), "command")).id();
        Files.writeString(Files.createDirectories(serving.data().resolve("logs").resolve(id).resolve("h1")).resolve("facts.log"),
                "a line\n");
        return id;
    }

    @Test
    void deletesWhatIsKeptNoLongerAndLeavesARunUnderWayAlone() throws Exception {
        try (Serving serving = Serving.start(directory, Optional.empty())) {
            List<String> ended = new ArrayList<>();
            for (int number = 0; number < 3; number++) {
                String id = begin(serving);
                serving.release(id);
                serving.ended(id);
                ended.add(id);
            }
            String underWay = begin(serving);

            String planned = runs(serving, "--prune", "--keep-runs", "2", "--dry-run");
            assertThat(planned).contains(ended.get(0), ended.get(1), "2 runs would be deleted").doesNotContain(ended.get(2), underWay);
            assertThat(serving.engine().journal().runs(10)).as("a dry run deletes nothing").hasSize(4);
            assertThat(serving.data().resolve("logs").resolve(ended.get(0)).resolve("h1/facts.log")).exists();
            assertThat(runs(serving, "--prune", "--keep-runs", "2", "--keep-days", "1")).as("one limit keeps them")
                    .isEqualTo("0 runs deleted" + System.lineSeparator());

            assertThat(runs(serving, "--prune", "--keep-runs", "2", "--output", "json").lines()).hasSize(2)
                    .allMatch(line -> line.startsWith("{\"id\":\""));
            assertThat(serving.engine().journal().runs(10)).extracting(RunRecord::id).containsExactly(underWay, ended.get(2));
            assertThat(serving.data().resolve("logs")).isDirectoryNotContaining(log -> log.endsWith(ended.get(0))
                    || log.endsWith(ended.get(1)))
                    .isDirectoryContaining(log -> log.endsWith(ended.get(2))).isDirectoryContaining(log -> log.endsWith(underWay));
            assertThat(runs(serving, "--prune", "--keep-runs", "1")).contains("1 run deleted");
            serving.release(underWay);
            assertThat(serving.ended(underWay).state()).isEqualTo(RunState.SUCCEEDED);
            assertThat(runs(serving, "--prune", "--keep-runs", "1")).contains("0 runs deleted");
        }
    }

    @Test
    void whatDoesNotBelongTogetherIsRefused() {
        String data = directory.resolve("data").toString();
        for (List<String> words : List.of(List.of("--prune"), List.of("--keep-runs", "1"), List.of("--dry-run"),
                List.of("--prune", "--keep-runs", "0"), List.of("--prune", "--keep-days", "1", "--server", "http://127.0.0.1:1"))) {
            List<String> arguments = new ArrayList<>(List.of("runs", "--data", data));
            arguments.addAll(words);
            assertThat(CaravanCommand.execute(arguments.toArray(String[]::new))).as(words.toString()).isEqualTo(ExitStatus.WRONG.code());
        }
        assertThat(console.err()).contains("say what is kept, with --keep-runs N or --keep-days N")
                .contains("belong to --prune").contains("--keep-runs 0 keeps nothing").contains("not through --server")
                .doesNotContain("Exception");
    }
}
