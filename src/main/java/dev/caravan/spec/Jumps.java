package dev.caravan.spec;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Jump hosts written as text: {@code [USER@]HOST[:PORT]}, several with commas between them, the first reached first.
 */
final class Jumps {
    private static final Pattern HOP =
            Pattern.compile("(?:([^\\s@:,]+)@)?(\\[[0-9A-Fa-f:.]+\\]|[A-Za-z0-9._-]+)(?::([0-9]{1,5}))?");

    private Jumps() {}

    /** @param host without brackets */
    record Hop(Optional<String> user, String host, Optional<Integer> port) {}

    static boolean isNone(String text) {
        return text.isEmpty() || text.equals("none");
    }

    static boolean portsAreValid(String text) {
        return parse(text).stream().allMatch(hop -> hop.port().orElse(1) <= 65535);
    }

    /** Empty for {@code none} and for text that is no jump host, which the schema refuses. */
    static List<Hop> parse(String text) {
        List<Hop> hops = new ArrayList<>();
        if (isNone(text)) {
            return hops;
        }
        for (String part : text.split(",")) {
            Matcher matcher = HOP.matcher(part);
            if (!matcher.matches()) {
                return List.of();
            }
            String host = matcher.group(2).replace("[", "").replace("]", "");
            hops.add(new Hop(
                    Optional.ofNullable(matcher.group(1)),
                    host,
                    Optional.ofNullable(matcher.group(3)).map(Integer::valueOf)));
        }
        return hops;
    }
}
