package dev.caravan.spec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.io.TempDir;

/** The smallest spec, and what comes of reading a text: for the tests of {@link SpecReader}. */
abstract class SpecReading {
    static final String SMALLEST =
            """
            apiVersion: caravan/v1
            kind: Cluster
            metadata: {name: demo}
            spec:
              kubernetes: {version: 1.20.2}
              hosts:
                - {name: h1, address: 192.0.2.11, roles: [control-plane]}
            """;

    @TempDir
    Path directory;

    Cluster read(String text) throws InvalidSpec {
        return read(text, Map.of());
    }

    Cluster read(String text, Map<String, String> environment) throws InvalidSpec {
        return SpecReader.read(text, "test", Expansion.in(directory, environment::get, directory));
    }

    InvalidSpec problems(String text) {
        InvalidSpec invalid = catchThrowableOfType(InvalidSpec.class, () -> read(text));
        assertThat(invalid).as(text).isNotNull();
        return invalid;
    }

    String shown(String text) {
        return String.join(
                "\n",
                problems(text).problems().stream()
                        .map(problem -> problem.line() + ":" + problem.column() + " " + problem.path() + ": "
                                + problem.message() + (problem.remedy().isEmpty() ? "" : " -> " + problem.remedy()))
                        .toList());
    }
}
