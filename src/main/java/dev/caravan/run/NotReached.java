package dev.caravan.run;

/** A host did not come to its turn because of what happened elsewhere; nothing is wrong with the host itself. */
public class NotReached extends Exception {
    public NotReached(String message) {
        super(message);
    }
}
