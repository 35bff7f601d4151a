package dev.caravan.cli;

import dev.caravan.journal.RunRecord;
import java.io.IOException;

/** Tells each follower of a run, once, that no engine works on it any more. */
final class Abandoned {
    private static final int LOOKS = 20;

    private final History history;
    private final RunRecord run;
    private int silent;
    private boolean reported;

    Abandoned(History history, RunRecord run) {
        this.history = history;
        this.run = run;
    }

    /** What comes of a run whose engine is gone. */
    static String remedy(RunRecord run) {
        return run.rehearsal() ? "its simulated hosts are gone with it" : "the next caravan serve, or the same caravan apply, resumes it";
    }

    /** @param silent whether nothing was heard of the run since the look before */
    void look(boolean nothingHeard) throws IOException, UserError {
        silent = nothingHeard ? silent + 1 : 0;
        reported &= nothingHeard;
        if (!reported && silent % LOOKS == LOOKS - 1 && history.unfinished().contains(run.id())) {
            reported = true;
            System.err.println("caravan: the engine of run " + run.id() + " is gone; " + remedy(run));
        }
    }
}
