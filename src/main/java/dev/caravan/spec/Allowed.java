package dev.caravan.spec;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Which of the engine's variables and files a spec may name whose author is not the engine's: for example over HTTP: otherwise anyone with
 * the token could have any of them sent to a host. Immutable.
 *
 * @param variables names, or beginnings of names with an asterisk
 * @param files     files, and directories for all that is in them
 */
public record Allowed(List<String> variables, List<Path> files) {
    /** Nothing. */
    public static final Allowed NOTHING = new Allowed(List.of(), List.of());

    public Allowed {
        variables = List.copyOf(variables);
        files = List.copyOf(files);
    }

    /**
     * Reads {@code env:NAME}, {@code env:PREFIX_*} and {@code file:PATH}, with commas between them.
     *
     * @throws IllegalArgumentException for anything else; the message says what would be right
     */
    public static Allowed of(String setting) {
        List<String> variables = new ArrayList<>();
        List<Path> files = new ArrayList<>();
        for (String item : Arrays.stream(setting.split(",")).map(String::strip).filter(text -> !text.isEmpty()).toList()) {
            if (item.matches("env:[A-Za-z_][A-Za-z0-9_]*\\*?")) {
                variables.add(item.substring("env:".length()));
            } else if (item.matches("file:/.*")) {
                files.add(Path.of(item.substring("file:".length())));
            } else {
                throw new IllegalArgumentException(item + " is not env:NAME, env:PREFIX_* or file:/PATH");
            }
        }
        return new Allowed(variables, files);
    }

    boolean allowsVariable(String name) {
        return variables.stream().anyMatch(allowed -> allowed.endsWith("*")
                ? name.startsWith(allowed.substring(0, allowed.length() - 1))
                : name.equals(allowed));
    }

    /** Links are followed first, those of the directories as well. */
    boolean allowsFile(Path file) {
        return files.stream().anyMatch(allowed -> real(file).startsWith(real(allowed)));
    }

    static Path real(Path file) {
        Path plain = file.toAbsolutePath().normalize();
        try {
            return plain.toRealPath();
        } catch (IOException e) {
            return plain;
        }
    }
}
