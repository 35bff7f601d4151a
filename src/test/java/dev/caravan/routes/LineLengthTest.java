package dev.caravan.routes;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * Lines of the workflow and of the page are as long as those of the code; only a text that cannot be broken, such as a message, may make
 * one longer.
 */
class LineLengthTest {
    private static final int LONGEST = 140;
    /** What may stand beside such a text. */
    private static final int BESIDE = 60;
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
