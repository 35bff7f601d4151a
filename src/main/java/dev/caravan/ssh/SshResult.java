package dev.caravan.ssh;

import java.nio.charset.StandardCharsets;
import java.util.Optional;

/**
 * What a command left behind when it ended by itself, whatever its exit status.
 *
 * @param exitStatus 0 to 255, or -1 where the host sent none: a signal ended the command
 * @param stdout     standard output; empty where the command had a listener for it
 * @param stderr     standard error
 * @param signal     the signal that ended the command, without SIG: {@code KILL}
 */
public record SshResult(int exitStatus, byte[] stdout, byte[] stderr, Optional<String> signal) {

    public SshResult(int exitStatus, byte[] stdout, byte[] stderr) {
        this(exitStatus, stdout, stderr, Optional.empty());
    }

    public boolean succeeded() {
        return exitStatus == 0;
    }

    /** Standard output read as UTF-8. */
    public String stdoutText() {
        return new String(stdout, StandardCharsets.UTF_8);
    }

    /** Standard error read as UTF-8. */
    public String stderrText() {
        return new String(stderr, StandardCharsets.UTF_8);
    }

    /** Sizes only: output may hold secrets. */
    @Override
    public String toString() {
        return "SshResult[exitStatus=" + exitStatus + signal.map(name -> ", signal=" + name).orElse("")
                + ", stdout=" + stdout.length + " bytes, stderr=" + stderr.length + " bytes]";
    }
}
