package dev.caravan.spec;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** What a spec says about the proxy, where a schema cannot tell that it is wrong. Messages show no URL: it may hold a password. */
final class ProxyContradictions {
    private static final String URL_REMEDY = "for example http://proxy.example.org:3128";

    private ProxyContradictions() {}

    static List<Problem> problems(SpecNode root) {
        Optional<SpecNode> proxy = root.at("spec", "proxy").filter(node -> !node.map().isEmpty());
        if (proxy.isEmpty()) {
            return List.of();
        }
        List<Problem> problems = new ArrayList<>();
        for (String scheme : List.of("http", "https")) {
            proxy.get().at(scheme).ifPresent(url -> url(url, problems));
        }
        if (proxy.get().text("http").isEmpty() && proxy.get().text("https").isEmpty() && !proxy.get().list("noProxy").isEmpty()) {
            problems.add(proxy.get().problem("noProxy without a proxy", "write http: URL of the proxy, or remove noProxy"));
        }
        proxy.get().list("noProxy").forEach(entry -> entry.asText().ifPresent(text -> exempt(entry, text, problems)));
        return problems;
    }

    private static void url(SpecNode url, List<Problem> problems) {
        String text = url.asText().orElse("");
        String port = text.substring(text.lastIndexOf(':') + 1).replace("/", "");
        if (port.matches("[0-9]{1,5}") && Integer.parseInt(port) > 65535) {
            problems.add(url.problem("the port is larger than 65535", URL_REMEDY));
        }
        // Those who decode it refuse what is no percent-encoding, each in words of its own.
        if (text.replaceAll("%[0-9A-Fa-f]{2}", "").contains("%")) {
            problems.add(url.problem("a % in the URL is not followed by two hexadecimal digits", "write %25 for the character % itself"));
        }
    }

    private static void exempt(SpecNode entry, String text, List<Problem> problems) {
        if (text.contains("/")) {
            try {
                Subnet.parse(text);
            } catch (IllegalArgumentException e) {
                problems.add(entry.problem(e.getMessage() + ": \"" + text + "\"", "for example 192.0.2.0/24"));
            }
        } else if (text.matches("[0-9.]+") && IpAddress.parse(text).isEmpty()) {
            problems.add(entry.problem("not a valid IP address: \"" + text + "\"", "for example 192.0.2.11"));
        }
    }
}
