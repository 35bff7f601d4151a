package dev.caravan.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import picocli.CommandLine.Option;

/** The spec that a command is about. */
final class SpecFile {
    @Option(names = {"-f", "--file"}, paramLabel = "SPEC", required = true, description = "The spec, YAML or JSON.")
    Path path;

    String text() throws UserError {
        try {
            return Files.readString(path);
        } catch (IOException e) {
            throw new UserError("cannot read " + path + ": " + (Files.exists(path) ? e.getMessage() : "there is no such file"));
        }
    }
}
