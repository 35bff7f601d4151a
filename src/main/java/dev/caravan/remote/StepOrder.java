package dev.caravan.remote;

import dev.caravan.artefacts.StoredFile;
import dev.caravan.run.Run;
import dev.caravan.spec.Host;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;

/**
 * A step to be run on a host. The generated text is not used: {@code stdin} may hold secrets.
 *
 * @param host             the host that it is recorded for
 * @param at               the host that it runs on: the same one, or a control plane where the step is about the host's node
 * @param script           name of the script in {@code scripts/}
 * @param timeout          of one attempt
 * @param extraEnvironment over what every script gets
 * @param evenWhenCancelled whether it is run though the run was cancelled or given up
 * @param stdin            the script's standard input
 * @param files            what moves between the host and the data directory
 */
record StepOrder(
        Run run, Host host, Host at, String step, String script, Duration timeout, boolean evenWhenCancelled,
        Map<String, String> extraEnvironment, byte[] stdin, Files files) {

    /**
     * The files of a step that go beside it. Immutable.
     *
     * @param saveTo   where the file goes that the script leaves at {@code $ARTEFACT}
     * @param sendFrom what is at {@code $ARTEFACT} before the script starts
     * @param limit    the largest that is saved, in bytes
     */
    record Files(Optional<StoredFile> saveTo, Optional<StoredFile> sendFrom, long limit) {
        static final Files NONE = new Files(Optional.empty(), Optional.empty(), 0);

        boolean any() {
            return saveTo.isPresent() || sendFrom.isPresent();
        }
    }

    /** One without files. */
    StepOrder(
            Run run, Host host, Host at, String step, String script, Duration timeout, boolean evenWhenCancelled,
            Map<String, String> extraEnvironment, byte[] stdin) {
        this(run, host, at, step, script, timeout, evenWhenCancelled, extraEnvironment, stdin, Files.NONE);
    }

    /** Whether a file is saved or sent: not in a plan, in which nothing is. */
    boolean moves(Optional<StoredFile> file) {
        return file.isPresent() && !run.isPlan();
    }

    /** Whether it takes another step back. */
    boolean isUndo() {
        return step.startsWith("undo-");
    }

    @Override
    public String toString() {
        return step + " on " + host.name();
    }
}
