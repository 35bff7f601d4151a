package dev.caravan.run;

import java.util.List;
import java.util.concurrent.CompletionStage;

/** What runs the steps of runs on hosts. Implementations are thread-safe. */
public interface Steps {
    /**
     * Stops these steps, as far as their hosts can be reached, has the journal record what they found, and clears them away. Those whose
     * hosts cannot be reached are noted in the run.
     */
    CompletionStage<Void> stop(Run run, List<UnfinishedStep> steps);

    /**
     * Clears away on the hosts what steps of that run left there, and forgets the run. Steps whose end was not heard of are recorded
     * for the next run, if this one has ended.
     *
     * @param releases whether it releases its locks there; one that is to be resumed keeps them
     */
    CompletionStage<Void> finish(Run run, boolean releases);
}
