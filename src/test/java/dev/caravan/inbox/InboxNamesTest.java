package dev.caravan.inbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.caravan.testkit.Serving;
import java.io.IOException;
import java.io.OutputStream;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Names of every kind, links, and files that are no specs. */
class InboxNamesTest extends ServedInbox {
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
}
