package dev.caravan.routes;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/**
 * The files of the routes directory: those that travel in the jar and, over them, those of a user's directory. A user's
 * file replaces the built-in one of the same relative name, or is added to them. A route or table replaces the built-in one of its
 * name in whichever directory it is: their names are unique, and a mounted ConfigMap has no directories. Immutable; a file's content
 * is read when it is asked for, unless it was {@linkplain #asOfNow kept}.
 */
public final class RouteFiles {
    private static final String BUILT_IN = "routes";
    private static final String CLASSPATH = "classpath:routes/";
    private static final String ROUTE = ".camel.yaml";
    private static final String SCRIPTS = "scripts/";

    /**
     * One file.
     *
     * @param name   relative to the routes directory, with slashes: {@code steps/facts.camel.yaml}
     * @param origin the user's file; empty for a built-in one
     */
    public record RouteFile(String name, Optional<Path> origin) {
        /** Where it comes from, for people. */
        public String from() {
            return origin.map(Path::toString).orElse("built in");
        }
    }

    private final SortedMap<String, RouteFile> files;
    private final SortedMap<String, String> kept;
    private final boolean fixed;
    /* With their parts, if no file changes: each step on each host asks for some. */
    private final Map<String, Optional<String>> scripts = new ConcurrentHashMap<>();

    private RouteFiles(SortedMap<String, RouteFile> files, SortedMap<String, String> kept) {
        this.files = Collections.unmodifiableSortedMap(files);
        this.kept = Collections.unmodifiableSortedMap(kept);
        this.fixed = files.values().stream().allMatch(file -> file.origin().isEmpty() || kept.containsKey(file.name()));
    }

    /** The built-in files alone. */
    public static RouteFiles builtIn() {
        SortedMap<String, RouteFile> files = new TreeMap<>();
        BuiltIn.NAMES.forEach(name -> files.put(name, new RouteFile(name, Optional.empty())));
        return new RouteFiles(files, new TreeMap<>());
    }

    /**
     * The built-in files with those of {@code directory} over them. Hidden files, and those below hidden directories, are passed
     * over: editors and version control keep theirs there, and a mounted ConfigMap its former versions.
     *
     * @throws UncheckedIOException where the directory cannot be read
     */
    public static RouteFiles with(Path directory) {
        SortedMap<String, RouteFile> files = new TreeMap<>(builtIn().files);
        if (!Files.isDirectory(directory)) {
            throw new UncheckedIOException("cannot read the routes directory " + directory,
                    new NotDirectoryException(directory.toString()));
        }
        try (Stream<Path> paths = Files.walk(directory)) {
            SortedMap<String, Path> own = new TreeMap<>();
            paths.filter(Files::isRegularFile).filter(path -> !isHidden(directory.relativize(path)))
                    .forEach(path -> own.put(directory.relativize(path).toString().replace('\\', '/'), path));
            own.forEach((relative, path) -> {
                String name = nameOf(relative, own.keySet());
                files.put(name, new RouteFile(name, Optional.of(path)));
            });
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read the routes directory " + directory, e);
        }
        return new RouteFiles(files, new TreeMap<>());
    }

    /**
     * The same files with the user's as they are now: what is written to them later is not seen.
     *
     * @throws UncheckedIOException where one cannot be read
     */
    public RouteFiles asOfNow() {
        SortedMap<String, String> texts = new TreeMap<>();
        files.values().stream().filter(file -> file.origin().isPresent()).forEach(file -> texts.put(file.name(), read(file)));
        return new RouteFiles(files, texts);
    }

    /** The names of files that are not the same in both, as they were read by {@link #asOfNow}. */
    public SortedSet<String> differences(RouteFiles other) {
        SortedSet<String> names = new TreeSet<>(files.keySet());
        names.addAll(other.files.keySet());
        names.removeIf(name -> Objects.equals(kept.get(name), other.kept.get(name))
                && files.containsKey(name) == other.files.containsKey(name));
        return names;
    }

    /** The name of the built-in file that the user's replaces, else its own. */
    private static String nameOf(String relative, Set<String> own) {
        String builtIn = BuiltIn.TABLES_AND_ROUTES.getOrDefault(file(relative), relative);
        return own.contains(builtIn) ? relative : builtIn;
    }

