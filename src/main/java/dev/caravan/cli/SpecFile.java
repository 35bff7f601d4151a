package dev.caravan.cli;

import dev.caravan.actions.Action.ActionCall;
import dev.caravan.run.Runs;
import dev.caravan.spec.Cluster;
import dev.caravan.spec.InvalidSpec;
import dev.caravan.spec.RedactedSpec;
import dev.caravan.spec.Relaxations;
import dev.caravan.spec.SpecReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine.Option;

/** The spec that a command is about. */
final class SpecFile {
    @Option(names = {"-f", "--file"}, paramLabel = "SPEC", required = true, description = "The spec, YAML or JSON.")
    Path path;

    /** The text of a spec's file. */
    static String text(Path path) throws UserError {
        try {
            return Files.readString(path);
        } catch (IOException e) {
            throw new UserError("cannot read " + path + ": " + (Files.exists(path) ? e.getMessage() : "there is no such file"));
        }
    }

    /** Where the relative paths of a spec's file start. */
    static Path directory(Path path) {
        return Optional.ofNullable(path.toAbsolutePath().normalize().getParent()).orElse(Path.of("/"));
    }

    /** The cluster that it describes. */
    Cluster cluster() throws UserError, InvalidSpec {
        text(path); // its message for a file that is not there is the plainer one
        return SpecReader.read(path);
    }

    /** What is asked for: that action on the cluster. */
    Runs.Order order(Cluster cluster, ActionCall call) throws UserError {
        return new Runs.Order(cluster, RedactedSpec.of(text(path)), directory(path).toString(), call, "command", Relaxations.of(cluster));
    }
}
