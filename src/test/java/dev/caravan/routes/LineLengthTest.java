package dev.caravan.routes;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * Lines of the workflow, of the page and of programs beside Java are as long as those of the code. In what is part of the jar, a text that
 * cannot be broken, such as a message, may make one longer.
 */
class LineLengthTest {
    private static final int LONGEST = 140;
    /** What may stand beside such a text. */
    private static final int BESIDE = 60;
    /** Files without an ending are programs; documents, keys and what other tools write have lines of their own. */
    private static final Pattern WRITTEN = Pattern.compile("[^.]+|.+\\.(sh|yaml)");
    private static final Pattern TEXT = Pattern.compile("\"[^\"]{40,}(\"|\\\\?$)|'[^']{40,}('|$)");

    @Test
    void noLineOfTheWorkflowIsTooLong() {
        RouteFiles builtIn = RouteFiles.builtIn();
        assertThat(builtIn.all().keySet()).hasSizeGreaterThan(200).allSatisfy(file ->
                assertThat(builtIn.text(file).orElseThrow().lines()).as(file).allMatch(LineLengthTest::fits));
    }

    /** {@code npx prettier} keeps to it, by .prettierrc.json. */
    @Test
    void noLineOfThePageIsTooLong() throws IOException {
        try (Stream<Path> files = Files.list(Path.of("src/main/resources/web"))) {
            assertThat(files.toList()).hasSizeGreaterThan(20).allSatisfy(file ->
                    assertThat(Files.readAllLines(file)).as(file.toString()).allMatch(LineLengthTest::fits));
        }
    }

    /** The hosts of a rehearsal, made of shell scripts. */
    @Test
    void noLineOfTheStandInsIsTooLong() throws IOException {
        try (Stream<Path> files = Files.walk(Path.of("src/main/resources/rehearsal"))) {
            assertThat(files.filter(Files::isRegularFile).toList()).hasSizeGreaterThan(30).allSatisfy(file ->
                    assertThat(Files.readAllLines(file)).as(file.toString()).allMatch(LineLengthTest::fits));
        }
    }

    /** The lab's sets, benches, the launcher, and the examples' scripts and routes. */
    @Test
    void noLineOfAProgramOutsideOfTheJarIsTooLong() throws IOException {
        List<Path> programs = new ArrayList<>(List.of(Path.of("caravan"), Path.of("Dockerfile")));
        for (String directory : List.of("src/test/lab", "bench", ".ci", "examples")) {
            try (Stream<Path> files = Files.walk(Path.of(directory))) {
                files.filter(Files::isRegularFile).filter(file -> WRITTEN.matcher(file.getFileName().toString()).matches())
                        .forEach(programs::add);
            }
        }
        List<String> tooLong = new ArrayList<>();
        for (Path program : programs) {
            Files.readAllLines(program).stream().filter(line -> line.length() > LONGEST)
                    .forEach(line -> tooLong.add(program + ": " + line));
        }
        assertThat(programs).hasSizeGreaterThan(70);
        assertThat(tooLong).isEmpty();
    }

    private static boolean fits(String line) {
        return line.length() <= LONGEST || TEXT.matcher(line).replaceAll("").length() <= BESIDE;
    }

    @Test
    void aLineOfManyWordsIsTooLong() {
        assertThat(fits("x ".repeat(71))).isFalse();
        assertThat(fits("fail \"" + "m".repeat(150) + "\" \\")).isTrue();
        assertThat(fits("one || two && three ".repeat(5) + "fail \"" + "m".repeat(60) + "\"")).isFalse();
    }
}
