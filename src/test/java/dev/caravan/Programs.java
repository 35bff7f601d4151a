package dev.caravan;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;
import java.util.stream.Stream;

/** Programs of the machine that runs the tests, and scripts that tests put in their place. */
public final class Programs {
    private Programs() {}

    /** The program of that name which a shell would start. */
    public static Optional<Path> find(String name) {
        return Stream.of(System.getenv("PATH").split(":")).map(directory -> Path.of(directory, name)).filter(Files::isExecutable)
                .findFirst();
    }

    /** Writes an executable script for {@code sh}; what was in that place is replaced. */
    public static Path script(Path file, String body) throws IOException {
        Files.deleteIfExists(file);
        Files.writeString(file, "#!/bin/sh\n" + body + "\n");
        return Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
    }
}
