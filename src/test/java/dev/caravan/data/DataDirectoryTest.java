package dev.caravan.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Who else could put something into the data directory. Only root can give files to other users, as these tests do. */
class DataDirectoryTest {
    private static final int STRANGER = 54_321;

    @TempDir
    Path directory;

    private Path data;

    @BeforeEach
    void make() throws IOException {
        data = Files.createDirectory(directory.resolve("data"), PosixFilePermissions.asFileAttribute(
                PosixFilePermissions.fromString("rwx------")));
    }

    private static void give(Path path) throws IOException {
        assumeTrue(Files.getAttribute(Path.of("/proc/self"), "unix:uid").equals(0), "only root can give files away");
        Files.setAttribute(path, "unix:uid", STRANGER, LinkOption.NOFOLLOW_LINKS);
    }

    private static void allow(Path path, String permissions) throws IOException {
        Files.setPosixFilePermissions(path, PosixFilePermissions.fromString(permissions));
    }

    @Test
    void anOwnDirectoryIsUsedAndOneThatIsNotThereMayBeMade() {
        assertThat(DataDirectory.refusal(data)).isEmpty();
        assertThat(DataDirectory.refusal(directory.resolve("none/data"))).isEmpty();
        assertThat(DataDirectory.warnings(data)).isEmpty();
    }

    /** For every process, the link /proc/self belongs to root: what it leads to says whose the process is. */
    @Test
    void theUserOfAProcessIsNotThatOfTheLinkToIt() throws IOException {
        Path process = Files.createDirectory(directory.resolve("4711"));
        Path self = Files.createSymbolicLink(directory.resolve("self"), process);
        give(process);
        assertThat(Ownership.uidOfProcess(self)).contains(STRANGER);
    }

    @Test
    void anotherUsersDirectoryIsRefused() throws IOException {
        give(data);
        assertThat(DataDirectory.refusal(data).orElseThrow()).contains("the data directory " + data + " belongs to " + STRANGER)
                .endsWith("chown " + System.getProperty("user.name") + " " + data);
    }

    @Test
    void aDirectoryInWhichAllMayRenameItIsRefusedUnlessItIsSticky() throws IOException {
        allow(directory, "rwxrwxrwx");
        assertThat(DataDirectory.refusal(data).orElseThrow()).contains("is below " + directory.toRealPath()).contains("chmod o-w ");
        assertThat(DataDirectory.refusal(directory.resolve("none/data"))).as("one that is not there yet").isPresent();
        Files.setAttribute(directory, "unix:mode", 01777);
        assertThat(DataDirectory.refusal(data)).isEmpty();
        assertThat(DataDirectory.warnings(data)).isEmpty();
    }

    @Test
    void itIsSaidWhereAGroupOrAnotherUserCouldReplaceIt() throws IOException {
        give(directory);
        assertThat(DataDirectory.refusal(data)).isEmpty();
        assertThat(DataDirectory.warnings(data)).singleElement().asString().contains("which belongs to " + STRANGER);
        Files.setAttribute(directory, "unix:uid", 0);
        Files.setAttribute(directory, "unix:gid", STRANGER);
        allow(directory, "rwxrwx---");
        assertThat(DataDirectory.warnings(data)).singleElement().asString().endsWith("chmod g-w " + directory.toRealPath());
    }

    @Test
    void aLinkOfAnotherUsersIsRefusedAndAnOwnOneIsNot() throws IOException {
        Path link = Files.createSymbolicLink(directory.resolve("link"), data);
        assertThat(DataDirectory.refusal(link)).isEmpty();
        give(link);
        assertThat(DataDirectory.refusal(link).orElseThrow()).contains("the symbolic link " + link + " of " + STRANGER);
        assertThat(DataDirectory.refusal(link.resolve("below"))).isPresent();
    }

    @Test
    void nothingIsWrittenThroughALinkThatAnotherUserMade() throws IOException {
        Path elsewhere = Files.writeString(directory.resolve("elsewhere"), "as it was");
        allow(elsewhere, "rw-r--r--");
        Path link = Files.createSymbolicLink(data.resolve("file"), elsewhere);
        give(link);
        assertThatThrownBy(() -> PrivateFiles.make(link)).isInstanceOf(IOException.class)
                .hasMessageContaining(link + " is a symbolic link that belongs to " + STRANGER).hasMessageContaining("remove it");
        assertThatThrownBy(() -> PrivateFiles.makeOnce(link, new byte[] {1})).isInstanceOf(IOException.class);
        assertThat(Files.readString(elsewhere)).isEqualTo("as it was");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(elsewhere))).isEqualTo("rw-r--r--");
        Path logs = Files.createSymbolicLink(data.resolve("logs"), directory);
        give(logs);
        assertThatThrownBy(() -> PrivateFiles.makeDirectories(logs.resolve("7f3a"))).isInstanceOf(IOException.class)
                .hasMessageContaining(logs + " is a symbolic link");
        assertThat(directory.resolve("7f3a")).doesNotExist();
    }

    @Test
    void aFileThatAnotherUserMadeFirstIsNotUsed() throws IOException {
        Path file = Files.writeString(data.resolve("key"), "known");
        allow(file, "rw-------");
        give(file);
        assertThatThrownBy(() -> PrivateFiles.make(file)).isInstanceOf(IOException.class).hasMessageContaining("belongs to " + STRANGER);
        assertThatThrownBy(() -> PrivateFiles.makeOnce(file, new byte[] {1})).isInstanceOf(IOException.class);
        assertThat(data.toFile().list()).containsExactly("key");
    }

    @Test
    void aLinkToNothingIsNamed() throws IOException {
        Path link = Files.createSymbolicLink(data.resolve("file"), directory.resolve("nothing"));
        assertThatThrownBy(() -> PrivateFiles.make(link)).isInstanceOf(IOException.class)
                .hasMessageContaining(link + " is a symbolic link to " + directory.resolve("nothing") + ", which is not there");
        assertThat(directory.resolve("nothing")).doesNotExist();
    }
}
