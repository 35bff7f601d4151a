package dev.caravan.rehearsal;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** Ends processes that a simulated host's commands left running, detached steps included. */
final class Leftovers {
    private static final long GRACE_SECONDS = 5;
    private static final int MAX_LOOKS = 10;

    private Leftovers() {}

    /** Ends every process of this user whose environment says that it belongs to the host with this root directory. */
    static void end(Path root) {
        endMarked(root + "\0");
    }

    /** Ends those of all hosts with root directories below that one. */
    static void endBelow(Path directory) {
        endMarked(directory + "/");
    }

    private static void endMarked(String root) {
        // A child forked between two looks escapes the first.
        List<ProcessHandle> found = findMarked(root);
        for (int look = 0; look < MAX_LOOKS && !found.isEmpty(); look++, found = findMarked(root)) {
            found.forEach(ProcessHandle::destroyForcibly);
            CompletableFuture.allOf(found.stream().map(ProcessHandle::onExit).toArray(CompletableFuture[]::new))
                    .completeOnTimeout(null, GRACE_SECONDS, TimeUnit.SECONDS)
                    .join();
        }
    }

    /** The running processes of the host; those of this JVM's own are never among them. */
    static List<ProcessHandle> find(Path root) {
        return findMarked(root + "\0");
    }

    private static List<ProcessHandle> findMarked(String root) {
        String mark = "\0CARAVAN_ROOT=" + root;
        return ProcessHandle.allProcesses()
                .filter(process -> process.pid() != ProcessHandle.current().pid())
                .filter(process -> ("\0" + environment(process.pid()) + "\0").contains(mark))
                .toList();
    }

    /** Empty where there is no /proc or the process is gone or somebody else's. */
    private static String environment(long pid) {
        try {
            return new String(Files.readAllBytes(Path.of("/proc", Long.toString(pid), "environ")), StandardCharsets.UTF_8);
        } catch (IOException e) {
            return "";
        }
    }
}
