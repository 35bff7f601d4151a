package dev.caravan.spec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ManifestFileTest {
    private static final String OBJECT = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n";

    @TempDir
    private Path directory;

    private Path spec() throws IOException {
        return Files.writeString(directory.resolve("spec.yaml"), """
                apiVersion: caravan/v1
                kind: Cluster
                metadata: {name: demo}
                spec:
                  kubernetes: {version: 1.34.4}
                  network: {cni: flannel, manifest: ./cni.yml}
                  hosts:
                    - {name: h1, address: 192.0.2.11, roles: [control-plane]}
                """);
    }

    private List<Problem> problems() throws IOException {
        try {
            SpecReader.validate(spec());
            return List.of();
        } catch (InvalidSpec e) {
            return e.problems();
        }
    }

    @Test
    void aManifestThatIsNotThereIsFoundByValidate() throws Exception {
        assertThat(problems()).singleElement().satisfies(problem -> {
            assertThat(problem.line()).isEqualTo(6);
            assertThat(problem.path()).isEqualTo("spec.network.manifest");
            assertThat(problem.message()).isEqualTo("cannot read the network's manifest " + directory.resolve("cni.yml")
                    + ": there is no such file");
        });
    }

    /** Else a run whose manifest is gone could be neither rolled back nor reset. */
    @Test
    void aSpecWhoseManifestIsGoneCanStillBeRead() throws Exception {
        assertThat(SpecReader.read(spec()).network().manifest()).contains(directory.resolve("cni.yml").toString());
    }

    @Test
    void aManifestOfObjectsIsTaken() throws Exception {
        Files.writeString(directory.resolve("cni.yml"), "---\n" + OBJECT + "---\n# nothing\n---\n" + OBJECT);

        assertThat(problems()).isEmpty();
    }

    @Test
    void whatIsNoManifestIsSaid() {
        assertThat(ManifestFile.problem(OBJECT)).isEmpty();
        assertThat(ManifestFile.problem("<!DOCTYPE html><html><body>Sign in</body></html>"))
                .contains("line 1 begins something that is no Kubernetes object: it has no apiVersion and kind");
        assertThat(ManifestFile.problem(OBJECT + "---\nspec:\n  kubernetes: {}\n"))
                .contains("line 5 begins something that is no Kubernetes object: it has no apiVersion and kind");
        assertThat(ManifestFile.problem("kind: [a\n")).hasValueSatisfying(problem -> assertThat(problem).startsWith("it is no YAML: "));
        assertThat(ManifestFile.problem("# nothing\n")).contains("it holds nothing");
    }

    @Test
    void aFileWithoutBoundsIsNotRead() {
        assertThatThrownBy(() -> ManifestFile.read("/dev/zero")).isInstanceOf(IOException.class).hasMessageContaining("larger than 16 MiB");
    }
}
