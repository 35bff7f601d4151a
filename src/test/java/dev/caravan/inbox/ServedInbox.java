package dev.caravan.inbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.caravan.Markdown;
import dev.caravan.journal.RunRecord;
import dev.caravan.testkit.Serving;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** The inbox of an engine that serves, with a workflow that ends when the test says so; and what it writes. */
abstract class ServedInbox {
    static final Duration LONG = Duration.ofSeconds(60);

    @TempDir
    Path directory;

    Serving serving;

    @BeforeEach
    void serve() throws Exception {
        serving = Serving.start(directory, Optional.empty());
    }

    @AfterEach
    void stop() {
        serving.close();
    }

    /** Writes elsewhere and moves, as people should. */
    Path drop(String name, String text) throws IOException {
        Path written = Files.createTempFile(directory, "written", "");
        Files.writeString(written, text);
        return Files.move(written, serving.inbox().resolve(name), StandardCopyOption.ATOMIC_MOVE);
    }

    String runOf(String cluster) {
        return await().atMost(LONG).until(() -> runsOf(cluster).stream().findFirst(), Optional::isPresent).orElseThrow().id();
    }

    List<RunRecord> runsOf(String cluster) {
        return serving.engine().journal().runs(100).stream().filter(run -> run.cluster().equals(cluster)).toList();
    }

    JsonNode result(String folder, String name) {
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
    static Set<String> documented() {
        Set<String> members = new TreeSet<>();
        Markdown.of("docs/serve.md").table("| member of the result | meaning |").forEach(row -> members.addAll(Markdown.codes(row.get(0))));
        return members;
    }

    static Set<String> members(JsonNode tree) {
        Set<String> members = new TreeSet<>();
        tree.fieldNames().forEachRemaining(members::add);
        return members;
    }

    static boolean run(String... command) throws Exception {
        return new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(ProcessBuilder.Redirect.DISCARD).start().waitFor() == 0;
    }
}
