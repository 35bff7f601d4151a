package dev.caravan.rehearsal;

import dev.caravan.digest.Sha256;
import dev.caravan.packages.Family;
import dev.caravan.spec.Secret;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * The scratch directory that stands in for one host's {@code /}: a freshly installed machine, with the stand-in commands
 * that such a machine has and places for those that packages bring.
 */
record BareHost(String name, Path root, Path tools) {
    private static final String FAULTS = ".faults";
    private static final String SUDO_HASH = ".rehearsal/sudo-password.sha256";

    /**
     * What a bare host is told about itself.
     *
     * @param address           the node's, which the cluster uses
     * @param otherAddresses    IP addresses that it has as well
     * @param number            position among the rehearsal's hosts, from 1; its MAC address and the like derive from it
     * @param kubernetesVersion the version that its package repositories offer
     * @param runtime           the runtime whose version the repositories are to offer
     * @param runtimeVersion    that version; empty for what is usual
     * @param login             the user that is logged in as
     */
    record Description(
            String name,
            String address,
            List<String> otherAddresses,
            Family family,
            int number,
            String kubernetesVersion,
            String runtime,
            String runtimeVersion,
            String login) {

        static Description alone(String name, Family family) {
            return new Description(name, "10.77.0.11", List.of(), family, 1, "1.20.2", "docker", "", "root");
        }
    }

    static BareHost install(Workshop workshop, Description description, List<Fault> faults) throws IOException {
        Path root = workshop.scratch().resolve("hosts").resolve(description.name());
        Files.createDirectories(root);
        BareHost host = new BareHost(description.name(), root, workshop.tools());
        host.run(workshop, description);
        host.linkCommands(workshop);
        host.arm(workshop, faults.stream().filter(fault -> fault.host().equals(host.name())).toList());
        return host;
    }

    /** Lines of a stand-in and the command that it stands in for, written by bare-host.sh. */
    private void linkCommands(Workshop workshop) throws IOException {
        Path commands = root.resolve(".rehearsal/commands");
        for (String line : Files.readAllLines(commands)) {
            String[] words = line.split(" ");
            Files.createSymbolicLink(root.resolve("usr/bin").resolve(words[1]), workshop.standins().resolve(words[0]));
        }
        Files.delete(commands);
    }

    /** Connections are cut by the SSH server; all else the stand-ins see to. */
    private void arm(Workshop workshop, List<Fault> faults) throws IOException {
        Files.createDirectory(root.resolve(FAULTS));
        for (Fault fault : faults) {
            if (fault.kind() != Fault.Kind.DROP) {
                String line = fault.kind().word() + " " + fault.times() + "\n";
                Files.writeString(root.resolve(FAULTS).resolve(fault.step()), line, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
            }
        }
        if (!faults.isEmpty()) {
            Files.createSymbolicLink(root.resolve(".standins/sh"), workshop.standins().resolve("sh"));
        }
    }

    /** Whether a step met this fault, of a kind that stand-ins see to, at least once. */
    boolean hasMet(Fault fault) {
        return Files.exists(root.resolve(FAULTS).resolve(".met").resolve(fault.step() + "." + fault.kind().word()));
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
                Map.entry("OTHER_ADDRESSES", String.join(" ", description.otherAddresses())),
                Map.entry("FAMILY", description.family().name().toLowerCase(Locale.ROOT)),
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
        Path directory = home(user);
        try {
            Files.createDirectories(directory);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        // In a session of its own, as sshd has it: Ctrl-C at the terminal is for Caravan alone.
        ProcessBuilder builder = new ProcessBuilder("setsid", "/bin/sh", "-c", command).directory(directory.toFile());
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

    /** A user's name comes from the client, so it must not lead out of the host. */
    private Path home(String user) {
        Path home = root.resolve("home").resolve(user).normalize();
        return home.startsWith(root.resolve("home")) && !user.equals("root") ? home : root.resolve("root");
    }

    /** Makes sudo ask for this password; only its digest is written down. */
    void sudoPassword(Optional<Secret> password) {
        try {
            if (password.isPresent()) {
                Files.writeString(root.resolve(SUDO_HASH), Sha256.hex(password.get().reveal()) + "\n");
            } else {
                Files.deleteIfExists(root.resolve(SUDO_HASH));
            }
        } catch (IOException e) {
            throw new UncheckedIOException("sudo of rehearsed host " + name + " could not be set up", e);
        }
    }
}
