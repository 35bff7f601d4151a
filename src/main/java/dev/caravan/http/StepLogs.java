package dev.caravan.http;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.Enumeration;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * What steps printed, from {@code DATA/logs/RUN/HOST/STEP.log}. Names that are asked for are only ever compared with what
 * is there, never made part of a path.
 */
final class StepLogs {
    private static final String SUFFIX = ".log";

    private final Path logs;

    private record Log(String host, String step, Path file) {
        private long modified() {
            return file.toFile().lastModified();
        }
    }

    StepLogs(Path data) {
        this.logs = data.resolve("logs");
    }

    /**
     * The logs of that run, of one host or step where one is named, the one last written to at the end; each under a line
     * with its host and step unless both are named. Empty where there is none.
     */
    Optional<InputStream> open(String run, Optional<String> host, Optional<String> step) throws IOException {
        List<Log> found = find(run).stream()
                .filter(log -> host.isEmpty() || log.host().equals(host.get()))
                .filter(log -> step.isEmpty() || log.step().equals(step.get()))
                .sorted(Comparator.comparingLong(Log::modified))
                .toList();
        if (found.isEmpty()) {
            return Optional.empty();
        }
        if (found.size() == 1 && host.isPresent() && step.isPresent()) {
            return Optional.of(read(found.get(0)));
        }
        return Optional.of(new SequenceInputStream(streams(found)));
    }

    private List<Log> find(String run) throws IOException {
        List<Log> found = new ArrayList<>();
        for (Path directory : named(list(logs), run)) {
            for (Path host : list(directory)) {
                for (Path file : Files.isDirectory(host, LinkOption.NOFOLLOW_LINKS) ? list(host) : List.<Path>of()) {
                    String name = file.getFileName().toString();
                    if (name.endsWith(SUFFIX) && Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
                        found.add(new Log(host.getFileName().toString(), name.substring(0, name.length() - SUFFIX.length()), file));
                    }
                }
            }
        }
        return found;
    }

    private static List<Path> named(List<Path> paths, String name) {
        return paths.stream().filter(path -> path.getFileName().toString().equals(name)).toList();
    }

    private static List<Path> list(Path directory) throws IOException {
        if (!Files.isDirectory(directory)) {
            return List.of();
        }
        try (Stream<Path> paths = Files.list(directory)) {
            return paths.toList();
        }
    }

    /** Opens one file at a time, each when its turn comes. */
    private static Enumeration<InputStream> streams(List<Log> found) {
        List<java.util.function.Supplier<InputStream>> parts = new ArrayList<>();
        for (Log log : found) {
            byte[] title = ("==> " + log.host() + "  " + log.step() + "\n").getBytes(StandardCharsets.UTF_8);
            parts.add(() -> new ByteArrayInputStream(title));
            parts.add(() -> read(log));
            parts.add(() -> new ByteArrayInputStream(new byte[] {'\n'}));
        }
        var each = Collections.enumeration(parts);
        return new Enumeration<>() {
            @Override
            public boolean hasMoreElements() {
                return each.hasMoreElements();
            }

            @Override
            public InputStream nextElement() {
                return each.nextElement().get();
            }
        };
    }

    private static InputStream read(Log log) {
        try {
            return Files.newInputStream(log.file(), LinkOption.NOFOLLOW_LINKS);
        } catch (IOException e) {
            throw new UncheckedIOException("the log of " + log.step() + " on " + log.host() + " cannot be read", e);
        }
    }
}
