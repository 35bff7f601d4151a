package dev.caravan.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import picocli.CommandLine.Option;

/** The bundle that a command takes packages and images from. */
final class BundleOptions {
    @Option(names = "--bundle", paramLabel = "FILE",
            description = "Take packages and images from this bundle, served over SSH. The hosts need no other connection.")
    private Path bundle;

    @Option(names = "--verify-key", paramLabel = "FILE",
            description = "The public key (Ed25519, PEM) with which the bundle must be signed.")
    private Path verifyKey;

    /** As parameters of the action. @throws UserError where a file is not there */
    Map<String, String> parameters() throws UserError {
        if (verifyKey != null && bundle == null) {
            throw new UserError("--verify-key is for a bundle: add --bundle FILE");
        }
        Map<String, String> parameters = new LinkedHashMap<>();
        put(parameters, "bundle", bundle);
        put(parameters, "verify-key", verifyKey);
        return parameters;
    }

    private static void put(Map<String, String> parameters, String name, Path file) throws UserError {
        if (file != null) {
            if (!Files.isRegularFile(file)) {
                throw new UserError("cannot read " + file + ": there is no such file");
            }
            parameters.put(name, file.toAbsolutePath().normalize().toString());
        }
    }
}
