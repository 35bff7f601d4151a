package dev.caravan.journal;

/** This engine was silent for so long that another one may have taken over the run. Nothing of the run is written here any more. */
public final class TakenOver extends JournalException {
    private static final long serialVersionUID = 1L;
    private final String run;

    public TakenOver(String run) {
        this(run, null);
    }

    TakenOver(String run, Throwable cause) {
        super("run " + run + " does not belong to this engine any more. It sent no heartbeat for so long that another engine may have "
                + "resumed the run; see there", cause);
        this.run = run;
    }

    public String run() {
        return run;
    }
}
