package dev.caravan.spec;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Compose;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.Tag;

/** The file that {@code spec.network.manifest} names: whether it is there, and holds Kubernetes objects. */
public final class ManifestFile {
    /** Ten times the largest that is known (Calico's has 1 MiB). */
    private static final int LARGEST = 16 << 20;

    private ManifestFile() {}

    /** What a run would find out only later, by line and column: the manifest's file is missing, or is no manifest. */
    static List<Problem> problems(SpecNode root, Expansion expansion) {
        Optional<SpecNode> manifest = root.at("spec", "network", "manifest");
        Optional<String> text = manifest.flatMap(SpecNode::asText).filter(place -> !place.contains("://"));
        if (text.isEmpty()) {
            return List.of();
        }
        try {
            return problem(new String(read(expansion.path(text.get())), StandardCharsets.UTF_8))
                    .map(problem -> manifest.get().problem(
                            "this manifest cannot be used: " + problem, "name a file of Kubernetes objects, as kubectl apply takes it"))
                    .stream().toList();
        } catch (IOException e) {
            return List.of(manifest.get().problem(e.getMessage(), "check the path; a relative one starts at the spec's directory"));
        }
    }

    /**
     * The file's content, of at most 16 MiB.
     *
     * @throws IOException where it cannot be read; the message names it
     */
    public static byte[] read(String path) throws IOException {
        try (InputStream file = Files.newInputStream(Path.of(path))) {
            return bounded(file);
        } catch (NoSuchFileException e) {
            throw new IOException("cannot read the network's manifest " + path + ": there is no such file", e);
        } catch (IOException | InvalidPathException e) {
            throw new IOException("cannot read the network's manifest " + path + ": " + e.getMessage(), e);
        }
    }

    /**
     * All of the stream.
     *
     * @throws IOException where it is larger than 16 MiB
     */
    public static byte[] bounded(InputStream stream) throws IOException {
        byte[] content = stream.readNBytes(LARGEST + 1);
        if (content.length > LARGEST) {
            throw new IOException("it is larger than 16 MiB");
        }
        return content;
    }

    /** Why that text is no manifest: no YAML, or not of Kubernetes objects only; empty where it is one. */
    public static Optional<String> problem(String text) {
        int objects = 0;
        try {
            for (Node document : new Compose(LoadSettings.builder().setCodePointLimit(LARGEST).build()).composeAllFromString(text)) {
                if (document.getTag().equals(Tag.NULL)) {
                    continue;
                }
                if (!(document instanceof MappingNode map) || !has(map, "apiVersion") || !has(map, "kind")) {
                    return Optional.of("line " + line(document)
                            + " begins something that is no Kubernetes object: it has no apiVersion and kind");
                }
                objects++;
            }
        } catch (MarkedYamlEngineException e) {
            String line = e.getProblemMark().map(mark -> ", line " + (mark.getLine() + 1)).orElse("");
            return Optional.of("it is no YAML: " + e.getProblem() + line);
        } catch (YamlEngineException e) {
            return Optional.of("it is no YAML: " + e.getMessage());
        }
        return objects == 0 ? Optional.of("it holds nothing") : Optional.empty();
    }

    private static boolean has(MappingNode map, String key) {
        return map.getValue().stream()
                .map(NodeTuple::getKeyNode)
                .anyMatch(node -> node instanceof ScalarNode scalar && scalar.getValue().equals(key));
    }

    private static int line(Node node) {
        return node.getStartMark().map(mark -> mark.getLine() + 1).orElse(1);
    }
}
