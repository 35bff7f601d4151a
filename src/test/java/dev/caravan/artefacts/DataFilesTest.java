package dev.caravan.artefacts;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Where names of files lead. */
class DataFilesTest {
    @TempDir
    private Path data;

    @Test
    void aNameIsAFileBelowTheDataDirectory() {
        assertThat(DataFiles.resolve(data, "reports/demo/h1.txt")).isEqualTo(data.resolve("reports/demo/h1.txt"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "file", "/etc/passwd", "../x", "a/../../x", "a/..", "a/.hidden", "a//b", "a/", "a/b\nc", "a/b c", "a\\b/c",
            "a/\u202e", "logs/x", "clusters/demo/kubeconfig", "a/b/c/d/e/f/g/h/i"})
    void noNameLeadsElsewhereOrToWhatIsCaravansOwn(String name) {
        assertThatThrownBy(() -> DataFiles.resolve(data, name)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void noLinkIsFollowed() throws IOException {
        Files.createSymbolicLink(data.resolve("out"), Path.of("/tmp"));

        assertThatThrownBy(() -> DataFiles.resolve(data, "out/x")).hasMessageContaining("is a symbolic link");
    }
}
