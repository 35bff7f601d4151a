package dev.caravan.init;

import dev.caravan.ssh.SshCommand;
import dev.caravan.ssh.SshException;
import dev.caravan.ssh.SshResult;
import dev.caravan.ssh.SshSessions;
import dev.caravan.ssh.SshTarget;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionStage;

/**
 * What a host says of itself, by the script {@code look.sh}. Immutable.
 *
 * @param name    its host name; empty if that is not known, or no name for a node
 * @param remark  its system, processors and memory, for a person
 * @param advice  what to see to before an installation
 * @param problem why the host could not be looked at; nothing else is known then
 */
public record Seen(Optional<String> name, String remark, List<String> advice, Optional<String> problem) {
    /** The script, in the routes. */
    public static final String SCRIPT = "look.sh";
    private static final int LARGEST = 64 * 1024;
    private static final int LONGEST = 60;
    private static final Duration LIMIT = Duration.ofSeconds(30);

    /** Looks at that host; the stage never fails. */
    public static CompletionStage<Seen> look(SshSessions sessions, SshTarget target, String script) {
        return sessions.execute(target, SshCommand.of("/bin/sh -s").withStdin(script).withTimeout(LIMIT).withMaxOutputBytes(LARGEST))
                .handle((result, failure) -> failure == null ? parse(result) : unseen(failure));
    }

    private static Seen unseen(Throwable failure) {
        Throwable cause = SshException.beneath(failure);
        return new Seen(Optional.empty(), "", List.of(), Optional.of(cause instanceof SshException ssh ? ssh.problem() : cause.toString()));
    }

    static Seen parse(SshResult result) {
        Map<String, String> values = new LinkedHashMap<>();
        List<String> found = new ArrayList<>();
        for (String line : new String(result.stdout(), StandardCharsets.UTF_8).lines().toList()) {
            String[] field = line.split("\t", 2);
            if (field.length == 2 && field[0].equals("found")) {
                found.add(plain(field[1]));
            } else if (field.length == 2) {
                values.put(field[0], plain(field[1]));
            }
        }
        if (!values.containsKey("cpus")) {
            return new Seen(Optional.empty(), "", List.of(), Optional.of("its shell gave no answer that can be read"));
        }
        String system = values.getOrDefault("system", "");
        String remark = (system.isEmpty() ? "unknown system" : system) + ", " + values.get("cpus") + " CPUs, "
                + values.getOrDefault("memoryMib", "?") + " MiB";
        List<String> advice = new ArrayList<>();
        if (!found.isEmpty()) {
            advice.add("it has " + String.join(", ", found) + " already");
        }
        switch (values.getOrDefault("sudo", "")) {
            case "missing" -> advice.add("it has no sudo: log in as root, or install it");
            case "password" -> advice.add("sudo asks for a password: set sudoPassword under ssh");
            default -> { }
        }
        return new Seen(Optional.of(values.getOrDefault("name", "")).filter(Seen::isNode), remark, List.copyOf(advice), Optional.empty());
    }

    /* What a host sends ends in a comment and on a terminal. */
    private static String plain(String text) {
        String kept = text.replaceAll("[^\\p{Print}]", "").strip();
        return kept.length() <= LONGEST ? kept : kept.substring(0, LONGEST) + "...";
    }

    private static boolean isNode(String name) {
        return name.matches("[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?") && !name.equals("localhost");
    }
}
