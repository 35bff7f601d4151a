package dev.caravan.routes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RouteFilesTest {
    @TempDir
    private Path directory;

    private Path write(String name, String text) throws IOException {
        Path file = directory.resolve(name);
        Files.createDirectories(file.getParent());
        return Files.writeString(file, text);
    }

    private static List<String> names(RouteFiles files) {
        return files.routes().stream().map(RouteFiles.RouteFile::name).toList();
    }

    @Test
    void aUsersFileReplacesTheBuiltInOneOfItsName() throws IOException {
        Path own = write("scripts/os-prepare.sh", "# mine\n");
        RouteFiles files = RouteFiles.with(directory);

        assertThat(files.script("os-prepare.sh")).contains("# mine\n");
        assertThat(files.all().get("scripts/os-prepare.sh").from()).isEqualTo(own.toString());
        assertThat(files.script("facts.sh")).isEqualTo(RouteFiles.builtIn().script("facts.sh")).isPresent();
        assertThat(files.all().get("scripts/facts.sh").from()).isEqualTo("built in");
        assertThat(names(files)).isEqualTo(names(RouteFiles.builtIn()));
    }

    @Test
    void aUsersFileMayBeAnAddition() throws IOException {
        write("steps/site-certificate.camel.yaml", "[]");
        write("scripts/site-certificate.sh", ":\n");
        write("README.md", "about");
        RouteFiles files = RouteFiles.with(directory);

        assertThat(names(files)).contains("steps/site-certificate.camel.yaml").doesNotContain("README.md")
                .hasSize(names(RouteFiles.builtIn()).size() + 1);
        assertThat(files.script("site-certificate.sh")).isPresent();
        assertThat(files.text("README.md")).contains("about");
    }

    @Test
    void aRouteReplacesTheBuiltInOneOfItsNameInWhicheverDirectoryItIs() throws IOException {
        write("run.camel.yaml", "flat");
        write("mine/failures.yaml", "mine");
        write("mine/facts.sh", "no step's script");
        RouteFiles files = RouteFiles.with(directory);

        assertThat(files.text("triggers/run.camel.yaml")).contains("flat");
        assertThat(files.text("errors/failures.yaml")).contains("mine");
        assertThat(files.script("facts.sh")).isEqualTo(RouteFiles.builtIn().script("facts.sh"));
        assertThat(names(files)).isEqualTo(names(RouteFiles.builtIn()));

        write("triggers/run.camel.yaml", "in its place");
        assertThat(RouteFiles.with(directory).text("triggers/run.camel.yaml")).contains("in its place");
    }

    @Test
    void aScriptHasThePartsThatItSourcesInTheirPlaces() throws IOException {
        write("scripts/lib.sh", """
                set -eu
                . "${CARAVAN_LIB:-$(dirname "$0")}/lib/door.sh"
                . "${CARAVAN_LIB:-$(dirname "$0")}/lib/gone.sh"
                keep_door
                """);
        write("scripts/undo-lib.sh", """
                . "${CARAVAN_LIB:-$(dirname "$0")}/lib/door.sh" # --- undo
                . "${CARAVAN_LIB:-$(dirname "$0")}/lib/unit.sh" # --- undo
                restore_door
                """);
        write("scripts/lib/door.sh", """
                # Doors.

                keep_door() { sed 's/\\(a\\)/\\1/' "$1"; }

                # --- undo

                restore_door() { :; }
                """);
        write("scripts/lib/unit.sh", "keep_unit() { :; }\n");
        RouteFiles files = RouteFiles.with(directory);

        assertThat(files.script("lib.sh")).contains("""
                set -eu
                # Doors.

                keep_door() { sed 's/\\(a\\)/\\1/' "$1"; }
                . "${CARAVAN_LIB:-$(dirname "$0")}/lib/gone.sh"
                keep_door
                """);
        assertThat(files.script("undo-lib.sh").orElseThrow().strip()).isEqualTo("restore_door() { :; }\n\nrestore_door");
        assertThat(files.text("scripts/lib.sh").orElseThrow()).as("the file itself").contains("lib/door.sh");
    }

    @Test
    void theBuiltInLibrariesAreWholeAndApart() {
        String shared = RouteFiles.builtIn().script("lib.sh").orElseThrow();
        String undo = RouteFiles.builtIn().script("undo-lib.sh").orElseThrow();

        assertThat(shared).contains("keep_file() {", "keep_network() {", "hold_lock() {").doesNotContain("\n. \"", "restore_files() {");
        assertThat(undo).contains("restore_files() {", "restore_ip_rules() {", "leave_cluster() {")
                .doesNotContain("CARAVAN_LIB:-$(dirname \"$0\")}/lib/", "keep_file() {");
    }

    @Test
    void aPartOfAUsersTakesThePlaceOfTheBuiltInOne() throws IOException {
        write("scripts/lib/lock.sh", "hold_lock() { : 'as this site does'; }\n");

        assertThat(RouteFiles.with(directory).script("lib.sh").orElseThrow()).contains("'as this site does'", "keep_file() {")
                .doesNotContain("read_lock() {");
    }

    @Test
    void aFileIsReadWhenItIsAskedFor() throws IOException {
        write("scripts/a.sh", "old");
        RouteFiles files = RouteFiles.with(directory);
        write("scripts/a.sh", "new");

        assertThat(files.script("a.sh")).contains("new");

        RouteFiles kept = files.asOfNow();
        write("scripts/a.sh", "newest");
        assertThat(kept.script("a.sh")).contains("new").isSameAs(kept.script("a.sh"));
        assertThat(files.script("a.sh")).contains("newest");
    }

    @ParameterizedTest
    @ValueSource(strings = {"../failures.yaml", "../../pom.xml", "/etc/passwd", "./facts.sh", "", "../scripts/facts.sh", "facts.sh/",
            "..\\failures.yaml"})
    void noScriptsNameLeadsOutOfTheScripts(String name) throws IOException {
        write("secret.txt", "secret");

        assertThat(RouteFiles.with(directory).script(name)).isEmpty();
        assertThat(RouteFiles.with(directory.resolve("..").resolve(directory.getFileName())).script("../secret.txt")).isEmpty();
    }

    /* A Kubernetes ConfigMap mounts files as links into a directory ..data, which is itself a link to ..2026_11_23. */
    @Test
    void takesAMountedConfigMapAsItIsMeant() throws IOException {
        Path version = write("..2026_11_23/run.camel.yaml", "[]").getParent();
        Files.createSymbolicLink(directory.resolve("..data"), version.getFileName());
        Files.createSymbolicLink(directory.resolve("run.camel.yaml"), Path.of("..data/run.camel.yaml"));

        assertThat(names(RouteFiles.with(directory))).isEqualTo(names(RouteFiles.builtIn()));
        assertThat(RouteFiles.with(directory).text("triggers/run.camel.yaml")).contains("[]");
    }

    @Test
    void passesOverHiddenFiles() throws IOException {
        write(".git/config", "x");
        write("steps/._facts.camel.yaml", "x");
        write(".idea/run.camel.yaml", "x");

        assertThat(RouteFiles.with(directory).all().keySet()).isEqualTo(RouteFiles.builtIn().all().keySet());
    }

    @Test
    void aHiddenDirectoryMayHoldTheRoutesThemselves() throws IOException {
        write(".caravan/routes/scripts/a.sh", "x");

        assertThat(RouteFiles.with(directory.resolve(".caravan/routes")).script("a.sh")).isEqualTo(Optional.of("x"));
    }

    @Test
    void saysWhichDirectoryCannotBeRead() throws IOException {
        Path missing = directory.resolve("missing");
        Path file = write("file", "");

        assertThatThrownBy(() -> RouteFiles.with(missing)).isInstanceOf(UncheckedIOException.class)
                .hasMessageContaining(missing.toString());
        assertThatThrownBy(() -> RouteFiles.with(file)).isInstanceOf(UncheckedIOException.class).hasMessageContaining(file.toString());
    }

    @Test
    void exportsAllBuiltInFilesAndLeavesAloneWhatIsThere() throws IOException {
        Path own = write("scripts/facts.sh", "# mine\n");

        assertThat(RouteFiles.export(directory)).containsExactly(own);

        assertThat(own).content().isEqualTo("# mine\n");
        RouteFiles builtIn = RouteFiles.builtIn();
        builtIn.all().keySet().stream().filter(name -> !name.equals("scripts/facts.sh")).forEach(name ->
                assertThat(directory.resolve(name)).content().isEqualTo(builtIn.text(name).orElseThrow()));
        assertThat(RouteFiles.with(directory).all().keySet()).isEqualTo(builtIn.all().keySet());
        assertThat(RouteFiles.export(directory)).hasSameSizeAs(builtIn.all().keySet());
    }
}
