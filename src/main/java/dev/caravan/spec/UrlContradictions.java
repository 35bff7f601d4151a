package dev.caravan.spec;

import dev.caravan.spec.SpecNode.SpecList;
import dev.caravan.spec.SpecNode.SpecMap;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/**
 * URLs that have the form the schema wants, and yet name no server: no host, a port above 65535, a blank. A run would find that out only
 * when a host or the engine fetches something.
 */
final class UrlContradictions {
    private static final Set<String> KEYS = Set.of("manifest", "baseUrl", "gpgKeys", "mirrors");
    private static final int LARGEST_PORT = 65535;

    private final List<Problem> problems = new ArrayList<>();

    private UrlContradictions() {}

    static List<Problem> problems(SpecNode root) {
        UrlContradictions urls = new UrlContradictions();
        for (String section : List.of("packages", "network", "runtime")) {
            root.at("spec", section).ifPresent(urls::look);
        }
        return urls.problems;
    }

    private void look(SpecNode node) {
        if (node instanceof SpecMap map) {
            map.entries().forEach((key, value) -> {
                if (KEYS.contains(key)) {
                    url(value);
                } else {
                    look(value);
                }
            });
        }
    }

    private void url(SpecNode node) {
        if (node instanceof SpecList list) {
            list.items().forEach(this::url);
            return;
        }
        // What follows the URL in a sources line of apt is its suite and components.
        node.asText().filter(text -> text.contains("://"))
                .map(text -> node.path().endsWith("baseUrl") ? text.strip().split("\\s", 2)[0] : text)
                .flatMap(UrlContradictions::problem)
                .ifPresent(problem -> problems.add(node.problem(problem, "for example https://mirror.example.org/path")));
    }

    private static Optional<String> problem(String text) {
        try {
            URI url = new URI(text.replace("{minor}", "1.30"));
            if (!Set.of("http", "https").contains(String.valueOf(url.getScheme()).toLowerCase(Locale.ROOT))) {
                return Optional.of("a URL here begins with https:// or http://");
            }
            String server = String.valueOf(url.getRawAuthority()).replaceFirst("^.*@", "");
            String port = server.replaceFirst("^(\\[.*]|[^:]*):?", "");
            if (server.isEmpty() || server.equals("null") || server.startsWith(":")) {
                return Optional.of("the URL has no host");
            }
            return port.isEmpty() || port.matches("0*[0-9]{1,5}") && Integer.parseInt(port) <= LARGEST_PORT
                    ? Optional.empty() : Optional.of("the URL has a port that is no number of at most " + LARGEST_PORT);
        } catch (URISyntaxException e) {
            return Optional.of("not a valid URL: " + e.getReason() + (e.getIndex() < 0 ? "" : " at character " + (e.getIndex() + 1)));
        }
    }
}
