package dev.caravan.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.Programs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The script {@code caravan}, with a program in place of Java that shows its options and writes the archive that it is asked for. */
class LauncherTest {
    @TempDir
    Path directory;

    private final Map<String, String> environment = new HashMap<>();
    private Path jar;

    @BeforeEach
    void install() throws IOException {
        jar = Files.writeString(directory.resolve("caravan.jar"), "a jar");
        Files.setLastModifiedTime(jar, FileTime.from(Instant.parse("2026-01-01T00:00:00Z")));
        Files.createDirectories(directory.resolve("java/bin"));
        Programs.script(directory.resolve("java/bin/java"), """
                printf '%s\\n' "$@"
                for option in "$@"; do
                  case $option in -XX:ArchiveClassesAtExit=*) echo archive > "${option#*=}" ;; esac
                done
                for last in "$@"; do :; done
                [ "$last" != fails ] || exit 5""");
    }

    @Test
    void theFirstRehearsalLeavesAnArchiveThatLaterCommandsUse() throws Exception {
        assertThat(caravan(0, "apply")).noneMatch(option -> option.contains("Archive"));
        assertThat(archive()).doesNotExist();

        assertThat(caravan(0, "rehearse")).anyMatch(option -> option.startsWith("-XX:ArchiveClassesAtExit=" + archive()));
        assertThat(archive()).exists();

        assertThat(caravan(0, "apply", "-f", "a spec.yaml")).contains("-XX:SharedArchiveFile=" + archive())
                .endsWith("apply", "-f", "a spec.yaml");
        assertThat(caravan(0, "rehearse")).contains("-XX:SharedArchiveFile=" + archive());
    }

    @Test
    void aRehearsalThatFailsLeavesNoArchiveAndItsExitStatus() throws Exception {
        caravan(5, "rehearse", "fails");

        assertThat(directory.toFile().list()).containsExactlyInAnyOrder("caravan.jar", "java");
    }

    @Test
    void anArchiveOfAnEarlierJarIsMadeAgain() throws Exception {
        Files.writeString(archive(), "an earlier one");
        Files.setLastModifiedTime(archive(), FileTime.from(Instant.parse("2025-12-31T00:00:00Z")));

        assertThat(caravan(0, "apply")).noneMatch(option -> option.contains("Archive"));
        caravan(0, "rehearse");

        assertThat(archive()).hasContent("archive");
    }

    @Test
    void furtherJarsAreOnTheClassPathAlsoWhereTheirDirectoryIsALink() throws Exception {
        Path lib = Files.createDirectory(directory.resolve("local jars"));
        assertThat(caravan(0, "runner")).as("not asked for").contains("-jar", jar.toString());
        environment.put("CARAVAN_LIB", Files.createSymbolicLink(directory.resolve("lib"), lib).toString());
        assertThat(String.join(" ", caravan(2, "runner"))).contains("CARAVAN_LIB names " + directory.resolve("lib"), "there is no jar");

        Files.writeString(lib.resolve("client.jar"), "a jar");

        assertThat(caravan(0, "runner", "--zone", "site-a")).doesNotContain("-jar").endsWith("-cp", jar + ":" + directory.resolve("lib/*"),
                "dev.caravan.Main", "runner", "--zone", "site-a");
        assertThat(caravan(0, "rehearse")).as("an archive of caravan.jar alone").noneMatch(option -> option.contains("ArchiveClasses"));
    }

    @Test
    void jarsInLibBesideTheScriptAreFound() throws Exception {
        Files.copy(Path.of("caravan"), directory.resolve("caravan"));
        Files.writeString(Files.createDirectory(directory.resolve("lib")).resolve("client.jar"), "a jar");

        assertThat(started(directory.resolve("caravan"), 0, "apply"))
                .endsWith("-cp", jar + ":" + directory.toRealPath().resolve("lib/*"), "dev.caravan.Main", "apply");
    }

    private Path archive() {
        return directory.resolve("caravan.jar.jsa");
    }

    /** What the script gave to Java, which ends with that status. */
    private List<String> caravan(int status, String... words) throws Exception {
        return started(Path.of("caravan").toAbsolutePath(), status, words);
    }

    private List<String> started(Path script, int status, String... words) throws Exception {
        List<String> command = new ArrayList<>(List.of("sh", script.toString()));
        command.addAll(List.of(words));
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().put("CARAVAN_JAR", jar.toString());
        builder.environment().put("JAVA_HOME", directory.resolve("java").toString());
        builder.environment().keySet().removeAll(List.of("CARAVAN_JAVA_OPTS", "CARAVAN_LIB"));
        builder.environment().putAll(environment);
        Process process = builder.start();
        List<String> lines = new String(process.getInputStream().readAllBytes()).lines().toList();
        assertThat(process.waitFor()).as("%s", lines).isEqualTo(status);
        return lines;
    }
}
