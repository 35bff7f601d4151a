package dev.caravan.rehearsal;

import dev.caravan.spec.Secret;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The scratch directory that stands in for one host's {@code /}: a freshly installed machine, with the stand-in commands
 * that such a machine has and places for those that packages bring.
 */
record BareHost(String name, Path root, Path tools) {
    private static final String SUDO_HASH = ".rehearsal/sudo-password.sha256";

    /**
     * What a bare host is told about itself.
     *
     * @param number            position among the rehearsal's hosts, from 1; its MAC address and the like derive from it
     * @param kubernetesVersion the version that its package repositories offer
     * @param runtime           the runtime whose version the repositories are to offer
     * @param runtimeVersion    that version; empty for what is usual
     * @param login             the user that is logged in as
     */
    record Description(
            String name,
            String address,
            Family family,
            int number,
            String kubernetesVersion,
            String runtime,
            String runtimeVersion,
            String login) {

        static Description alone(String name, Family family) {
            return new Description(name, "10.77.0.11", family, 1, "1.20.2", "docker", "", "root");
        }
    }

    static BareHost install(Workshop workshop, Description description, List<Fault> faults) throws IOException {
        Path root = workshop.scratch().resolve("hosts").resolve(description.name());
        Files.createDirectories(root);
        BareHost host = new BareHost(description.name(), root, workshop.tools());
        host.run(workshop, description);
        Path faultDirectory = Files.createDirectory(root.resolve(".faults"));
        for (Fault fault : faults) {
            if (fault.host().equals(description.name()) && fault.kind() != Fault.Kind.DROP) {
                Files.writeString(
                        faultDirectory.resolve(fault.step()),
                        fault.kind().word() + " " + fault.times() + "\n",
                        StandardOpenOption.CREATE,
                        StandardOpenOption.APPEND);
            }
        }
        return host;
    }

    private void run(Workshop workshop, Description description) throws IOException {
        ProcessBuilder builder = new ProcessBuilder("/bin/sh", "-eu").redirectErrorStream(true);
        builder.environment().clear();
        builder.environment().putAll(Map.ofEntries(
                Map.entry("CARAVAN_ROOT", root.toString()),
                Map.entry("PATH", tools.toString()),
                Map.entry("LC_ALL", "C"),
                Map.entry("NAME", description.name()),
                Map.entry("ADDRESS", description.address()),
                Map.entry("FAMILY", description.family().word()),
                Map.entry("NUMBER", Integer.toString(description.number())),
                Map.entry("VERSION", description.kubernetesVersion()),
                Map.entry("RUNTIME", description.runtime()),
                Map.entry("RUNTIME_VERSION", description.runtimeVersion()),
                Map.entry("LOGIN", description.login()),
                Map.entry("PACE", Integer.toString(workshop.pace())),
                Map.entry("WORKSHOP", workshop.scratch().toString())));
        Process process = builder.start();
        try (var in = process.getOutputStream()) {
            in.write(Workshop.resource("bare-host.sh").getBytes(StandardCharsets.UTF_8));
        }
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        try {
            if (process.waitFor() != 0) {
                throw new IOException("host " + name + " of the rehearsal could not be laid out: " + output.strip());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while laying out host " + name + " of the rehearsal", e);
        }
    }

    /** How a command of this user is run on the host. */
    ProcessBuilder shell(String user, String command) {
        String home = user.equals("root") ? "root" : "home/" + user;
        Path directory = root.resolve(home).normalize();
        try {
            // A user's name comes from the client: it must not lead out of the host.
            Files.createDirectories(directory.startsWith(root) ? directory : root);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        ProcessBuilder builder = new ProcessBuilder("/bin/sh", "-c", command).directory(directory.toFile());
        builder.environment().clear();
        builder.environment().putAll(Map.of(
                "CARAVAN_ROOT", root.toString(),
                "PATH", root.resolve(".standins") + ":" + tools,
                "HOME", directory.toString(),
                "USER", user,
                "LOGNAME", user,
                "TMPDIR", root.resolve("tmp").toString(),
                "LC_ALL", "C"));
        return builder;
    }

    /** Makes sudo ask for this password; only its digest is written down. */
    void sudoPassword(Optional<Secret> password) {
        try {
            if (password.isPresent()) {
                Files.writeString(root.resolve(SUDO_HASH), sha256(password.get().reveal()) + "\n");
            } else {
                Files.deleteIfExists(root.resolve(SUDO_HASH));
            }
        } catch (IOException e) {
            throw new UncheckedIOException("sudo of rehearsed host " + name + " could not be set up", e);
        }
    }

    private static String sha256(String text) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(digest);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
