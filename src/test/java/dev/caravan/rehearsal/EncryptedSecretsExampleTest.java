package dev.caravan.rehearsal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.Markdown;
import dev.caravan.backups.Backup;
import dev.caravan.backups.BackupDirectory;
import dev.caravan.engine.Engine;
import dev.caravan.engine.EngineOptions;
import dev.caravan.history.Occurrence.StepEnded;
import dev.caravan.packages.Family;
import dev.caravan.spec.Cluster;
import dev.caravan.testkit.Clusters;
import dev.caravan.testkit.RehearsedRuns;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Rehearsal: {@code examples/encrypted-secrets}, and what a backup has of the files that an API server reads. */
class EncryptedSecretsExampleTest {
    private static final Path EXAMPLE = Path.of("examples", "encrypted-secrets");
    private static final String KEY = "bm90IGEga2V5IG9mIGFueWJvZHkncywgb25seSBhIHRlc3Q=";
    private static final String KEYS = "etc/kubernetes/encryption/config.yaml";

    @RegisterExtension
    final Scratch scratch = new Scratch();

    private final RehearsedRuns runs = new RehearsedRuns(scratch);

    @Tag("long")
    @Test
    void theKeysAreOnControlPlanesOnlyAndInTheBackupAndNowhereElse() throws Exception {
        String content = Markdown.of(EXAMPLE.resolve("README.md").toString()).blocks("yaml").get(0).replace("KEY", KEY);
        Path file = Files.writeString(scratch.parent().resolve("encryption.yaml"), content);
        try (Rehearsal rehearsal = Rehearsal.start(Clusters.of(1, 1, "1.36.3", Cluster.RuntimeName.CONTAINERD, Clusters.root()), List.of(),
                        scratch.directory(), Rehearsal.Options.usual().withFamily(Family.APT).withPace(0));
                Engine engine = runs.engine(new EngineOptions(runs.data(), Optional.of(EXAMPLE.resolve("routes")), false, true,
                        rehearsal::target, Map.of("encryption.config", file.toString())))) {
            assertThat(runs.run(engine, rehearsal.cluster(), "plan").state()).as(runs::details).isEqualTo("succeeded");
            assertThat(runs.run(engine, rehearsal.cluster(), "apply").state()).as(runs::details).isEqualTo("succeeded");
            Path keys = rehearsal.host("h1").root().resolve(KEYS);
            assertThat(keys).hasContent(content);
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(keys))).isEqualTo("rw-------");
            assertThat(rehearsal.host("h2").root().resolve(KEYS)).doesNotExist();
            assertThat(runs.details()).contains("write /" + KEYS).doesNotContain(KEY);

            runs.events().clear();
            assertThat(runs.run(engine, rehearsal.cluster(), "apply").state()).as(runs::details).isEqualTo("succeeded");
            assertThat(runs.events().stream().flatMap(event -> event.as(StepEnded.class).stream())
                    .filter(ended -> ended.step().equals("encryption-config")))
                    .singleElement().satisfies(ended -> assertThat(ended.changes()).isEmpty());

            Path elsewhere = rehearsal.host("h1").root().resolve("srv/admission");
            Files.writeString(Files.createDirectories(elsewhere).resolve("policy.yaml"), "a policy");
            mount(rehearsal.host("h1").root().resolve("etc/kubernetes/manifests/kube-apiserver.yaml"));
            assertThat(runs.run(engine, rehearsal.cluster(), "backup").state()).as(runs::details).isEqualTo("succeeded");
            assertThat(archived("host/" + KEYS)).isEqualTo(content);
            assertThat(archived("host/srv/admission/policy.yaml")).isEqualTo("a policy");
            assertThat(runs.details()).doesNotContain(KEY);
        }
    }

    /* As kubeadm writes extraVolumes. The path in the container is another one than that on the host. */
    private static void mount(Path manifest) throws Exception {
        String text = Files.readString(manifest);
        Files.writeString(manifest, text + """
                    volumeMounts:
                    - mountPath: /etc/admission
                      name: admission
                      readOnly: true
                  volumes:
                  - hostPath:
                      path: /srv/admission
                      type: DirectoryOrCreate
                    name: admission
                """);
    }

    private String archived(String name) throws Exception {
        Backup backup = new BackupDirectory(runs.data(), "demo").all().get(0);
        Process tar = new ProcessBuilder("tar", "-xzOf", runs.data().resolve("backups/demo").resolve(backup.fileName()).toString(), name)
                .redirectError(ProcessBuilder.Redirect.INHERIT).start();
        String content = new String(tar.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(tar.waitFor()).as(name).isZero();
        return content;
    }
}
