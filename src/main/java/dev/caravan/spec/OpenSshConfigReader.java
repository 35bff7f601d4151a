package dev.caravan.spec;

import dev.caravan.spec.OpenSshConfig.Unusable;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Reads the lines of an OpenSSH client's configuration, and of the files that it includes, with the conditions of each. */
final class OpenSshConfigReader {
    private static final Logger LOG = LoggerFactory.getLogger(OpenSshConfigReader.class);
    /** As in OpenSSH's readconf.c. */
    private static final int DEEPEST_INCLUDE = 16;
    private static final int LARGEST_FILE = 1024 * 1024;
    private static final int MOST_LINES = 20_000;
    private static final Set<String> USED = Set.of("hostname", "user", "port", "identityfile", "proxyjump", "proxycommand");

    private final Path home;
    private final List<Line> lines = new ArrayList<>();

    private OpenSshConfigReader(Path home) {
        this.home = home;
    }

    /** What a condition looks at. */
    enum Subject { HOST, ORIGINAL_HOST, USER, LOCAL_USER }

    /**
     * @param patterns of which one is to match, and none of those with {@code !}; empty for a condition that nothing meets
     * @param negated  whether it is met by what the patterns do not match
     */
    record Condition(Subject subject, List<String> patterns, boolean negated) {
        private static final Condition NEVER = new Condition(Subject.HOST, List.of(), false);

        boolean isMetBy(String text) {
            boolean matches = patterns.stream().filter(each -> !each.startsWith("!")).anyMatch(each -> matches(each, text))
                    && patterns.stream().filter(each -> each.startsWith("!")).noneMatch(each -> matches(each.substring(1), text));
            return matches != negated;
        }

        private static boolean matches(String pattern, String text) {
            StringBuilder regex = new StringBuilder();
            for (char c : pattern.toCharArray()) {
                regex.append(c == '*' ? ".*" : c == '?' ? "." : Pattern.quote(String.valueOf(c)));
            }
            return Pattern.compile(regex.toString(), Pattern.CASE_INSENSITIVE).matcher(text).matches();
        }
    }

    /** @param conditions all of which are to be met */
    record Line(Path file, int number, List<Condition> conditions, String keyword, String value) {
        Unusable unusable(String why) {
            return new Unusable(file + ", line " + number + ": " + why);
        }
    }

    /** @throws Unusable if a file cannot be read, or a line has no value */
    static List<Line> read(Path file, Path home) {
        OpenSshConfigReader reader = new OpenSshConfigReader(home);
        reader.read(file, List.of(), 0);
        return List.copyOf(reader.lines);
    }

    private void read(Path file, List<Condition> outer, int depth) {
        if (depth > DEEPEST_INCLUDE) {
            throw new Unusable(file + " is included more than " + DEEPEST_INCLUDE + " files deep");
        }
        List<Condition> conditions = outer;
        int number = 0;
        for (String text : text(file).split("\\R", -1)) {
            number++;
            Line line = line(file, number, conditions, text.strip());
            switch (line.keyword()) {
                case "" -> { }
                case "host" -> conditions = with(outer, new Condition(Subject.ORIGINAL_HOST, words(line), false));
                case "match" -> conditions = match(outer, line);
                case "include" -> {
                    for (String pattern : words(line)) {
                        include(line, pattern, depth);
                    }
                }
                default -> add(line);
            }
        }
    }

    private void add(Line line) {
        if (!USED.contains(line.keyword())) {
            return;
        }
        if (line.value().isEmpty()) {
            throw line.unusable(line.keyword() + " has no value");
        }
        lines.add(line);
        if (lines.size() > MOST_LINES) {
            throw line.unusable("there are more than " + MOST_LINES + " lines");
        }
    }

    /** {@code KEYWORD VALUE} or {@code KEYWORD=VALUE}; a command keeps its quotes, as it is a shell that reads them. */
    private static Line line(Path file, int number, List<Condition> conditions, String text) {
        if (text.isEmpty() || text.startsWith("#")) {
            return new Line(file, number, conditions, "", "");
        }
        String[] parts = text.split("[ \t]*=[ \t]*|[ \t]+", 2);
        String keyword = parts[0].toLowerCase(Locale.ROOT);
        Line raw = new Line(file, number, conditions, keyword, parts.length > 1 ? parts[1].strip() : "");
        if (keyword.equals("proxycommand") || !USED.contains(keyword)) {
            return raw;
        }
        List<String> words = words(raw);
        return new Line(file, number, conditions, keyword, words.isEmpty() ? "" : words.get(0));
    }

