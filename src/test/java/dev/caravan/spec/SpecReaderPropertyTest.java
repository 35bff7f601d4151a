package dev.caravan.spec;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.StringLength;

class SpecReaderPropertyTest {
    private static final String SECRET = "c4n4ry-c4n4ry";

    /** Whatever somebody does to a spec, it is read or refused in words, and what is said holds no secret. */
    @Property(tries = 400)
    void aSpoiltSpecIsReadOrRefusedInWords(
            @ForAll @IntRange(min = 0, max = 2000) int at,
            @ForAll @IntRange(min = 0, max = 30) int dropped,
            @ForAll @StringLength(max = 4) String added)
            throws IOException {
        String spec = Files.readString(Path.of("examples/containerd.yaml"))
                .replace("${env:SUDO_PASSWORD}", "'" + SECRET + "'");
        int from = at % spec.length();
        String spoilt = spec.substring(0, from) + added + spec.substring(Math.min(spec.length(), from + dropped));
        // A secret that is cut, or whose key is, may show: it can no longer be told from the rest.
        boolean secretIsWhole = spoilt.contains("\n    sudoPassword: '" + SECRET + "'\n");

        try {
            String read = SpecReader.read(spoilt, "spoilt").toString();
            assertThat(!secretIsWhole || !read.contains(SECRET)).isTrue();
        } catch (InvalidSpec e) {
            assertThat(e.problems()).isNotEmpty().allMatch(problem -> problem.line() > 0 && problem.column() > 0);
            assertThat(!secretIsWhole || !e.getMessage().contains(SECRET)).isTrue();
        }
        assertThat(!secretIsWhole || !RedactedSpec.of(spoilt).contains(SECRET)).isTrue();
    }
}
