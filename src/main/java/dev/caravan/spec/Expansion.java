package dev.caravan.spec;

import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Where {@code ${env:NAME}} and {@code ${file:PATH}} take their values from, and what {@code ~} and relative paths mean.
 * Immutable and thread-safe.
 */
public final class Expansion {
    private static final Pattern WHOLE_VALUE = Pattern.compile("\\$\\{(env|file):([^}]+)\\}");
    static final String CONFINED_REMEDY = "write the value itself, apply the spec from a file or the inbox, or let the engine's setting "
            + "caravan.http.allow name it";
    private static final int LARGEST_FILE = 64 * 1024;

    private final UnaryOperator<String> environment;
    private final Path directory;
    private final Path home;
    private final Optional<Allowed> confinement;

    private Expansion(UnaryOperator<String> environment, Path directory, Path home, Optional<Allowed> confinement) {
        this.environment = environment;
        this.directory = directory;
        this.home = home;
        this.confinement = confinement;
    }

    /** Takes values from this process's environment and files; relative paths start at {@code directory}. */
    public static Expansion in(Path directory) {
        return in(directory, System::getenv, Path.of(System.getProperty("user.home")));
    }

    /** The same with an environment and a home directory of the caller's. */
    public static Expansion in(Path directory, UnaryOperator<String> environment, Path home) {
        return new Expansion(environment, directory, home, Optional.empty());
    }

    /** The same for specs of people who may see no more of this process's environment and files than is allowed. */
    public Expansion confinedTo(Allowed allowed) {
        return new Expansion(environment, directory, home, Optional.of(allowed));
    }

    /** Whether it is for a spec whose author may not name whatever he likes. */
    public boolean isConfined() {
        return confinement.isPresent();
    }

    /** Whether the spec may have that file of the engine's as the value of that key. */
    boolean mayName(String key, String text) {
        boolean fetched = key.equals("manifest") && (text.startsWith("https://") || text.startsWith("http://"));
        if (confinement.isEmpty() || fetched) {
            return true;
        }
        try {
            return confinement.get().allowsFile(Path.of(path(text)));
        } catch (InvalidPathException e) {
            return false;
        }
    }

    /** Where relative paths start, as an absolute path. */
    public String directory() {
        return directory.toAbsolutePath().normalize().toString();
    }

    /** Whether the text is exactly one expansion. */
    static boolean isWhole(String text) {
        return WHOLE_VALUE.matcher(text).matches();
    }

    /** Whether the text holds an expansion that will not be made, as it is not the whole value. */
    static boolean isPartial(String text) {
        return !isWhole(text) && (text.contains("${env:") || text.contains("${file:"));
    }

    /** @throws NotExpanded if there is no such value */
    String expand(String text) throws NotExpanded {
        Matcher matcher = WHOLE_VALUE.matcher(text);
        if (!matcher.matches()) {
            throw new IllegalArgumentException("not an expansion");
        }
        boolean variable = matcher.group(1).equals("env");
        String name = matcher.group(2);
        if (!(variable ? confinement.isEmpty() || confinement.get().allowsVariable(name) : mayName("file", name))) {
            throw new NotExpanded("a spec that comes this way may not name this " + (variable ? "variable" : "file") + " of the engine's",
                    CONFINED_REMEDY);
        }
        return variable ? variable(name) : content(name);
    }

    private String variable(String name) throws NotExpanded {
        String value = environment.apply(name);
        if (value == null || value.isEmpty()) {
            throw new NotExpanded(
                    "environment variable " + name + (value == null ? " is not set" : " is empty"),
                    "set " + name + " before starting Caravan");
        }
        return value;
    }

    private String content(String name) throws NotExpanded {
        String remedy = "check the path; a relative one starts at the spec's directory";
        try {
            Path file = Path.of(path(name));
            if (!Files.isRegularFile(file)) {
                throw new NotExpanded(
                        Files.exists(file) ? name + " is not a regular file" : "there is no file " + name, remedy);
            }
            if (Files.size(file) > LARGEST_FILE) {
                throw new NotExpanded("file " + name + " is larger than 64 KiB", remedy);
            }
            String text = Files.readString(file, StandardCharsets.UTF_8).replaceFirst("\\r?\\n\\z", "");
            if (text.isEmpty()) {
                throw new NotExpanded("file " + name + " is empty", remedy);
            }
            return text;
        } catch (CharacterCodingException e) {
            throw new NotExpanded("file " + name + " is not UTF-8 text", remedy);
        } catch (IOException | InvalidPathException e) {
            throw new NotExpanded(
                    "file " + name + " cannot be read",
                    "check who may read it: Caravan runs as " + System.getProperty("user.name"));
        }
    }

    /**
     * What OpenSSH's configuration in the home directory says of hosts; read at each call.
     *
     * @throws OpenSshConfig.Unusable if it cannot be used
     */
    OpenSshConfig openSshConfig() {
        return OpenSshConfig.ofHome(home);
    }

    /** The path with {@code ~} expanded and made absolute from the spec's directory. */
    String path(String text) {
        return directory.toAbsolutePath().resolve(withHome(text)).normalize().toString();
    }

    /** The path with a leading {@code ~} expanded, else as it is. */
    String withHome(String text) {
        if (text.equals("~")) {
            return home.toString();
        }
        return text.startsWith("~/") ? home.resolve(text.substring(2)).toString() : text;
    }

    /** An expansion that gave nothing; the message names the variable or file, never a value. */
    static final class NotExpanded extends Exception {
        private final String remedy;

        NotExpanded(String message, String remedy) {
            super(message);
            this.remedy = remedy;
        }

        String remedy() {
            return remedy;
        }
    }
}
