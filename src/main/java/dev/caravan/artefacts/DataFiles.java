package dev.caravan.artefacts;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/** Makes paths in the data directory of names that routes, specs and hosts give. */
public final class DataFiles {
    /** No part begins with a dot, so that none leads upwards, and none is one of Caravan's own hidden files. */
    private static final Pattern PART = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,127}");
    private static final int MOST_PARTS = 8;
    /** What Caravan keeps there itself. */
    private static final Set<String> TAKEN = Set.of("clusters", "logs");

    private DataFiles() {}

    /**
     * The file of that name below the data directory.
     *
     * @param name a directory or several, and a file, separated by slashes: {@code reports/demo/h1.txt}
     * @throws IllegalArgumentException if the name leads anywhere else, also through a symbolic link; the message says what would be right
     */
    public static Path resolve(Path data, String name) {
        List<String> parts = List.of(name.split("/", -1));
        if (parts.size() < 2 || parts.size() > MOST_PARTS || !parts.stream().allMatch(part -> PART.matcher(part).matches())) {
            throw new IllegalArgumentException("no name of a file in the data directory: it is DIRECTORY/FILE, with at most " + MOST_PARTS
                    + " parts. Each begins with a letter or digit, and has letters, digits, dots, dashes and underscores");
        }
        if (TAKEN.contains(parts.get(0))) {
            throw new IllegalArgumentException("the directory " + parts.get(0) + " of the data directory is Caravan's own: choose another");
        }
        Path path = data.toAbsolutePath().normalize();
        for (String part : parts) {
            path = path.resolve(part);
            if (Files.isSymbolicLink(path)) {
                throw new IllegalArgumentException(path + " is a symbolic link, which may lead out of the data directory: remove it");
            }
        }
        return path;
    }
}
