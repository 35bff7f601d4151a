package dev.caravan.run;

import java.util.concurrent.CompletionStage;

/** What runs the steps of runs on hosts. Implementations are thread-safe. */
public interface Steps {
    /** Stops what an earlier run left running on hosts, as far as they can be reached, and clears it away; never fails. */
    CompletionStage<Void> stop(Run run, Past past);

    /**
     * Clears away on the hosts what steps of that run left there, and forgets the run.
     *
     * @param releases whether it releases its locks there; one that is to be resumed keeps them
     */
    CompletionStage<Void> finish(Run run, boolean releases);
}