    private static String file(String name) {
        return name.substring(name.lastIndexOf('/') + 1);
    }

    private static boolean isHidden(Path relative) {
        return StreamSupport.stream(relative.spliterator(), false).anyMatch(part -> part.toString().startsWith("."));
    }

    /** The route files, those of the top first. */
    public List<RouteFile> routes() {
        return files.values().stream().filter(file -> file.name().endsWith(ROUTE)).toList();
    }

    /** All files, routes, scripts and data, by name. */
    public SortedMap<String, RouteFile> all() {
        return files;
    }

    /** The text of the script of that name, {@code scripts/NAME}, if there is one, with the parts that it sources in their places. */
    public Optional<String> script(String name) {
        return fixed ? scripts.computeIfAbsent(name, this::together) : together(name);
    }

    private Optional<String> together(String name) {
        return text(SCRIPTS + name).map(text -> ScriptParts.together(text, part -> text(SCRIPTS + part)));
    }

    /** The text of the file of that name, if there is one. */
    public Optional<String> text(String name) {
        return kept.containsKey(name) ? Optional.of(kept.get(name)) : Optional.ofNullable(files.get(name)).map(RouteFiles::read);
    }

    /** Whether the file is a built-in one, or says the same as the built-in one of its name, such as an exported copy. */
    public boolean isAsBuiltIn(RouteFile file) {
        return file.origin().isEmpty()
                || BuiltIn.NAMES.contains(file.name())
                        && text(file.name()).equals(Optional.of(read(new RouteFile(file.name(), Optional.empty()))));
    }

    /** A place that Camel names, for people: {@code routes/apply.camel.yaml, line 12}. */
    public static String place(String location, int line) {
        String file = String.valueOf(location).replaceFirst("^file:", "");
        String shown = file.startsWith(CLASSPATH) ? file.substring(CLASSPATH.length()) + " (built in)" : file;
        return line > 0 ? shown + ", line " + line : shown;
    }

    /** The file's text. */
    public static String read(RouteFile file) {
        try {
            if (file.origin().isPresent()) {
                // Not all that lies in such a directory is text.
                return new String(Files.readAllBytes(file.origin().get()), StandardCharsets.UTF_8);
            }
            try (InputStream in = RouteFiles.class.getClassLoader().getResourceAsStream(BUILT_IN + "/" + file.name())) {
                return new String(in.readAllBytes(), StandardCharsets.UTF_8);
            }
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + file.name() + " (" + file.from() + ")", e);
        }
    }

    /** Writes the built-in files below {@code directory}; files that are there already are left alone and reported. */
    public static List<Path> export(Path directory) throws IOException {
        List<Path> kept = new java.util.ArrayList<>();
        for (RouteFile file : builtIn().files.values()) {
            Path target = directory.resolve(file.name());
            if (Files.exists(target)) {
                kept.add(target);
                continue;
            }
            Files.createDirectories(target.getParent());
            Files.writeString(target, read(file));
        }
        return kept;
    }

    /** Looked for once: they do not change while this process lives. */
    private static final class BuiltIn {
        private static final List<String> NAMES = builtInNames();
        private static final Map<String, String> TABLES_AND_ROUTES = NAMES.stream().filter(name -> name.endsWith(".yaml"))
                .collect(Collectors.toMap(RouteFiles::file, name -> name));
    }

    private static List<String> builtInNames() {
        URL url = RouteFiles.class.getClassLoader().getResource(BUILT_IN);
        if (url == null) {
            throw new IllegalStateException("the built-in routes are missing from this build");
        }
        try {
            URI uri = url.toURI();
            if (!"jar".equals(uri.getScheme())) {
                return names(Path.of(uri));
            }
            try (FileSystem jar = FileSystems.newFileSystem(uri, Map.of())) {
                return names(jar.getPath(BUILT_IN));
            }
        } catch (IOException | URISyntaxException e) {
            throw new IllegalStateException("the built-in routes cannot be read", e);
        }
    }

    private static List<String> names(Path root) throws IOException {
        try (Stream<Path> paths = Files.walk(root)) {
            return paths.filter(Files::isRegularFile)
                    .map(path -> root.relativize(path).toString().replace('\\', '/'))
                    .toList();
        }
    }
}
