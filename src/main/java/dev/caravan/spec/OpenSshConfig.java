package dev.caravan.spec;

import dev.caravan.spec.OpenSshConfigReader.Condition;
import dev.caravan.spec.OpenSshConfigReader.Line;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * What a person's OpenSSH client knows of a host: {@code ~/.ssh/config}, read as ssh_config(5) says. The first value of a keyword
 * counts, and those of {@code IdentityFile} add up. Immutable and thread-safe.
 *
 * <p>Of its own, as the parser of Apache MINA knows neither {@code Include} nor {@code Match}, and takes the lines below a
 * {@code Match} for those of the {@code Host} before it.
 */
final class OpenSshConfig {
    /** As OpenSSH writes it. */
    private static final String NONE_WORD = "none";
    private static final OpenSshConfig NONE = new OpenSshConfig(List.of(), Path.of("/"));
    /** What may stand in a command for a shell without being anything else there. */
    private static final Pattern HARMLESS = Pattern.compile("[A-Za-z0-9_.:@][A-Za-z0-9_.:@-]*");

    private final List<Line> lines;
    private final Path home;

    private OpenSshConfig(List<Line> lines, Path home) {
        this.lines = lines;
        this.home = home;
    }

    /** One that knows no host. */
    static OpenSshConfig none() {
        return NONE;
    }

    /**
     * Reads {@code .ssh/config} of that home directory, which need not be there.
     *
     * @throws Unusable if it cannot be used
     */
    static OpenSshConfig ofHome(Path home) {
        Path file = home.resolve(".ssh").resolve("config");
        return Files.exists(file) ? new OpenSshConfig(OpenSshConfigReader.read(file, home), home) : NONE;
    }

    /**
     * What the file says of one host.
     *
     * @param hostName      the address to connect to, if it is another one
     * @param identityFiles private keys, in the order in which they are offered; not all need exist
     * @param proxyJump     {@code [USER@]HOST[:PORT],...}; never together with {@code proxyCommand}
     * @param proxyCommand  a command for {@code /bin/sh} whose input and output are the connection
     */
    record Values(Optional<String> hostName, Optional<String> user, Optional<Integer> port, List<Path> identityFiles,
            Optional<String> proxyJump, Optional<String> proxyCommand) {
        static final Values NONE =
                new Values(Optional.empty(), Optional.empty(), Optional.empty(), List.of(), Optional.empty(), Optional.empty());
    }

    /**
     * @param host what the spec calls it
     * @param user whom the spec logs in as, if it says so; {@code port} likewise
     * @throws Unusable if what it says of that host cannot be used
     */
    Values of(String host, Optional<String> user, Optional<Integer> port) {
        if (lines.isEmpty()) {
            return Values.NONE;
        }
        Lookup lookup = new Lookup(host, user);
        for (Line line : lines) {
            if (lookup.meets(line.conditions())) {
                lookup.take(line);
            }
        }
        return lookup.values(port);
    }

    /** Goes through the lines in order, as what came before decides whether a {@code Match} matches. */
    private final class Lookup {
        private final String host;
        private final Optional<String> user;
        private final Map<String, Line> first = new HashMap<>();
        private final List<Line> identities = new ArrayList<>();

        Lookup(String host, Optional<String> user) {
            this.host = host;
            this.user = user;
        }

        boolean meets(List<Condition> conditions) {
            return conditions.stream().allMatch(condition -> condition.isMetBy(switch (condition.subject()) {
                case ORIGINAL_HOST -> host;
                case HOST -> text("hostname").map(this::hostName).orElse(host);
                case USER -> user.or(() -> text("user")).orElseGet(() -> System.getProperty("user.name"));
                case LOCAL_USER -> System.getProperty("user.name");
            }));
        }

        void take(Line line) {
            if (line.keyword().equals("identityfile")) {
                identities.add(line);
                return;
            }
            // "Whichever is specified first will prevent later instances of the other from taking effect."
            boolean beaten = line.keyword().equals("proxyjump") && first.containsKey("proxycommand")
                    || line.keyword().equals("proxycommand") && first.containsKey("proxyjump");
            if (!beaten) {
                first.putIfAbsent(line.keyword(), line);
            }
        }

