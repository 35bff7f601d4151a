package dev.caravan.terminal;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Compares text with a file beside this class. {@code mvn test -Dgolden=write} writes the files again, to be read before committing. */
final class Golden {
    private Golden() {}

    static void check(String name, List<String> lines) {
        check(name, String.join("\n", lines) + "\n");
    }

    static void check(String name, String text) {
        if ("write".equals(System.getProperty("golden"))) {
            write(name, text);
        }
        assertThat(text).as(name).isEqualTo(read(name));
    }

    private static String read(String name) {
        try (InputStream stream = Golden.class.getResourceAsStream(name)) {
            assertThat(stream).as("golden file " + name).isNotNull();
            return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void write(String name, String text) {
        try {
            for (String directory : List.of("src/test/resources", "target/test-classes")) {
                Path file = Path.of(directory, "dev/caravan/terminal", name);
                Files.createDirectories(file.getParent());
                Files.writeString(file, text);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
