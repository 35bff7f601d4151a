package dev.caravan.spec;

import dev.caravan.spec.SpecNode.SpecList;
import dev.caravan.spec.SpecNode.SpecMap;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The files that {@code privateKey} names, in {@code spec.ssh}, at hosts and at jump hosts: whether they are there. Those of hosts of
 * other zones are on other machines, and are not looked for.
 */
final class PrivateKeyFiles {
    private final Expansion expansion;
    private final List<Problem> problems = new ArrayList<>();

    private PrivateKeyFiles(Expansion expansion) {
        this.expansion = expansion;
    }

    /** What a run would find out only when it connects, by line and column. What a key is like is not looked at. */
    static List<Problem> problems(SpecNode root, Expansion expansion) {
        PrivateKeyFiles files = new PrivateKeyFiles(expansion);
        List<SpecNode> ofEngine = root.list("spec", "hosts").stream().filter(PrivateKeyFiles::isReachedFromHere).toList();
        if (!ofEngine.isEmpty()) {
            root.at("spec", "ssh").ifPresent(files::look);
        }
        ofEngine.forEach(files::look);
        return files.problems;
    }

    /* The files of another zone are on its runner's machine. */
    private static boolean isReachedFromHere(SpecNode host) {
        return host.text("zone").orElse(Host.DEFAULT_ZONE).equals(Host.DEFAULT_ZONE);
    }

    private void look(SpecNode node) {
        if (node instanceof SpecMap map) {
            map.entries().forEach((key, value) -> {
                if (key.equals("privateKey")) {
                    value.asText().filter(text -> !text.isEmpty()).ifPresent(text -> look(value, expansion.path(text)));
                }
                look(value);
            });
        } else if (node instanceof SpecList list) {
            list.items().forEach(this::look);
        }
    }

    private void look(SpecNode named, String path) {
        try {
            Path file = Path.of(path);
            if (!Files.isRegularFile(file)) {
                problems.add(named.problem("the private key " + path + (Files.exists(file) ? " is not a file" : " is missing"),
                        "check the path; a relative one starts at the spec's directory"));
            } else if (!Files.isReadable(file)) {
                problems.add(named.problem("the private key " + path + " cannot be read by " + System.getProperty("user.name"),
                        "check its owner and mode"));
            }
        } catch (InvalidPathException e) {
            problems.add(named.problem("the private key " + path + " is no path", "check the path"));
        }
    }
}