    /** The value's words; those in double quotes may hold blanks, and a word that begins with # ends the line. */
    private static List<String> words(Line line) {
        List<String> words = new ArrayList<>();
        StringBuilder word = null;
        boolean quoted = false;
        for (char c : (line.value() + " ").toCharArray()) {
            if (c == '"') {
                quoted = !quoted;
                word = word == null ? new StringBuilder() : word;
            } else if (!quoted && Character.isWhitespace(c)) {
                if (word != null) {
                    words.add(word.toString());
                }
                word = null;
            } else if (c == '#' && word == null) {
                break;
            } else {
                word = (word == null ? new StringBuilder() : word).append(c);
            }
        }
        return words;
    }

    private static List<Condition> match(List<Condition> outer, Line line) {
        List<Condition> conditions = new ArrayList<>(outer);
        List<String> words = words(line);
        for (int i = 0; i < words.size(); i++) {
            String criterion = words.get(i).toLowerCase(Locale.ROOT);
            boolean negated = criterion.startsWith("!");
            String name = negated ? criterion.substring(1) : criterion;
            if (name.equals("all")) {
                continue;
            }
            Subject subject = switch (name) {
                case "host" -> Subject.HOST;
                case "originalhost" -> Subject.ORIGINAL_HOST;
                case "user" -> Subject.USER;
                case "localuser" -> Subject.LOCAL_USER;
                default -> null;
            };
            if (subject == null || i + 1 >= words.size()) {
                LOG.warn("{}, line {}: Caravan does not know `Match {}`; the lines below it do not count",
                        line.file(), line.number(), name);
                return with(outer, Condition.NEVER);
            }
            i++;
            conditions.add(new Condition(subject, List.of(words.get(i).split(",")), negated));
        }
        return List.copyOf(conditions);
    }

    private static List<Condition> with(List<Condition> outer, Condition condition) {
        List<Condition> all = new ArrayList<>(outer);
        all.add(condition);
        return List.copyOf(all);
    }

    private void include(Line line, String pattern, int depth) {
        Path path = pattern.startsWith("~/") ? home.resolve(pattern.substring(2)) : home.resolve(".ssh").resolve(pattern);
        String name = path.getFileName().toString();
        if (name.matches(".*[*?\\[].*")) {
            List<Path> found = new ArrayList<>();
            try (DirectoryStream<Path> files = Files.newDirectoryStream(path.getParent(), name)) {
                files.forEach(found::add);
            } catch (IOException e) {
                return; // as OpenSSH: a pattern that matches nothing is no error
            }
            found.sort(null);
            for (Path file : found) {
                read(file, line.conditions(), depth + 1);
            }
        } else if (Files.exists(path)) {
            read(path, line.conditions(), depth + 1);
        }
    }

    /** As OpenSSH, only of a file that no other user can write to: it names commands that are run. */
    private static String text(Path file) {
        try {
            Set<PosixFilePermission> permissions = Files.getPosixFilePermissions(file);
            if (permissions.contains(PosixFilePermission.GROUP_WRITE) || permissions.contains(PosixFilePermission.OTHERS_WRITE)) {
                throw new Unusable(file + " can be written by other users. Correct it: chmod go-w '" + file + "'");
            }
            String owner = Files.getOwner(file).getName();
            if (!owner.equals("root") && !owner.equals(System.getProperty("user.name"))) {
                throw new Unusable(file + " belongs to " + owner + ", and not to " + System.getProperty("user.name"));
            }
            try (InputStream in = Files.newInputStream(file)) {
                byte[] bytes = in.readNBytes(LARGEST_FILE + 1);
                if (bytes.length > LARGEST_FILE) {
                    throw new Unusable(file + " is larger than 1 MiB");
                }
                return new String(bytes, StandardCharsets.UTF_8);
            }
        } catch (IOException | UnsupportedOperationException e) {
            throw new Unusable(file + " cannot be read by " + System.getProperty("user.name"));
        }
    }
}
