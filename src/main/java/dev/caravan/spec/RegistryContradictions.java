package dev.caravan.spec;

import dev.caravan.spec.Cluster.RuntimeName;
import dev.caravan.spec.SpecNode.SpecMap;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/** What a spec says about registries, where a schema cannot tell that it is wrong, and what a runtime cannot do. */
final class RegistryContradictions {
    private static final Pattern HOST =
            Pattern.compile("(\\[[0-9A-Fa-f:.]+]|[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?)(:[1-9][0-9]{0,4})?");
    private static final Pattern URL = Pattern.compile("https?://[^/]+(/.*)?");

    private final SpecNode root;
    private final boolean isDocker;
    private final List<Problem> problems = new ArrayList<>();

    private RegistryContradictions(SpecNode root, int minor) {
        this.root = root;
        this.isDocker = root.text("spec", "runtime", "name").map(RuntimeName.DOCKER.word()::equals)
                .orElse(Defaults.runtime(minor) == RuntimeName.DOCKER);
    }

    static List<Problem> problems(SpecNode root, int minor) {
        RegistryContradictions registries = new RegistryContradictions(root, minor);
        root.at("spec", "runtime", "registries").ifPresent(node -> node.map()
                .forEach((host, entry) -> registries.entry((SpecMap) node, host, entry)));
        return registries.problems;
    }

    private void entry(SpecMap registries, String host, SpecNode entry) {
        if (!HOST.matcher(host).matches() || port(host) > 65535) {
            SpecNode.Position at = registries.keys().get(host);
            problems.add(new Problem(at.line(), at.column(), entry.path(), "not a registry: \"" + Redaction.shown(host) + "\"",
                    "write HOST or HOST:PORT, as image names begin; for example docker.io"));
            return;
        }
        boolean name = entry.text("username").isPresent();
        boolean password = entry.text("password").isPresent();
        if (name != password) {
            entry.at(name ? "username" : "password").ifPresent(node -> problems.add(node.problem(
                    name ? "a username without a password" : "a password without a username", "write both, or neither")));
        }
        boolean plainByName = root.list("spec", "runtime", "insecureRegistries").stream()
                .anyMatch(other -> other.asText().filter(host::equals).isPresent());
        if (plainByName) {
            problems.add(entry.problem("runtime.insecureRegistries names this registry as well",
                    "remove it there, and write mirrors: [\"http://" + host + "\"] here if it has no TLS"));
        }
        for (SpecNode mirror : entry.list("mirrors")) {
            mirror.asText().filter(url -> URL.matcher(url).matches()).ifPresent(url -> mirror(host, entry, mirror, url));
        }
        if (isDocker) {
            docker(host, entry);
        }
    }

    private void mirror(String host, SpecNode entry, SpecNode mirror, String url) {
        String authority = url.substring(url.indexOf("://") + 3).replaceFirst("/.*", "");
        if (port(authority) > 65535) {
            problems.add(mirror.problem("a port is larger than 65535", "for example https://mirror.example.org:5000"));
        }
        SpecNode values = root.map("spec", "runtime", "registries").getOrDefault(authority, entry);
        boolean relaxed = values.at("insecure").filter(node -> Boolean.TRUE.equals(node.plain())).isPresent();
        if (url.startsWith("http://") && values.text("password").isPresent() && !relaxed) {
            problems.add(mirror.problem("the password for this mirror would be sent over plain HTTP",
                    "write https://, with caFile for a CA of your own; or insecure: true, to send it all the same"));
        }
        if (isDocker && !Registry.Mirror.parse(url).path().isEmpty()) {
            problems.add(mirror.problem("Docker takes no mirror with a path",
                    "write the mirror's host alone, or runtime.name: containerd"));
        }
    }

    /* dockerd(8), registry-mirrors; moby/registry: credentials go to the registry that an image's name has. */
    private void docker(String host, SpecNode entry) {
        Optional<SpecNode> mirrors = entry.at("mirrors").filter(node -> !entry.list("mirrors").isEmpty());
        if (mirrors.isPresent() && !host.equals(Registry.DOCKER)) {
            problems.add(mirrors.get().problem("Docker takes mirrors of docker.io alone",
                    "remove them, or write runtime.name: containerd"));
        }
        boolean forMirrors = entry.list("mirrors").stream().flatMap(mirror -> mirror.asText().stream())
                .anyMatch(url -> !root.map("spec", "runtime", "registries")
                        .containsKey(url.replaceFirst("^https?://", "").replaceFirst("/.*", "")));
        if (forMirrors && entry.text("password").isPresent()) {
            problems.add(entry.at("password").orElseThrow().problem("Docker sends no password to a mirror",
                    "use a mirror that asks for none, or write runtime.name: containerd"));
        }
        boolean mirrored = root.list("spec", "runtime", "registries", Registry.DOCKER, "mirrors").stream()
                .flatMap(mirror -> mirror.asText().stream())
                .anyMatch(url -> url.replaceFirst("^https?://", "").replaceFirst("/.*", "").equals(host));
        if (mirrored && entry.text("password").isPresent() && !host.equals(Registry.DOCKER)) {
            problems.add(entry.at("password").orElseThrow().problem("Docker sends no password to a mirror",
                    "use a mirror that asks for none, or write runtime.name: containerd"));
        }
    }

    private static int port(String authority) {
        String port = authority.substring(authority.lastIndexOf(':') + 1);
        return port.matches("[0-9]{1,5}") ? Integer.parseInt(port) : 0;
    }
}
