package dev.caravan.spec;

import dev.caravan.spec.SpecNode.SpecScalar;
import dev.caravan.spec.SshAccess.HostKeyCheck;
import dev.caravan.spec.SshAccess.Jump;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Merges ssh sections, the most specific first, over the defaults. An empty text takes back what a wider section says.
 * Only for specs without problems.
 */
final class SshAssembly {
    /**
     * What a jump host takes over from the host behind it: never a password or a pinned key, which belong to one host
     * alone.
     */
    private static final Set<String> TAKEN_OVER_BY_JUMPS = Set.of(
            "user", "privateKey", "passphrase", "knownHosts", "hostKeyCheck", "agent", "connectTimeout", "keepAlive");

    private final Expansion expansion;

    SshAssembly(Expansion expansion) {
        this.expansion = expansion;
    }

    /** @param layers ssh sections; the first that has a key decides it */
    SshAccess access(List<Map<String, SpecNode>> layers) {
        Map<String, SpecNode> merged = new LinkedHashMap<>();
        for (Map<String, SpecNode> layer : layers) {
            layer.forEach(merged::putIfAbsent);
        }
        return access(merged);
    }

    private SshAccess access(Map<String, SpecNode> merged) {
        Optional<Secret> password = secret(merged, "password");
        boolean agent = scalar(merged, "agent").map(Boolean.TRUE::equals).orElse(false);
        return new SshAccess(
                text(merged, "user").orElse(Defaults.USER),
                scalar(merged, "port").map(port -> ((Number) port).intValue()).orElse(Defaults.SSH_PORT),
                privateKey(merged, password.isPresent() || agent),
                secret(merged, "passphrase"),
                password,
                secret(merged, "sudoPassword"),
                expansion.path(text(merged, "knownHosts").orElse(Defaults.KNOWN_HOSTS)),
                text(merged, "hostKey"),
                text(merged, "hostKeyCheck").map(SshAssembly::hostKeyCheck).orElse(HostKeyCheck.STRICT),
                agent,
                jump(merged),
                duration(text(merged, "connectTimeout").orElse(Defaults.CONNECT_TIMEOUT)),
                duration(text(merged, "keepAlive").orElse(Defaults.KEEP_ALIVE)));
    }

    private Optional<String> privateKey(Map<String, SpecNode> merged, boolean otherWays) {
        if (merged.containsKey("privateKey")) {
            return text(merged, "privateKey").map(expansion::path);
        }
        String byDefault = expansion.path(Defaults.PRIVATE_KEY);
        return !otherWays || Files.exists(Path.of(byDefault)) ? Optional.of(byDefault) : Optional.empty();
    }

    private Optional<Jump> jump(Map<String, SpecNode> merged) {
        SpecNode node = merged.get("proxyJump");
        if (node == null) {
            return Optional.empty();
        }
        Map<String, SpecNode> takenOver = new LinkedHashMap<>(merged);
        takenOver.keySet().retainAll(TAKEN_OVER_BY_JUMPS);
        if (node.asText().isPresent()) {
            return chain(Jumps.parse(node.asText().get()), takenOver);
        }
        Map<String, SpecNode> own = node.map();
        if (own.containsKey("privateKey")) {
            takenOver.remove("passphrase");
        }
        return Optional.of(new Jump(text(own, "address").orElseThrow(), access(List.of(own, takenOver))));
    }

    private Optional<Jump> chain(List<Jumps.Hop> hops, Map<String, SpecNode> takenOver) {
        Optional<Jump> jump = Optional.empty();
        for (Jumps.Hop hop : hops) {
            SshAccess base = access(takenOver);
            jump = Optional.of(new Jump(hop.host(), through(base, hop, jump)));
        }
        return jump;
    }

    private static SshAccess through(SshAccess base, Jumps.Hop hop, Optional<Jump> jump) {
        return new SshAccess(
                hop.user().orElse(base.user()),
                hop.port().orElse(Defaults.SSH_PORT),
                base.privateKey(),
                base.passphrase(),
                Optional.empty(),
                Optional.empty(),
                base.knownHosts(),
                Optional.empty(),
                base.hostKeyCheck(),
                base.agent(),
                jump,
                base.connectTimeout(),
                base.keepAlive());
    }

    private static HostKeyCheck hostKeyCheck(String word) {
        return HostKeyCheck.valueOf(word.toUpperCase(Locale.ROOT).replace('-', '_'));
    }

    /** @param text a whole number and ms, s, m or h */
    static Duration duration(String text) {
        long number = Long.parseLong(text.replaceAll("[a-z]", ""));
        return switch (text.replaceAll("[0-9]", "")) {
            case "ms" -> Duration.ofMillis(number);
            case "s" -> Duration.ofSeconds(number);
            case "m" -> Duration.ofMinutes(number);
            case "h" -> Duration.ofHours(number);
            default -> throw new IllegalArgumentException("not a duration: " + text);
        };
    }

    private static Optional<Object> scalar(Map<String, SpecNode> from, String key) {
        return Optional.ofNullable(from.get(key)).map(node -> ((SpecScalar) node).value());
    }

    private static Optional<String> text(Map<String, SpecNode> from, String key) {
        return Optional.ofNullable(from.get(key)).flatMap(SpecNode::asText).filter(text -> !text.isEmpty());
    }

    private static Optional<Secret> secret(Map<String, SpecNode> from, String key) {
        return text(from, key).map(Secret::new);
    }
}
