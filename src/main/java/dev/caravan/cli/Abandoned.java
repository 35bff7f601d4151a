package dev.caravan.cli;

import java.io.IOException;

/** Tells whoever follows a run, once, that no engine works on it any more. */
final class Abandoned {
    private static final int LOOKS = 20;

    private final History history;
    private final String run;
    private int silent;
    private boolean told;

    Abandoned(History history, String run) {
        this.history = history;
        this.run = run;
    }

    /** @param silent whether nothing was heard of the run since the look before */
    void look(boolean nothingHeard) throws IOException, UserError {
        silent = nothingHeard ? silent + 1 : 0;
        told &= nothingHeard;
        if (!told && silent % LOOKS == LOOKS - 1 && history.unfinished().contains(run)) {
            told = true;
            System.err.println("caravan: the engine of run " + run + " is gone; it goes on with the next caravan serve, or with the same caravan apply");
        }
    }
}
