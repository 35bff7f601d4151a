package dev.caravan.spec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Texts that are no YAML, too large, or made to cost much. */
class SpecTextTest extends SpecReading {
    /** Java takes a minute for a number of that many digits. */
    @ParameterizedTest
    @ValueSource(strings = {"port: ", "sudoPassword: ", "unknown: ", "port: 1.", "port: 0x", "port: 1e"})
    void aNumberOfHundredsOfThousandsOfDigitsIsRefusedByItsLength(String key) {
        String text = SMALLEST + "  ssh: {" + key + "7".repeat(400_000) + "}\n";
        assertThat(problems(text).getMessage()).contains("a number longer than 100 characters").hasSizeLessThan(2_000);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
            ''                              | 1:1 : the spec is empty
            'a: b: c'                       | 1:5 : a colon is not expected here
            'a: [b'                         | 1:6 : a quote or a bracket is not closed
            'a: 1\n---\nb: 2'               | 2:1 : a second document begins here
            'a: *b'                         | 1:4 : a value that begins with * is a YAML alias, and this one is not defined
            'kind: Cluster\nkind: Cluster'  | 2:1 kind: key "kind" is here a second time
            'kind: !!binary aaaa'           | 1:7 kind: a YAML tag has no meaning here
            'kind: !mine x'                 | 1:7 kind: a YAML tag has no meaning here
            'kind: 1e999'                   | 1:7 kind: not a finite number: 1e999
            'kind: !!int x'                 | 1:7 kind: a YAML tag has no meaning here
            '? [a]\n: b'                    | 1:3 : a key must be a word, not a map or a list
            """)
    void saysWhatIsWrongWithTheText(String text, String problem) {
        assertThat(shown(text.replace("\\n", "\n"))).contains(problem);
    }

    @Test
    void boundsWhatItReads() throws Exception {
        assertThat(shown("#".repeat(1024 * 1024 + 1))).contains("larger than 1 MiB");
        Path large = Files.writeString(directory.resolve("large.yaml"), "#".repeat(1024 * 1024 + 1));
        assertThat(catchThrowableOfType(InvalidSpec.class, () -> SpecReader.read(large))
                        .getMessage())
                .contains("larger than 1 MiB");
        assertThat(shown("a: &a [*a, *a]")).contains("too many values or is nested too deeply");
        assertThat(shown("[".repeat(5000))).isNotEmpty();
        StringBuilder bomb = new StringBuilder("a0: &a0 [x, x, x, x, x, x, x, x, x]\n");
        for (int i = 1; i < 16; i++) {
            bomb.append("a%d: &a%d [*a%d, *a%d, *a%d]\n".formatted(i, i, i - 1, i - 1, i - 1));
        }
        assertThat(shown(bomb.toString())).contains("too many values or is nested too deeply");
    }

    @Test
    void noTextTakesLongOrTooMuchStackToCheck() {
        for (String text : List.of(
                "a".repeat(60_000),
                "a:".repeat(30_000),
                "a ".repeat(30_000) + "b",
                "a,".repeat(30_000),
                "a:@".repeat(20_000))) {
            String spec = SMALLEST + "  packages: {kubernetes: {baseUrl: \"http://" + text
                    + "\"}}\n  ssh: {proxyJump: \"" + text + "\", user: \"" + text + "\"}\n";

            assertThat(problems(spec).problems())
                    .allMatch(problem -> problem.message().length() < 300)
                    .hasSize(3);
            assertThat(RedactedSpec.of(spec)).isNotEmpty();
        }
        assertThat(problems(SMALLEST + "  " + "k".repeat(500_000) + ": 1\n").getMessage())
                .hasSizeLessThan(300);
        String words = "http://" + "a ".repeat(1000) + "b";
        assertThat(shown(SMALLEST + "  packages: {kubernetes: {baseUrl: \"" + words + "\u00e9\"}}\n"))
                .contains("not a valid repository URL");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "metadata: {name: \"demo\\n\"}",
                "version: \"1.20.2\\n\"",
                "name: \"h1\\n\"",
                "address: \"192.0.2.11\\n\"",
                "podSubnet: \"10.244.0.0/16\\n\", version: 1.20.2",
                "imageRepository: \"r.io/x\\n\", version: 1.20.2",
                "controlPlaneEndpoint: \"a:1\\n\", version: 1.20.2"
            })
    void aLineBreakAtTheEndIsNoPartOfAValue(String written) {
        String key = written.substring(0, written.indexOf(':'));
        String replaced = written.endsWith("1.20.2")
                ? SMALLEST.replace("version: 1.20.2", written)
                : SMALLEST.replaceFirst(
                        "(?<![a-z])" + key + ": ([{][^}]*[}]|[^,}]*)", Matcher.quoteReplacement(written));

        assertThat(replaced).isNotEqualTo(SMALLEST);
        assertThat(problems(replaced).problems()).isNotEmpty();
    }

    @Test
    void saysWhyAFileCannotBeRead() throws Exception {
        assertThat(catchThrowableOfType(InvalidSpec.class, () -> SpecReader.read(directory.resolve("none.yaml")))
                        .getMessage())
                .contains("none.yaml:1:1  there is no such file");
        assertThat(catchThrowableOfType(InvalidSpec.class, () -> SpecReader.read(directory))
                        .getMessage())
                .contains("this is a directory");
        Path latin =
                Files.write(directory.resolve("latin.yaml"), "name: caf\u00e9".getBytes(StandardCharsets.ISO_8859_1));
        assertThat(catchThrowableOfType(InvalidSpec.class, () -> SpecReader.read(latin))
                        .getMessage())
                .contains("not UTF-8");
    }
}
