package dev.caravan.spec;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Reads and validates specs, in YAML or JSON. Touches no host. Thread-safe.
 *
 * <p>All problems of a spec are found at once: of its text, its structure (by {@link Schema}), and contradictions. Only the
 * runtime that a version cannot take is left to preflight.
 */
public final class SpecReader {
    private SpecReader() {}

    /**
     * Reads a file of at most 1 MiB. Relative paths in it start at its directory.
     *
     * @throws InvalidSpec if it cannot be read or used
     */
    public static Cluster read(Path file) throws InvalidSpec {
        Path directory = Optional.ofNullable(file.toAbsolutePath().getParent()).orElse(Path.of("/"));
        return read(text(file), file.toString(), Expansion.in(directory));
    }

    /**
     * Reads text; relative paths in it start at the working directory.
     *
     * @param sourceName what messages call it
     * @throws InvalidSpec if it cannot be used
     */
    public static Cluster read(String text, String sourceName) throws InvalidSpec {
        return read(text, sourceName, Expansion.in(Path.of("")));
    }

    /** As {@link #read(String, String)}, with a say in what expansions and paths mean. */
    public static Cluster read(String text, String sourceName, Expansion expansion) throws InvalidSpec {
        return read(text, sourceName, expansion, false);
    }

    /**
     * As {@link #read(Path)}, and looks at the files that only a run would open: the network's manifest, private keys and registries'
     * CAs. A spec whose manifest is gone can still be read, as it can still be rolled back and reset.
     *
     * @throws InvalidSpec if it cannot be read or used
     */
    public static Cluster validate(Path file) throws InvalidSpec {
        Path directory = Optional.ofNullable(file.toAbsolutePath().getParent()).orElse(Path.of("/"));
        return read(text(file), file.toString(), Expansion.in(directory), true);
    }

    private static Cluster read(String text, String sourceName, Expansion expansion, boolean withFiles) throws InvalidSpec {
        List<Problem> problems = new ArrayList<>();
        SpecParser parser = new SpecParser(expansion, problems);
        Optional<SpecNode> root = parser.parse(text);
        if (root.isPresent()) {
            problems.addAll(Structure.problems(root.get(), problems));
            problems.addAll(Confinement.problems(root.get(), expansion));
            if (withFiles && problems.isEmpty()) {
                problems.addAll(ManifestFile.problems(root.get(), expansion));
                problems.addAll(PrivateKeyFiles.problems(root.get(), expansion));
                problems.addAll(CertificateFile.problems(root.get(), expansion));
            }
            Contradictions.problems(root.get()).stream()
                    .filter(found ->
                            problems.stream().noneMatch(known -> known.path().equals(found.path())))
                    .forEach(problems::add);
        }
        if (!problems.isEmpty()) {
            throw new InvalidSpec(sourceName, problems, parser.secrets()::hide);
        }
        SpecNode spec = root.orElseThrow();
        try {
            return new ClusterAssembly(spec, expansion).cluster();
        } catch (OpenSshConfig.Unusable e) {
            throw new InvalidSpec(sourceName, List.of(spec.at("spec", "ssh").orElse(spec).problem(
                    e.getMessage(), "correct that file, or have it ignored by `ssh: {config: false}`")), parser.secrets()::hide);
        }
    }

    /**
     * The text of a spec file, for those who keep it beside what was read from it.
     *
     * @throws InvalidSpec if it is missing, too large or not UTF-8
     */
    public static String text(Path file) throws InvalidSpec {
        try {
            // Bounded while reading, as the path may also be a pipe.
            byte[] bytes = bytes(file);
            if (bytes.length > SpecParser.LARGEST_TEXT) {
                throw unreadable(file, "the spec is larger than 1 MiB", "a spec of a thousand hosts has about 100 KiB");
            }
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
        } catch (CharacterCodingException e) {
            throw unreadable(file, "the spec is not UTF-8 text", "save it as UTF-8");
        } catch (NoSuchFileException e) {
            throw unreadable(file, "there is no such file", "check the path given with -f");
        } catch (IOException e) {
            throw unreadable(
                    file,
                    Files.isDirectory(file) ? "this is a directory" : "the file cannot be read",
                    "name a spec file that " + System.getProperty("user.name") + " may read");
        }
    }

    /**
     * Refuses what is no JSON, for those who said that it was: all JSON is YAML, but not the other way round.
     *
     * @param sourceName what messages call it
     * @throws InvalidSpec if it is something else, or something follows it
     */
    public static void requireJson(String text, String sourceName) throws InvalidSpec {
        try (JsonParser parser = new JsonFactory().createParser(text)) {
            int depth = 0;
            do {
                JsonToken token = parser.nextToken();
                if (token == null) {
                    throw noJson(sourceName, parser.currentLocation());
                }
                depth += token.isStructStart() ? 1 : token.isStructEnd() ? -1 : 0;
            } while (depth > 0);
            if (parser.nextToken() != null) {
                throw noJson(sourceName, parser.currentTokenLocation());
            }
        } catch (JsonProcessingException e) {
            throw noJson(sourceName, e.getLocation());
        } catch (IOException e) {
            throw new UncheckedIOException("a text cannot be read", e);
        }
    }

    /* The parser's own words quote the text. */
    private static InvalidSpec noJson(String sourceName, JsonLocation at) {
        JsonLocation known = at == null ? JsonLocation.NA : at;
        return new InvalidSpec(sourceName,
                List.of(new Problem(Math.max(1, known.getLineNr()), Math.max(1, known.getColumnNr()), "", "this is not valid JSON",
                "check quotes, commas and brackets, or send YAML as application/yaml")));
    }

    private static byte[] bytes(Path file) throws IOException {
        try (InputStream in = Files.newInputStream(file)) {
            return in.readNBytes(SpecParser.LARGEST_TEXT + 1);
        }
    }

    private static InvalidSpec unreadable(Path file, String message, String remedy) {
        return new InvalidSpec(file.toString(), List.of(new Problem(1, 1, "", message, remedy)));
    }
}