        private Optional<String> text(String keyword) {
            return Optional.ofNullable(first.get(keyword)).map(Line::value);
        }

        private String hostName(String text) {
            return text.replace("%%", "\0").replace("%h", host).replace("\0", "%");
        }

        Values values(Optional<Integer> portOfSpec) {
            Optional<Integer> port = first.containsKey("port") ? Optional.of(port(first.get("port"))) : Optional.empty();
            Optional<String> name = text("hostname").map(this::hostName);
            Expander expander = new Expander(host, name.orElse(host), user.or(() -> text("user")).orElse(Defaults.USER),
                    portOfSpec.or(() -> port).orElse(Defaults.SSH_PORT));
            List<Path> keys = new ArrayList<>();
            for (Line line : identities) {
                if (!line.value().equalsIgnoreCase(NONE_WORD)) {
                    keys.add(expander.file(line));
                }
            }
            Optional<String> command = Optional.empty();
            if (text("proxycommand").filter(text -> !text.equalsIgnoreCase(NONE_WORD)).isPresent()) {
                command = Optional.of(expander.command(first.get("proxycommand")));
            }
            return new Values(name, text("user"), port, List.copyOf(keys),
                    proxyJump(), command);
        }

        private Optional<String> proxyJump() {
            Optional<String> jump = text("proxyjump").map(text -> text.replace("ssh://", ""))
                    .filter(text -> !text.equalsIgnoreCase(NONE_WORD));
            if (jump.isPresent() && (Jumps.parse(jump.get()).isEmpty() || !Jumps.portsAreValid(jump.get()))) {
                throw first.get("proxyjump").unusable("ProxyJump is to be [USER@]HOST[:PORT], several with commas between them");
            }
            return jump;
        }

        private static int port(Line line) {
            try {
                int port = Integer.parseInt(line.value());
                if (port >= 1 && port <= 65535) {
                    return port;
                }
            } catch (NumberFormatException e) {
                // said below
            }
            throw line.unusable("Port is to be a number of 1 to 65535");
        }
    }

    /** Puts values in the place of {@code %h} and its like. */
    private final class Expander {
        private final Map<Character, String> values;

        Expander(String original, String host, String user, int port) {
            values = Map.of('%', "%", 'h', host, 'n', original, 'r', user, 'p', String.valueOf(port), 'd', home.toString(),
                    'u', System.getProperty("user.name"));
        }

        Path file(Line line) {
            String text = line.value();
            String path = expand(line, text.startsWith("~/") ? "%d" + text.substring(1) : text);
            return home.resolve(path).normalize();
        }

        /** The command; what comes from a spec is put into it only if a shell takes it for plain text. */
        String command(Line line) {
            for (char token : "hnr".toCharArray()) {
                if (line.value().contains("%" + token) && !HARMLESS.matcher(values.get(token)).matches()) {
                    throw line.unusable("ProxyCommand cannot take %" + token + " here, as a shell would not take its value for plain text");
                }
            }
            return expand(line, line.value());
        }

        private String expand(Line line, String text) {
            StringBuilder expanded = new StringBuilder();
            for (int i = 0; i < text.length(); i++) {
                char c = text.charAt(i);
                if (c != '%') {
                    expanded.append(c);
                    continue;
                }
                i++;
                String value = i < text.length() ? values.get(text.charAt(i)) : null;
                if (value == null) {
                    throw line.unusable(line.keyword() + " has a % that Caravan cannot replace: it knows "
                            + "%%, %d, %h, %n, %p, %r and %u");
                }
                expanded.append(value);
            }
            return expanded.toString();
        }
    }

    /** A file that cannot be used; the message names file and line. */
    static final class Unusable extends RuntimeException {
        private static final long serialVersionUID = 1;

        Unusable(String message) {
            super(message);
        }
    }
}
