package dev.caravan.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code caravan bundle}. */
@Command(name = "bundle",
        description = {
            "Gathers packages, images and keys into one file, for hosts that reach nothing but SSH.",
            "",
            "The hosts of the spec must be connected, and must not have Kubernetes. The first host of each system downloads the packages "
                    + "that the spec asks for, and what they depend on. It stays as it is. This machine copies the images. "
                    + "apply --bundle FILE then serves them to hosts of the same systems.",
            "",
            "openssl genpkey -algorithm ed25519 -out FILE makes a key to sign with, and openssl pkey -in FILE -pubout its public key."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  caravan bundle -f connected.yaml -o demo-1.37.2.tar",
            "  caravan bundle -f connected.yaml -o demo.tar --sign-key bundle.key",
            "  caravan apply -f spec.yaml --bundle demo.tar --verify-key bundle.pub"
        })
final class BundleCommand extends ActionCommand {
    @Option(names = {"-o", "--bundle-file"}, paramLabel = "FILE",
            description = "The bundle. Without it: CLUSTER-VERSION.tar in the directory bundles of the data directory.")
    private Path file;

    @Option(names = "--sign-key", paramLabel = "FILE", description = "The private key (Ed25519, PEM) that signs it.")
    private Path signKey;

    @Override
    Map<String, String> parameters() throws UserError {
        Map<String, String> parameters = new LinkedHashMap<>();
        if (file != null) {
            Path absolute = file.toAbsolutePath().normalize();
            if (Files.isDirectory(absolute) || !Files.isDirectory(absolute.getParent())) {
                throw new UserError("cannot write " + file + ": " + (Files.isDirectory(absolute) ? "it is a directory"
                        : "there is no directory " + absolute.getParent()));
            }
            parameters.put("file", absolute.toString());
        }
        if (signKey != null) {
            if (!Files.isRegularFile(signKey)) {
                throw new UserError("cannot read " + signKey + ": there is no such file");
            }
            parameters.put("sign-key", signKey.toAbsolutePath().normalize().toString());
        }
        return parameters;
    }
}
