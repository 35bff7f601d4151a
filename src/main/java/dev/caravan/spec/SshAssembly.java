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
 * Merges ssh sections, the most specific first, over what OpenSSH's configuration says of the host, and that over the defaults. An
 * empty text cancels what a wider section says. Only for specs without problems. Not thread-safe.
 */
final class SshAssembly {
    /**
     * What a jump host takes over from the host behind it: never a password or a pinned key, which belong to one host
     * alone.
     */
    private static final Set<String> TAKEN_OVER_BY_JUMPS = Set.of(
            "user", "privateKey", "passphrase", "knownHosts", "hostKeyCheck", "agent", "connectTimeout", "keepAlive",
            "config");
    /** Also the end of a configuration whose hosts lead to each other in a circle. */
    private static final int DEEPEST_JUMP = 8;

    private final Expansion expansion;
    private final boolean isElsewhere;
    /** Read when the first host wants it. */
    private OpenSshConfig openSsh;

    SshAssembly(Expansion expansion) {
        this(expansion, false);
    }

    private SshAssembly(Expansion expansion, boolean isElsewhere) {
        this.expansion = expansion;
        this.isElsewhere = isElsewhere;
    }

    /** For hosts that another machine reaches: this one's OpenSSH configuration says nothing about them. */
    static SshAssembly elsewhere(Expansion expansion) {
        return new SshAssembly(expansion, true);
    }

    /**
     * How a host is reached.
     *
     * @param address of the host as OpenSSH's configuration gives it, if that counts; else what the spec calls it
     */
    record Reached(String address, SshAccess access) {}

    /**
     * How a host is to be reached.
     *
     * @param host   what the spec calls it
     * @param layers ssh sections; the first that has a key decides it
     */
    Reached reached(String host, List<Map<String, SpecNode>> layers) {
        return reached(wanted(host, layers), DEEPEST_JUMP);
    }

    private static Wanted wanted(String host, List<Map<String, SpecNode>> layers) {
        Map<String, SpecNode> merged = new LinkedHashMap<>();
        for (Map<String, SpecNode> layer : layers) {
            layer.forEach(merged::putIfAbsent);
        }
        return new Wanted(host, merged, Map.of(), Optional.empty(), Optional.empty());
    }

    /**
     * How one host is to be reached. OpenSSH's configuration stands between what the spec says of this host and what it only takes over.
     *
     * @param own       the spec's values for it
     * @param takenOver those of the host behind it
     * @param user      as part of a jump host's text; {@code port} likewise
     */
    private record Wanted(String host, Map<String, SpecNode> own, Map<String, SpecNode> takenOver, Optional<String> user,
            Optional<Integer> port) {
        Optional<String> userOfSpec() {
            return user.or(() -> text(own, "user"));
        }

        Optional<Integer> portOfSpec() {
            return port.or(() -> scalar(own, "port").map(number -> ((Number) number).intValue()));
        }

        /** All keys: its own, else those taken over. */
        Map<String, SpecNode> all() {
            Map<String, SpecNode> all = new LinkedHashMap<>(own);
            takenOver.forEach(all::putIfAbsent);
            return all;
        }
    }

    private OpenSshConfig.Values config(Wanted wanted) {
        if (isElsewhere || scalar(wanted.all(), "config").equals(Optional.of(false))) {
            return OpenSshConfig.Values.NONE;
        }
        if (openSsh == null) {
            openSsh = expansion.openSshConfig();
        }
        return openSsh.of(wanted.host(), wanted.userOfSpec(), wanted.portOfSpec());
    }

    private Reached reached(Wanted wanted, int jumpsLeft) {
        OpenSshConfig.Values config = config(wanted);
        return new Reached(config.hostName().orElse(wanted.host()), access(wanted, config, jumpsLeft));
    }

