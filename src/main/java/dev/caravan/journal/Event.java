package dev.caravan.journal;

import java.time.Instant;
import java.util.Map;
import java.util.Optional;

/**
 * One thing that happened in a run. Events of a run are numbered from 1 without gaps, and everything that is shown of a
 * run (live table, JSON lines, API answers) is a fold over them. They never hold a secret.
 *
 * @param seq     position in the run, from 1
 * @param host    the host's name; empty for events of the whole run
 * @param step    the step's name, as in {@code routes/steps/STEP.camel.yaml}
 * @param attempt from 1; 0 where the event is not about an attempt
 * @param message for people: what changed, why it failed, what it waits for; may hold several lines
 * @param data    details by type, values being strings, numbers, booleans, lists or maps
 */
public record Event(
        long seq,
        Instant at,
        String run,
        Type type,
        Optional<String> host,
        Optional<String> step,
        int attempt,
        String message,
        Map<String, Object> data) {

    /** In the order in which a run meets them. The JSON form is the lower-case word with dashes. */
    public enum Type {
        /**
         * {@code data}: action, cluster, hosts (list of maps with name, address, roles), rehearsal (boolean), changesHosts (boolean),
         * plan (whether scripts only say what they would change), version (of Kubernetes, as the spec has it),
         * takesBack (list of runs); outcome and parameters (texts by name) if there are any.
         */
        RUN_QUEUED,
        RUN_STARTED,
        /**
         * A host waits for something outside itself; {@code message} says what for. {@code data}: slots (how many hosts are worked
         * on at a time) where it is one of those.
         */
        HOST_WAITING,
        /** All changes of the run on this host were undone, because the host or the whole run failed. */
        HOST_ROLLED_BACK,
        /** {@code data}: id (of the detached step), logOffset (where its part of the log file begins, in bytes). */
        STEP_STARTED,
        /** What the step is doing now, in its own words. */
        STEP_PROGRESS,
        /** The attempt failed and there will be another; {@code data}: kind, delayMillis. */
        STEP_RETRY,
        /**
         * {@code data}: state (ok, changed, skipped, failed), changes (list of strings), diffs (in a plan: list of maps with change,
         * subject, diff), outputs (map of strings: what the script gave; report is for people to read),
         * secrets (true where it also gave some, which are not kept), artefact (bytes and sha256 of the file that was saved or sent),
         * durationMillis, and on failure kind
         * (word for the kind of error), remedy, lastWords (list of the command's last lines).
         */
        STEP_ENDED,
        /**
         * Anything worth a line: a relaxed safety setting, a reconnect. {@code data}: cancelled (true) where the run was asked to
         * stop, givenUp (true) where work on all hosts ended, file (what tells it from others) where one in the inbox asked for the run,
         * resumed (true) and action where an engine goes on with a run of one that went away.
         */
        NOTE,
        /**
         * {@code data}: state (succeeded, partly, refused, failed, rolled-back, cancelled), exitStatus (as the command line's),
         * kubeconfig (path) where one was fetched, findings (list of maps with hosts, problem, remedy) where preflight refused.
         */
        RUN_ENDED;

        /** The word used in JSON and in the journal. */
        public String word() {
            return name().toLowerCase(java.util.Locale.ROOT).replace('_', '-');
        }
    }
}
