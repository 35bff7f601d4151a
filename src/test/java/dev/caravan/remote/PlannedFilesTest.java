package dev.caravan.remote;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.history.Difference;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What {@code put_file} of lib.sh says in a plan. */
class PlannedFilesTest {
    @TempDir
    Path directory;

    private Path file;

    @BeforeEach
    void aHost() throws IOException {
        file = Files.createDirectories(directory.resolve("root/etc")).resolve("file");
    }

    private List<Difference> plan(String content, String mode) throws Exception {
        Path result = directory.resolve("result");
        Files.deleteIfExists(result);
        Path script = Files.writeString(directory.resolve("script.sh"),
                ". \"$CARAVAN_LIB/lib.sh\"\nput_file \"$R/etc/file\" " + mode + "\n");
        ProcessBuilder builder = new ProcessBuilder("sh", script.toString()).redirectErrorStream(true)
                .redirectOutput(directory.resolve("log").toFile());
        builder.environment().put("CARAVAN_LIB", Path.of("routes/scripts").toAbsolutePath().toString());
        builder.environment().put("CARAVAN_ROOT", directory.resolve("root").toString());
        builder.environment().put("CARAVAN_RESULT", result.toString());
        builder.environment().put("CARAVAN_PLAN", "1");
        Process process = builder.start();
        process.getOutputStream().write(content.getBytes(StandardCharsets.UTF_8));
        process.getOutputStream().close();
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).as(Files.readString(directory.resolve("log"))).isZero();
        String report = Launcher.RESULT_MARK + " 0\n" + Files.readString(result) + "caravan-end\n";
        return Report.parse(report.getBytes(StandardCharsets.UTF_8)).orElseThrow().differences();
    }

    private void write(String content, String permissions) throws IOException {
        Files.writeString(file, content);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(permissions));
    }

    @Test
    void aFileIsShownAsItIsAndAsItWouldBe() throws Exception {
        write("one\ntwo\n", "rw-r--r--");
        assertThat(plan("one\n2\n", "0644")).containsExactly(new Difference("update /etc/file", "/etc/file",
                "--- /etc/file\n+++ /etc/file\n@@ -1,2 +1,2 @@\n one\n-two\n+2\n"));
        assertThat(file).hasContent("one\ntwo\n");
    }

    @Test
    void aNewFileIsShownWhole() throws Exception {
        assertThat(plan("one\n", "0644"))
                .containsExactly(new Difference("write /etc/file", "/etc/file", "--- /dev/null\n+++ /etc/file\n@@ -0,0 +1 @@\n+one\n"));
        assertThat(file).doesNotExist();
    }

    @Test
    void whatNotEverybodyMayReadIsNotShown() throws Exception {
        assertThat(plan("canary\n", "0600")).singleElement().extracting(Difference::text).asString().contains("not shown")
                .doesNotContain("canary");
        write("canary\n", "rw-r-----");
        assertThat(plan("other\n", "0644")).singleElement().extracting(Difference::text).asString().contains("not shown")
                .doesNotContain("canary").doesNotContain("other");
        write("-----BEGIN PRIVATE KEY-----\ncanary\n", "rw-r--r--");
        assertThat(plan("other\n", "0644")).singleElement().extracting(Difference::text).asString().contains("not shown")
                .doesNotContain("canary");
        assertThat(directory.resolve("log")).content().doesNotContain("canary");
    }

    @Test
    void passwordsInFilesThatEverybodyMayReadAreHidden() throws Exception {
        write("//nas/share /mnt cifs username=ops,password=canary1,ro 0 0\nproxy=http://ops:canary2@proxy.example.com:3128\n"
                + "auth: \"canary3\"\n", "rw-r--r--");
        assertThat(plan("registry_token = \"canary4\"\n", "0644")).singleElement().extracting(Difference::text).asString()
                .contains("username=ops,password=(hidden),ro").contains("http://ops:(hidden)@proxy.example.com")
                .contains("registry_token = \"(hidden)\"").doesNotContain("canary");
        assertThat(directory.resolve("log")).content().doesNotContain("canary");
    }

    @Test
    void aLongOneIsCutAndSaysHowMuchIsLeft() throws Exception {
        String content = IntStream.range(0, 300).mapToObj(line -> "line " + line + "\n").collect(Collectors.joining());
        assertThat(plan(content, "0644")).singleElement().extracting(Difference::text).asString()
                .endsWith("+line 196\n(and 103 more lines)\n");
    }
}
