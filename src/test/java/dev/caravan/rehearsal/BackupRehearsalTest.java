package dev.caravan.rehearsal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.artefacts.Outgoing;
import dev.caravan.artefacts.StoredFile;
import dev.caravan.backups.Backup;
import dev.caravan.backups.BackupDirectory;
import dev.caravan.engine.Engine;
import dev.caravan.history.Event;
import dev.caravan.history.Occurrence.RunEnded;
import dev.caravan.history.Occurrence.StepEnded;
import dev.caravan.history.StepState;
import dev.caravan.packages.Family;
import dev.caravan.spec.Cluster;
import dev.caravan.spec.Secret;
import dev.caravan.testkit.Clusters;
import dev.caravan.testkit.RehearsedRuns;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Rehearsal: backups of a cluster on simulated hosts, with the built-in routes and scripts. */
class BackupRehearsalTest {
    @RegisterExtension
    final Scratch scratch = new Scratch();

    private final RehearsedRuns runs = new RehearsedRuns(scratch);

    private static Cluster cluster(int controlPlanes, String passphrase) {
        Cluster plain = Clusters.of(controlPlanes, 0, Cluster.RuntimeName.CONTAINERD, Clusters.ops("secret word"));
        return new Cluster(plain.name(), plain.kubernetes(), plain.packages(), plain.runtime(), plain.network(), plain.hosts(),
                plain.onFailure(), Optional.empty(),
                new Cluster.Backup(Set.of(), 2, Optional.of(passphrase).filter(word -> !word.isEmpty()).map(Secret::new)));
    }

    private Rehearsal start(Cluster cluster) throws Exception {
        return Rehearsal.start(cluster, List.of(), scratch.directory(), Rehearsal.Options.usual().withFamily(Family.APT).withPace(0));
    }

    private void flip(Path file) throws Exception {
        try (RandomAccessFile content = new RandomAccessFile(file.toFile(), "rw")) {
            content.seek(content.length() / 2);
            int old = content.read();
            content.seek(content.length() / 2);
            content.write(old ^ 1);
        }
    }

    @Test
    void aBackupIsEncryptedListedVerifiedAndKeptAsTheSpecSays() throws Exception {
        try (Rehearsal rehearsal = start(cluster(1, "correct horse")); Engine engine = runs.engine(rehearsal)) {
            assertThat(runs.run(engine, rehearsal.cluster(), "apply", Map.of()).state()).as("%s", runs.events()).isEqualTo("succeeded");
            runs.events().clear();
            assertThat(runs.run(engine, rehearsal.cluster(), "backup", Map.of()).state()).as("%s", runs.events()).isEqualTo("succeeded");

            BackupDirectory directory = new BackupDirectory(runs.data(), "demo");
            Backup first = directory.all().get(0);
            Path file = runs.data().resolve("backups/demo").resolve(first.id() + ".tar.gz.enc");
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file))).isEqualTo("rw-------");
            assertThat(first.etcd().keys()).isPositive();
            assertThat(first.host()).isEqualTo("h1");
            StoredFile archive = directory.archive(first, Optional.of(new Secret("correct horse")));
            assertThat(Outgoing.measure(archive)).isEqualTo(first.content());
            assertThat(runs.events().stream().flatMap(event -> event.as(StepEnded.class).stream()))
                    .filteredOn(end -> end.step().equals("save-backup")).singleElement().satisfies(end -> {
                assertThat(end.state()).isEqualTo(StepState.OK);
                assertThat(end.artefact()).contains(first.content());
            });
            assertThat(rehearsal.host("h1").root().resolve("var/lib/caravan")).doesNotExist();
            assertThat(runs.events().toString()).doesNotContain("horse");

            runs.run(engine, rehearsal.cluster(), "backup", Map.of());
            flip(runs.data().resolve("backups/demo").resolve(directory.all().get(0).fileName()));
            runs.events().clear();
            assertThat(runs.run(engine, rehearsal.cluster(), "backups", Map.of()).state()).isEqualTo("succeeded");
            assertThat(runs.notes()).hasSize(2);
            assertThat(runs.notes().get(0)).contains("DAMAGED: its file was changed");
            assertThat(runs.notes().get(1)).startsWith(first.id() + ": etcd 3.7.0 revision ").contains("encrypted")
                    .endsWith("old, verifies");

            // the damaged one counts for nothing: the spec keeps two good ones
            runs.run(engine, rehearsal.cluster(), "backup", Map.of());
            assertThat(directory.all()).hasSize(3).contains(first);
            runs.run(engine, rehearsal.cluster(), "backup", Map.of());
            assertThat(directory.all()).hasSize(2).allMatch(backup -> directory.verify(backup).isGood());
            runs.run(engine, rehearsal.cluster(), "backup", Map.of("keep", "1"));
            assertThat(directory.all()).hasSize(1);
        }
    }

    @Tag("long")
    @Test
    void anotherControlPlaneGivesItIfTheFirstCannotAndIfNoneCanTheRunSaysWhy() throws Exception {
        try (Rehearsal rehearsal = start(cluster(2, "")); Engine engine = runs.engine(rehearsal)) {
            assertThat(runs.run(engine, rehearsal.cluster(), "apply", Map.of()).state()).as("%s", runs.events()).isEqualTo("succeeded");
            Files.delete(rehearsal.host("h1").root().resolve("etc/kubernetes/manifests/etcd.yaml"));
            assertThat(runs.run(engine, rehearsal.cluster(), "backup", Map.of()).state()).as("%s", runs.events()).isEqualTo("succeeded");
            BackupDirectory directory = new BackupDirectory(runs.data(), "demo");
            assertThat(directory.all()).singleElement().extracting(Backup::host).isEqualTo("h2");
            assertThat(runs.notes()).anyMatch(note -> note.contains("it is not encrypted and holds every secret"));

            Files.delete(rehearsal.host("h2").root().resolve("etc/kubernetes/manifests/etcd.yaml"));
            runs.events().clear();
            assertThat(runs.run(engine, rehearsal.cluster(), "backup", Map.of()).state()).isEqualTo("failed");
            assertThat(runs.events()).filteredOn(event -> event.is(RunEnded.class)).singleElement().extracting(Event::message)
                    .asString().contains("no control plane could give a backup").contains("h1: ").contains("h2: ");
            assertThat(directory.all()).as("the last good one stays").hasSize(1);
        }
    }
}
