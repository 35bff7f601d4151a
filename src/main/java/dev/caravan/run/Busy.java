package dev.caravan.run;

/** Another run is at work on the same cluster or host. */
public class Busy extends Exception {
    private final String other;

    public Busy(String other, String message) {
        super(message);
        this.other = other;
    }

    /** The id of the run that is at work. */
    public String getOther() {
        return other;
    }
}
