package dev.caravan.cli;

import dev.caravan.actions.Action.ActionCall;
import dev.caravan.run.RunOrder;
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
import picocli.CommandLine.Parameters;

/** The spec that a command is about: its file is named as an argument or with {@code -f}. */
final class SpecFile {
    @Option(names = {"-f", "--file"}, paramLabel = "SPEC", description = "The same as the argument SPEC.")
    private Path option;

    @Parameters(paramLabel = "SPEC", arity = "0..1", description = "The spec, YAML or JSON. It can also be given with -f.")
    private Path argument;

    /**
     * The spec's file.
     *
     * @throws UserError if it is not given, or twice
     */
    Path path() throws UserError {
        return given().orElseThrow(() -> new UserError("the spec is missing: name its file, as in -f spec.yaml"));
    }

    /** The same where a command may do without a spec. */
    Optional<Path> given() throws UserError {
        if (option != null && argument != null) {
            throw new UserError("the spec is given twice, as " + argument + " and with -f " + option + ": leave one out");
        }
        return Optional.ofNullable(option == null ? argument : option);
    }

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
        text(path()); // its message for a file that is not there is the plainer one
        return SpecReader.read(path());
    }

    /** What is asked for: that action on the cluster. */
    RunOrder order(Cluster cluster, ActionCall call) throws UserError {
        return new RunOrder(cluster, RedactedSpec.of(text(path())), directory(path()).toString(), call, "command",
                Relaxations.of(cluster));
    }
}
