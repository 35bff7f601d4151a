package dev.caravan.journal;

import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * The process that an engine lives in: enough for another process to tell whether it is still there.
 *
 * @param host  the machine's host name
 * @param boot  which boot of which machine, and which of its process name spaces, {@code pid} belongs to; empty where that is not known
 * @param pid   the process
 * @param began when the process began, in the unit of this system; a pid may be used again
 */
public record EngineIdentity(String host, String boot, long pid, long began) {
    /**
     * A process that is not there: the engine counts as gone from its first moment on. For tests that crash an engine in their own process.
     */
    public static final long NO_PROCESS = -1;

    /** Of this process. */
    public static EngineIdentity ofThisProcess() {
        long pid = ProcessHandle.current().pid();
        return new EngineIdentity(hostName(), bootHere(), pid, began(pid).orElse(0));
    }

    /** This process as one that is not there, so that other engines consider this one dead. */
    public static EngineIdentity gone() {
        return new EngineIdentity(hostName(), bootHere(), NO_PROCESS, 0);
    }

    /** Whether that process is there; empty where it cannot be seen from here. */
    Optional<Boolean> isThere() {
        if (boot.isEmpty() || !boot.equals(bootHere()) || !host.equals(hostName())) {
            return Optional.empty();
        }
        OptionalLong found = began(pid);
        return Optional.of(found.isPresent() && found.getAsLong() == began);
    }

    /** Whether this is of another boot: on a machine that is known to be the same one, the process ended with it. */
    boolean isOfAnotherBoot() {
        String here = bootHere();
        return !boot.isEmpty() && !here.isEmpty() && !boot.split("/")[0].equals(here.split("/")[0]);
    }

    private static String hostName() {
        return line(Path.of("/proc/sys/kernel/hostname")).orElseGet(() -> {
            try {
                return InetAddress.getLocalHost().getHostName();
            } catch (IOException e) {
                return "localhost";
            }
        });
    }

    /** Containers on one machine share its boot, and may share its host name, but do not see each other's processes. */
    private static String bootHere() {
        Optional<String> boot = line(Path.of("/proc/sys/kernel/random/boot_id"));
        try {
            return boot.isEmpty() ? "" : boot.get() + "/" + Files.readSymbolicLink(Path.of("/proc/self/ns/pid"));
        } catch (IOException | UnsupportedOperationException e) {
            return boot.get();
        }
    }

    /** When that process began; empty where there is none, or only what is left of one that ended. */
    private static OptionalLong began(long pid) {
        Optional<String> stat = line(Path.of("/proc/" + pid + "/stat"));
        if (stat.isPresent()) {
            // proc(5): the command may hold anything, so fields are counted from its closing bracket. State is the 3rd, the start in ticks
            // since the boot the 22nd; unlike an instant computed from it, that does not move when the clock is set.
            String[] fields = stat.get().substring(stat.get().lastIndexOf(')') + 2).split(" ");
            return fields[0].equals("Z") || fields[0].equals("X") ? OptionalLong.empty() : OptionalLong.of(Long.parseLong(fields[19]));
        }
        return pid < 0 ? OptionalLong.empty() : ProcessHandle.of(pid).flatMap(process -> process.info().startInstant())
                .map(Instant::toEpochMilli).map(OptionalLong::of).orElse(OptionalLong.empty());
    }

    private static Optional<String> line(Path file) {
        try {
            return Optional.of(Files.readString(file).strip()).filter(text -> !text.isEmpty());
        } catch (IOException e) {
            return Optional.empty();
        }
    }
}
