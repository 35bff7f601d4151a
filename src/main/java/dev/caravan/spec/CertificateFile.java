package dev.caravan.spec;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The file that {@code caFile} of a registry names: certificates, which go to the hosts. */
public final class CertificateFile {
    /** All CAs of a system together have about 200 KiB. */
    private static final int LARGEST = 1 << 20;

    private CertificateFile() {}

    /** What a run would find out only later, by line and column. */
    static List<Problem> problems(SpecNode root, Expansion expansion) {
        List<Problem> problems = new ArrayList<>();
        root.map("spec", "runtime", "registries").values().forEach(entry -> entry.at("caFile").ifPresent(named ->
                named.asText().filter(text -> !text.isEmpty()).ifPresent(text -> {
                    try {
                        read(expansion.path(text));
                    } catch (IOException e) {
                        problems.add(named.problem(e.getMessage(), "check the path; a relative one starts at the spec's directory"));
                    }
                })));
        return problems;
    }

    /**
     * The certificates, of at most 1 MiB.
     *
     * @throws IOException where the file cannot be read, holds no certificate, or holds a private key, which is to go nowhere; the
     *     message names it
     */
    public static String read(String path) throws IOException {
        try (InputStream file = Files.newInputStream(Path.of(path))) {
            byte[] content = file.readNBytes(LARGEST + 1);
            String text = new String(content, StandardCharsets.UTF_8);
            if (content.length > LARGEST) {
                throw new IOException("it is larger than 1 MiB");
            }
            if (text.contains("PRIVATE KEY-----")) {
                throw new IOException("it holds a private key, which must not leave this machine");
            }
            if (!text.contains("-----BEGIN CERTIFICATE-----")) {
                throw new IOException("it holds no certificate in PEM");
            }
            return text;
        } catch (NoSuchFileException e) {
            throw new IOException("the CA's file " + path + " is missing", e);
        } catch (IOException | InvalidPathException e) {
            throw new IOException("the CA's file " + path + " cannot be used: " + e.getMessage(), e);
        }
    }
}
