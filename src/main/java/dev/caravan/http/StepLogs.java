package dev.caravan.http;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.Enumeration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * What steps printed, from {@code DATA/logs/RUN/HOST/STEP.log}. Names that are asked for are only ever compared with what
 * is there, never made part of a path.
 */
final class StepLogs {
    static final int LARGEST_PART = 1024 * 1024;
    private static final String SUFFIX = ".log";
    /** From a byte on, up to one, or the last ones; up to 18 digits, which a long holds. */
    private static final Pattern RANGE = Pattern.compile("bytes=(?:(\\d{1,18})-(\\d{1,18})?|-(\\d{1,18}))");

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
        List<Log> found = find(run, host, step);
        if (found.isEmpty()) {
            return Optional.empty();
        }
        if (found.size() == 1 && host.isPresent() && step.isPresent()) {
            return Optional.of(read(found.get(0)));
        }
        return Optional.of(new SequenceInputStream(streams(found)));
    }

    /**
     * A part of one log, for those who read on as it grows (RFC 9110, 14). At most {@value #LARGEST_PART} bytes at a time; who gets less
     * than asked for asks for the rest. Empty where the range is not one that is understood, or not of one log: then the whole is answered.
     */
    Optional<Reply> part(String run, Optional<String> host, Optional<String> step, String range) throws IOException {
        Matcher asked = RANGE.matcher(range.strip());
        if (host.isEmpty() || step.isEmpty() || !asked.matches() || isBackwards(asked)) {
            return Optional.empty();
        }
        List<Log> found = find(run, host, step);
        return found.isEmpty() ? Optional.empty() : Optional.of(part(found.get(0), asked));
    }

    private static boolean isBackwards(Matcher asked) {
        return asked.group(2) != null && Long.parseLong(asked.group(2)) < Long.parseLong(asked.group(1));
    }

    private static Reply part(Log log, Matcher asked) throws IOException {
        try (SeekableByteChannel channel = Files.newByteChannel(log.file(), Set.of(StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS))) {
            long length = channel.size();
            boolean tail = asked.group(1) == null;
            long first = tail ? Math.max(0, length - Long.parseLong(asked.group(3))) : Long.parseLong(asked.group(1));
            if (first >= length) {
                return ProblemDocument.of(416, "range", "The log is not that long", "It has " + length + " bytes so far.")
                        .header("Content-Range", "bytes */" + length).toReply();
            }
            long last = tail || asked.group(2) == null ? length - 1 : Math.min(length - 1, Long.parseLong(asked.group(2)));
            ByteBuffer part = ByteBuffer.allocate((int) Math.max(0, Math.min(LARGEST_PART, last - first + 1)));
            channel.position(first);
            while (part.hasRemaining() && channel.read(part) >= 0) {
                // Reads on until it is full or, where the file was cut meanwhile, at its end.
            }
            byte[] bytes = Arrays.copyOf(part.array(), part.position());
            return new Reply(206, "text/plain; charset=utf-8", bytes,
                    Map.of("Content-Range", "bytes " + first + "-" + (first + bytes.length - 1) + "/" + length));
        }
    }

    private List<Log> find(String run, Optional<String> host, Optional<String> step) throws IOException {
        return find(run).stream()
                .filter(log -> host.isEmpty() || log.host().equals(host.get()))
                .filter(log -> step.isEmpty() || log.step().equals(step.get()))
                .sorted(Comparator.comparingLong(Log::modified))
                .toList();
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
