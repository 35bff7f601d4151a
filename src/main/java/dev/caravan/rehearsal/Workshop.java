package dev.caravan.rehearsal;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * What the hosts of one rehearsal have in common, in one scratch directory: links to the harmless real tools, the stand-ins
 * for all others, the key to log in with, and the cluster's shared truth.
 *
 * @param pace how long work takes, in percent of the usual; 0 for no waiting at all
 */
record Workshop(Path scratch, ClientKey clientKey, int pace) {
    private static final List<Path> TOOL_DIRECTORIES =
            Stream.of("/usr/bin", "/bin", "/usr/sbin", "/sbin", "/usr/local/bin", "/opt/homebrew/bin").map(Path::of).toList();

    /**
     * Lays the directory out.
     *
     * @throws IOException where the directory is not empty, cannot be written, or this machine lacks a tool
     */
    static Workshop open(Path scratch, int pace) throws IOException {
        Files.createDirectories(scratch);
        Path real = scratch.toRealPath();
        if (real.toString().matches(".*[:\n'\"].*")) {
            throw new IOException("a rehearsal's directory cannot have a colon, a quote or a line end in its name: " + real);
        }
        try (Stream<Path> content = Files.list(real)) {
            if (content.findAny().isPresent()) {
                throw new IOException("the rehearsal's directory " + real + " is not empty: name a new one, or empty it");
            }
        }
        for (String directory : List.of("tools", "standins", "shared", "hosts")) {
            Files.createDirectory(real.resolve(directory));
        }
        linkTools(real.resolve("tools"));
        for (String name : lines("standins/contents")) {
            Path standin = real.resolve("standins").resolve(name);
            Files.writeString(standin, resource("standins/" + name));
            Files.setPosixFilePermissions(standin, PosixFilePermissions.fromString("rwxr-xr-x"));
        }
        return new Workshop(real, ClientKey.generate(real.resolve("client-key")), pace);
    }

    /** Installs a bare host, with what goes wrong on it. */
    BareHost install(BareHost.Description description, List<Fault> faults) throws IOException {
        return BareHost.install(this, description, faults);
    }

    Path tools() {
        return scratch.resolve("tools");
    }

    Path standins() {
        return scratch.resolve("standins");
    }

    Path shared() {
        return scratch.resolve("shared");
    }

    private static void linkTools(Path directory) throws IOException {
        for (String line : lines("tools")) {
            boolean optional = line.startsWith("?");
            String name = optional ? line.substring(1) : line;
            Optional<Path> real = TOOL_DIRECTORIES.stream().map(place -> place.resolve(name)).filter(Files::isExecutable).findFirst();
            if (real.isPresent()) {
                Files.createSymbolicLink(directory.resolve(name), real.get());
            } else if (!optional) {
                throw new IOException("a rehearsal runs the real scripts and needs the command '" + name
                        + "', which this machine does not have: install it (coreutils, util-linux, grep, sed, awk, tar)");
            }
        }
    }

    /** A resource's lines without comments and blank ones. */
    private static List<String> lines(String name) throws IOException {
        return resource(name).lines().map(String::strip).filter(line -> !line.isEmpty() && !line.startsWith("#")).toList();
    }

    static String resource(String name) throws IOException {
        try (InputStream in = Workshop.class.getResourceAsStream("/rehearsal/" + name)) {
            if (in == null) {
                throw new IOException("the jar lacks /rehearsal/" + name);
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }
}
