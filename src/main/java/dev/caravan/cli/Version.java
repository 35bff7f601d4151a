package dev.caravan.cli;

import dev.caravan.digest.Sha256;
import java.io.IOException;
import java.io.InputStream;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import picocli.CommandLine.IVersionProvider;

/** Caravan's version, its jar's, and those of what it runs with. */
final class Version implements IVersionProvider {
    private static final int SHOWN = 12;

    @Override
    public String[] getVersion() {
        return new String[] {
            "caravan " + of(Version.class.getPackage().getImplementationVersion()) + build(),
            "Apache Camel " + of(new org.apache.camel.impl.DefaultCamelContext(false).getVersion()),
            "Java " + System.getProperty("java.version") + " (" + System.getProperty("java.vendor") + ")",
            System.getProperty("os.name") + " " + System.getProperty("os.version") + " " + System.getProperty("os.arch")
        };
    }

    private static String of(String version) {
        return version == null ? "(not packaged)" : version;
    }

    private static String build() {
        try {
            Path jar = Path.of(Version.class.getProtectionDomain().getCodeSource().getLocation().toURI());
            if (!Files.isRegularFile(jar)) {
                return "";
            }
            MessageDigest digest = Sha256.begin();
            try (InputStream in = new DigestInputStream(Files.newInputStream(jar), digest)) {
                in.transferTo(java.io.OutputStream.nullOutputStream());
            }
            return " (build " + Sha256.hex(digest).substring(0, SHOWN) + ")";
        } catch (IOException | URISyntaxException e) {
            return " (of an unknown build: " + e.getMessage() + ")";
        }
    }
}
