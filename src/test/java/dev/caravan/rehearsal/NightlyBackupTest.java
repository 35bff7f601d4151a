package dev.caravan.rehearsal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.caravan.Markdown;
import dev.caravan.backups.Backup;
import dev.caravan.backups.BackupDirectory;
import dev.caravan.engine.Engine;
import dev.caravan.history.RunState;
import dev.caravan.journal.RunRecord;
import dev.caravan.packages.Family;
import dev.caravan.spec.Cluster;
import dev.caravan.spec.SpecReader;
import dev.caravan.testkit.RehearsedRuns;
import dev.caravan.testkit.Serving;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Rehearsal: the route of docs/backup.md that takes a backup every night, as it is printed there, in an engine that serves. */
class NightlyBackupTest {
    private static final Duration LONG = Duration.ofMinutes(10);
    private static final String EVERY_HOUR =
            IntStream.range(0, 24).mapToObj(hour -> "%02d".formatted(hour)).collect(Collectors.joining(","));
    private static final String SPEC = """
            apiVersion: caravan/v1
            kind: Cluster
            metadata:
              name: demo
              annotations: {caravan/action: backup}
            spec:
              kubernetes: {version: 1.36.3}
              packages: {mirror: community}
              runtime: {name: containerd}
              network: {cni: bridge}
              backup: {keep: 2, passphrase: "${file:%s}"}
              ssh: {user: root}
              hosts:
                - {name: h1, address: 192.0.2.11, roles: [control-plane]}
            """;

    @RegisterExtension
    final Scratch scratch = new Scratch();

    private final RehearsedRuns runs = new RehearsedRuns(scratch);

    private static String printed(String route) {
        return Markdown.of("docs/backup.md").blocks("yaml").stream().filter(block -> block.contains("id: " + route)).findFirst()
                .orElseThrow();
    }

    private Path write(String name, String content) throws IOException {
        Path file = scratch.parent().resolve(name);
        Files.createDirectories(file.getParent());
        return Files.writeString(file, content);
    }

    @Tag("long")
    @Test
    void backupsAreTakenByThemselvesAndTheLastGoodOnesStay() throws Exception {
        Path spec = write("nightly.yaml", SPEC.formatted(write("passphrase", "correct horse")));
        Path routes = write("routes/nightly-backup.camel.yaml", printed("nightly-backup")).getParent();
        write("routes/other-hours.camel.yaml", printed("nightly-backup").replace("nightly-backup", "other-hours")
                .replace("nightly.hours:03", "other.hours"));
        Cluster cluster = SpecReader.read(spec);
        try (Rehearsal rehearsal = Rehearsal.start(cluster, List.of(), scratch.directory(),
                Rehearsal.Options.usual().withFamily(Family.APT).withPace(0))) {
            try (Engine engine = runs.engine(rehearsal)) {
                assertThat(runs.run(engine, cluster, "apply").state()).as(runs::details).isEqualTo("succeeded");
            }
            Map<String, String> settings = Map.of("nightly.spec", spec.toString(), "nightly.period", "2s", "nightly.hours", EVERY_HOUR,
                    "other.hours", "24");
            try (Serving serving = Serving.rehearse(scratch.parent(), rehearsal, routes, settings)) {
                assertThat(serving.data()).isEqualTo(runs.data());
                await().atMost(LONG).until(() -> ended(serving, RunState.SUCCEEDED) >= 4);

                Path etcd = rehearsal.host("h1").root().resolve("etc/kubernetes/manifests/etcd.yaml");
                Path away = Files.move(etcd, scratch.parent().resolve("etcd.yaml"));
                await().atMost(LONG).until(() -> ended(serving, RunState.FAILED) >= 3);
                assertThat(good()).as("the last good ones stay, and no more").hasSize(2);

                List<String> before = good();
                Files.move(away, etcd);
                await().atMost(LONG).until(() -> good().stream().noneMatch(before::contains));
            }
            try (Stream<Path> files = Files.walk(scratch.parent().resolve("inbox"))) {
                assertThat(files).as("in another hour").noneMatch(file -> file.getFileName().toString().contains("other-hours"));
            }
        }
    }

    private static long ended(Serving serving, RunState state) {
        return serving.engine().journal().runs(100).stream().filter(run -> run.action().equals("backup")).map(RunRecord::state)
                .filter(state::equals).count();
    }

    private List<String> good() throws IOException {
        BackupDirectory directory = new BackupDirectory(runs.data(), "demo");
        return directory.all().stream().filter(backup -> directory.verify(backup).isGood()).map(Backup::id).toList();
    }
}
