package dev.caravan.remote;

import dev.caravan.artefacts.StoredFile;
import dev.caravan.history.UndoStep;
import dev.caravan.spec.Host;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;

/**
 * What is asked of a host: plain data, which refers to no live run. The generated text is not used: {@code stdin} may hold secrets.
 *
 * @param run              the id of the run
 * @param host             the host that it is recorded for, and how to reach it
 * @param at               the host that it runs on: the same one, or a control plane where the step is about the host's node
 * @param script           name of the script in {@code scripts/}
 * @param timeout          of one attempt
 * @param plan             whether the script only says what it would change
 * @param evenWhenCancelled whether it is run though the run was cancelled or given up
 * @param comesFirst       whether it gets a slot before the steps of other hosts
 * @param stopsOthers      whether the other steps of its host that may still run are stopped before it
 * @param extraEnvironment over what every script gets
 * @param stdin            the script's standard input
 * @param files            what moves between the host and the data directory
 */
record StepOrder(
        String run, Host host, Host at, String step, String script, Duration timeout, boolean plan, boolean evenWhenCancelled,
        boolean comesFirst, boolean stopsOthers, Map<String, String> extraEnvironment, byte[] stdin, Files files) {

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

    StepKey key() {
        return new StepKey(run, host.name(), step);
    }

    /** Whether a file is saved or sent: not in a plan, in which nothing is. */
    boolean moves(Optional<StoredFile> file) {
        return file.isPresent() && !plan;
    }

    /** Whether it rolls another step back. */
    boolean isUndo() {
        return UndoStep.isOne(step);
    }

    @Override
    public String toString() {
        return step + " on " + host.name();
    }
}