    private SshAccess access(Wanted wanted, OpenSshConfig.Values config, int jumpsLeft) {
        Map<String, SpecNode> all = wanted.all();
        List<String> keys = keys(wanted, config);
        Optional<Jump> jump = jump(wanted, config, jumpsLeft);
        return new SshAccess(
                wanted.userOfSpec().or(config::user).or(() -> text(wanted.takenOver(), "user")).orElse(Defaults.USER),
                wanted.portOfSpec().or(config::port).orElse(Defaults.SSH_PORT),
                keys.stream().findFirst(),
                secret(all, "passphrase"),
                secret(wanted.own(), "password"),
                secret(wanted.own(), "sudoPassword"),
                expansion.path(text(all, "knownHosts").orElse(Defaults.KNOWN_HOSTS)),
                text(wanted.own(), "hostKey"),
                text(all, "hostKeyCheck").map(SshAssembly::hostKeyCheck).orElse(HostKeyCheck.STRICT),
                agent(all),
                jump,
                duration(text(all, "connectTimeout").orElse(Defaults.CONNECT_TIMEOUT)),
                duration(text(all, "keepAlive").orElse(Defaults.KEEP_ALIVE)),
                keys.stream().skip(1).toList(),
                wanted.own().containsKey("proxyJump") || jump.isPresent() ? Optional.empty() : config.proxyCommand());
    }

    private static boolean agent(Map<String, SpecNode> from) {
        return scalar(from, "agent").map(Boolean.TRUE::equals).orElse(false);
    }

    private List<String> keys(Wanted wanted, OpenSshConfig.Values config) {
        if (wanted.own().containsKey("privateKey")) {
            return text(wanted.own(), "privateKey").map(expansion::path).stream().toList();
        }
        List<String> configured = config.identityFiles().stream().filter(Files::exists).map(Path::toString).toList();
        if (!configured.isEmpty()) {
            return configured;
        }
        if (wanted.takenOver().containsKey("privateKey")) {
            return text(wanted.takenOver(), "privateKey").map(expansion::path).stream().toList();
        }
        boolean otherWays = text(wanted.own(), "password").isPresent() || agent(wanted.all());
        String byDefault = expansion.path(Defaults.PRIVATE_KEY);
        return !otherWays || Files.exists(Path.of(byDefault)) ? List.of(byDefault) : List.of();
    }

    private Optional<Jump> jump(Wanted wanted, OpenSshConfig.Values config, int jumpsLeft) {
        Map<String, SpecNode> takenOver = wanted.all();
        takenOver.keySet().retainAll(TAKEN_OVER_BY_JUMPS);
        SpecNode node = wanted.own().get("proxyJump");
        if (node == null) {
            List<Jumps.Hop> hops = config.proxyJump().map(Jumps::parse).orElse(List.of());
            // As OpenSSH: a jump host for every host is none for itself.
            boolean itself = hops.stream().anyMatch(hop -> hop.host().equalsIgnoreCase(wanted.host()));
            return itself || jumpsLeft == 0 ? Optional.empty() : chain(hops, takenOver, jumpsLeft - 1);
        }
        if (node.asText().isPresent()) {
            return chain(Jumps.parse(node.asText().get()), takenOver, jumpsLeft);
        }
        Map<String, SpecNode> own = node.map();
        if (own.containsKey("privateKey")) {
            takenOver.remove("passphrase");
        }
        String address = text(own, "address").orElseThrow();
        return Optional.of(jump(new Wanted(address, own, takenOver, Optional.empty(), Optional.empty()), jumpsLeft));
    }

    private Jump jump(Wanted wanted, int jumpsLeft) {
        Reached reached = reached(wanted, jumpsLeft);
        return new Jump(reached.address(), reached.access());
    }

    private Optional<Jump> chain(List<Jumps.Hop> hops, Map<String, SpecNode> takenOver, int jumpsLeft) {
        Optional<Jump> jump = Optional.empty();
        for (Jumps.Hop hop : hops) {
            Jump next = jump(new Wanted(hop.host(), Map.of(), takenOver, hop.user(), hop.port()), jumpsLeft);
            // What is behind a hop of the chain is reached through it, whatever is said of it elsewhere.
            jump = Optional.of(jump.isPresent() ? new Jump(next.address(), next.access().through(jump.get())) : next);
        }
        return jump;
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
