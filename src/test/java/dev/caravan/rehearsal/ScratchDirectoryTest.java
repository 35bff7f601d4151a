package dev.caravan.rehearsal;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ScratchDirectoryTest {
    @TempDir
    Path temporary;

    private Path make(String name) throws IOException {
        return Files.createFile(Files.createDirectories(temporary.resolve(name).resolve("hosts")).resolve("file"));
    }

    @Test
    void deletesWhatDeadProcessesLeftAndNothingElse() throws IOException {
        Path dead = make("caravan-rehearsal-dead");
        Files.createFile(temporary.resolve("caravan-rehearsal-dead/lock"));
        Path elsewhere = make("elsewhere");
        Files.createFile(temporary.resolve("elsewhere/lock"));
        Path unlocked = make("caravan-rehearsal-just-made");
        Files.createSymbolicLink(temporary.resolve("caravan-rehearsal-link"), temporary.resolve("elsewhere"));
        try (ScratchDirectory first = ScratchDirectory.open(temporary)) {
            Path mine = Files.createFile(Files.createDirectories(first.hosts()).resolve("file"));
            ScratchDirectory second = ScratchDirectory.open(temporary);
            second.close();

            assertThat(dead).doesNotExist();
            assertThat(temporary.resolve("caravan-rehearsal-dead")).doesNotExist();
            assertThat(elsewhere).exists();
            assertThat(unlocked).exists();
            assertThat(mine).as("that of a living process").exists();
            assertThat(second.hosts().getParent()).doesNotExist();
        }
    }

    @Test
    void isGoneWhereItIsAbandoned() throws IOException {
        ScratchDirectory directory = ScratchDirectory.open(temporary);
        Files.createFile(Files.createDirectories(directory.hosts()).resolve("file"));
        directory.abandon();

        assertThat(temporary).isEmptyDirectory();
    }
}
